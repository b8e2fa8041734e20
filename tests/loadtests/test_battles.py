"""The load tests' own score of a battle: by the rulebook, and not by the server's code."""

from collections.abc import Mapping
from typing import Any

import pytest

from loadtests.battles import points, shown

Event = tuple[str, Mapping[str, Any]]


def events(*reports: tuple[str, bool], battle: str = "B") -> list[Event]:
    """A player in battle B, and their reports in another or this one."""
    joined: Event = ("battle.joined", {"battle": "B", "player": "P"})
    return [
        joined,
        *(
            (
                "dare.reported",
                {"battle": battle, "target": "P", "outcome": outcome, "doubled": twice},
            )
            for outcome, twice in reports
        ),
    ]


@pytest.mark.parametrize(
    ("reports", "score"),
    [
        ([], (0, 0, 0)),
        ([("REJECTED", False)], (3, 1, 1)),
        ([("GRANTED", True)], (2, 0, 1)),
        ([("REJECTED", False), ("IGNORED", False), ("MIXED", True)], (10, 1, 3)),
        ([("REJECTED", False), ("GRANTED", False), ("REJECTED", False)], (7, 2, 3)),
    ],
)
def test_a_score_is_what_the_rules_say(
    reports: list[tuple[str, bool]], score: tuple[int, int, int]
) -> None:
    assert points(events(*reports), "B") == {"P": score}


def test_reports_outside_the_battle_count_for_nothing() -> None:
    assert points(events(("REJECTED", False), battle="C"), "B") == {"P": (0, 0, 0)}


def test_a_table_is_read_as_scores() -> None:
    row = {"player": "P", "points": 3, "rejections": 1, "reports": 1, "rank": 1}

    assert shown([row]) == {"P": (3, 1, 1)}
