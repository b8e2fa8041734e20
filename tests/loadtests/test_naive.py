"""The naive model: what the rulebook says of a few reports; and the projections say the same."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, Millis
from domain.scoring import Outcome
from loadtests.simulation import naive
from loadtests.simulation.compare import differences
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    FRIENDS,
    NOW,
    OFFER,
    REPORT,
    SQUAD,
    THIS_WEEK,
    corrected,
    log_of,
    week_closed,
)
from tests.projections.eventful import eventful_logs
from tests.projections.folding import folded

NO_TO_YES = corrected(REPORT, Outcome.GRANTED, at=NOW + 1)


def amounts(*facts: Fact) -> list[tuple[str, int, Millis | None]]:
    """The entries that the facts of a squad lead to: kind, amount, board_at."""
    found = naive.entries(log_of(*FRIENDS, OFFER, AGREED, *facts))
    return [(entry.kind, entry.amount, entry.board_at) for entry in found]


def test_a_no_at_level_3_is_82_and_its_issuer_gets_5() -> None:
    assert amounts(REPORT) == [("MAIN", 82, NOW), ("ISSUER", 5, NOW)]


def test_a_correction_takes_back_and_gives_anew() -> None:
    assert amounts(REPORT, NO_TO_YES)[2:] == [("MAIN", -82, NOW), ("MAIN", 55, NOW)]


def test_a_correction_after_the_close_leaves_the_board() -> None:
    assert amounts(REPORT, week_closed(), NO_TO_YES)[2:] == [
        ("MAIN", -82, None),
        ("MAIN", 55, None),
    ]


def test_what_was_taken_back_is_no_rejection_any_more() -> None:
    ledger = naive.entries(log_of(*FRIENDS, OFFER, AGREED, REPORT, NO_TO_YES))

    assert naive.boards(ledger)[SQUAD, THIS_WEEK] == [
        naive.Line(player=ANA, rank=1, score=55, rejections=0, reached_at=NOW),
        naive.Line(player=BEN, rank=2, score=5, rejections=0, reached_at=NOW),
    ]


def test_a_second_report_of_the_same_day_pays_the_issuer_nothing() -> None:
    again = replace(REPORT, arrived_at=NOW + HOUR_MS, fingerprint="words:other")

    assert amounts(REPORT, again)[2:] == [("MAIN", 82, NOW + HOUR_MS)]


def test_the_same_thing_after_28_days_is_new() -> None:
    again = replace(REPORT, arrived_at=NOW + 28 * DAY_MS, xp_day="2026-12-21")

    assert amounts(REPORT, again)[2] == ("MAIN", 82, NOW + 28 * DAY_MS)


@pytest.mark.parametrize(("xp", "level"), [(0, 1), (99, 1), (100, 2), (250, 3), (2_700, 10)])
def test_levels_are_those_of_the_rulebook(xp: int, level: int) -> None:
    assert naive.level(xp) == level


@given(eventful_logs())
def test_the_ledger_and_every_board_are_the_naive_ones(log: list[Recorded[Fact]]) -> None:
    assert differences(folded(log), log) == []
