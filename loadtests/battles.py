"""A battle's score once more, written down from the rulebook: what its events amount to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OUTCOMES = ("REJECTED", "IGNORED", "MIXED", "GRANTED")
BASE = {"REJECTED": 3, "IGNORED": 2, "MIXED": 2, "GRANTED": 1}
HOT = {"REJECTED", "IGNORED"}
SPACING_S = 1.05
"""Between two reports of a player, in ruleset 0, with the net's own time."""

Score = tuple[int, int, int]
"""Points, noes, reports."""


def points(events: Iterable[tuple[str, Mapping[str, Any]]], battle: str) -> dict[str, Score]:
    """The score of everybody in a battle with heat and double-down (rules §8)."""
    told: dict[str, list[tuple[str, bool]]] = {}
    for kind, body in events:
        if kind == "battle.joined" and body["battle"] == battle:
            told.setdefault(body["player"], [])
        elif kind == "dare.reported" and body.get("battle") == battle:
            told[body["target"]].append((body["outcome"], bool(body.get("doubled"))))
    table = {}
    for player, reports in told.items():
        total = 0
        for place, (outcome, doubled) in enumerate(reports):
            before = [said for said, _ in reports[max(0, place - 2) : place]]
            is_hot = len(before) == 2 and set(before) <= HOT  # noqa: PLR2004 the two before
            total += BASE[outcome] * (2 if is_hot else 1) + doubled
        noes = sum(outcome == "REJECTED" for outcome, _ in reports)
        table[player] = (total, noes, len(reports))
    return table


def shown(rows: Sequence[Mapping[str, Any]]) -> dict[str, Score]:
    """The same of a table as the server tells it."""
    return {row["player"]: (row["points"], row["rejections"], row["reports"]) for row in rows}
