"""The one place that says what a "no" is worth (rules §5).

Every number belongs to a ruleset; the ruleset's number is stored in the facts that scoring reads,
so that re-tuning never changes the past (INV-X6).
"""

from enum import StrEnum
from math import isqrt

from msgspec import Struct

from domain.refusals import Refusal, RefusalCode


class Outcome(StrEnum):
    """What the world answered (rules §4). REJECTED means only: a stranger said no."""

    REJECTED = "REJECTED"
    IGNORED = "IGNORED"
    MIXED = "MIXED"
    GRANTED = "GRANTED"


class Counts(Struct, frozen=True, kw_only=True):
    """How a group answered one ask: of ``asked`` people, so many said no or yes or nothing."""

    asked: int
    no: int = 0
    yes: int = 0
    ignored: int = 0


class Ruleset(Struct, frozen=True, kw_only=True):
    """The numbers of one ruleset; percentages are integers, so XP is exact."""

    base: tuple[int, ...]
    outcome_percent: dict[Outcome, int]
    novelty_step: int
    novelty_floor: int
    full_grants: int
    paid_grants: int
    reduced_percent: int
    issuer_xp: int
    issuer_grants: int
    battle_played: int
    battle_drawn: int
    battle_won: int
    rated_battles: int


_RULESET_1 = Ruleset(
    base=(20, 35, 55, 80, 110),
    outcome_percent={
        Outcome.GRANTED: 100,
        Outcome.MIXED: 110,
        Outcome.IGNORED: 120,
        Outcome.REJECTED: 150,
    },
    novelty_step=20,
    novelty_floor=40,
    full_grants=5,
    paid_grants=8,
    reduced_percent=25,
    issuer_xp=5,
    issuer_grants=3,
    battle_played=10,
    battle_drawn=20,
    battle_won=30,
    rated_battles=3,
)

RULESETS: dict[int, Ruleset] = {0: _RULESET_1, 1: _RULESET_1}
"""Ruleset 0, for tests and demos, differs from 1 only in the pace of battles."""

NOVELTY_WINDOW_MS = 28 * 24 * 3_600_000
"""How long a granted dare makes the same thing less new (rules §5)."""


MOST_ASKED = 1_000
"""People in one group ask: a full aeroplane and more."""


def main_grant(
    ruleset: int, difficulty: int, outcome: Outcome, repeats: int, grants_today: int
) -> int:
    """XP for a reported dare: integers throughout, one division at the end.

    Args:
        difficulty: 1..5.
        repeats: this player's grants with the same fingerprint in the window before.
        grants_today: this player's main grants so far in the same XP day.
    """
    rules = RULESETS[ruleset]
    novelty = max(rules.novelty_floor, 100 - rules.novelty_step * repeats)
    percent = rules.outcome_percent[outcome] * novelty * _cap(rules, grants_today)
    return rules.base[difficulty - 1] * percent // 1_000_000


def issuer_grant(ruleset: int, grants_today: int) -> int:
    """XP for daring somebody who then reports; ``grants_today`` counts those of the same day."""
    rules = RULESETS[ruleset]
    return rules.issuer_xp if grants_today < rules.issuer_grants else 0


def battle_grant(ruleset: int, *, is_winner: bool, is_draw: bool, rated_today: int) -> int:
    """XP for a battle in which one reported (rules §8).

    Args:
        is_draw: of a duel; of other battles a victory is shared.
        rated_today: the player's battles so far that were rated on the same day.
    """
    rules = RULESETS[ruleset]
    if rated_today >= rules.rated_battles:
        return 0
    if is_draw:
        return rules.battle_drawn
    return rules.battle_won if is_winner else rules.battle_played


def outcome_of(counts: Counts) -> Outcome:
    """The outcome of a group ask: whatever more than half of those asked did, else MIXED.

    Raises:
        Refusal: BAD_INPUT when the numbers cannot be of one ask.
    """
    parts = (counts.no, counts.yes, counts.ignored)
    if not 1 <= counts.asked <= MOST_ASKED or min(parts) < 0 or sum(parts) > counts.asked:
        raise Refusal(
            RefusalCode.BAD_INPUT, "These numbers do not add up to one ask.", field="counts"
        )
    for number, outcome in zip(
        parts, (Outcome.REJECTED, Outcome.GRANTED, Outcome.IGNORED), strict=True
    ):
        if number * 2 > counts.asked:
            return outcome
    return Outcome.MIXED


def xp_to_reach(level: int) -> int:
    """T(L): the XP at which a level begins; level 1 begins at 0."""
    return 25 * (level - 1) * (level + 2)


def level_of(xp: int) -> int:
    """The level of an amount of XP: the inverse of T, exact in integers (INV-X2)."""
    return (isqrt(9 + 4 * (xp // 25)) - 1) // 2


def _cap(rules: Ruleset, grants_today: int) -> int:
    if grants_today < rules.full_grants:
        return 100
    return rules.reduced_percent if grants_today < rules.paid_grants else 0
