"""What a report is worth in a battle, and who has won: the numbers of rules §8.

How fast a battle goes belongs to its ruleset, which is stored in ``battle.opened`` (INV-X6). The
points are the same in all rulesets so far: one that changes them has to take them into its
``Pace``, or past tables would move.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from domain.ids import DAY_MS, MINUTE_MS, SECOND_MS, DareId, Millis, PlayerId
from domain.scoring import Outcome


class Pace(Struct, frozen=True, kw_only=True):
    """How fast a battle goes."""

    shortest_ms: Millis
    countdown_ms: Millis
    grace_ms: Millis
    spacing_ms: Millis


PACES: dict[int, Pace] = {
    0: Pace(
        shortest_ms=20 * SECOND_MS,
        countdown_ms=SECOND_MS,
        grace_ms=3 * SECOND_MS,
        spacing_ms=SECOND_MS,
    ),
    1: Pace(
        shortest_ms=10 * MINUTE_MS,
        countdown_ms=5 * SECOND_MS,
        grace_ms=MINUTE_MS,
        spacing_ms=3 * MINUTE_MS,
    ),
}
"""Ruleset 0 is for tests and demos."""
LONGEST_MS: Millis = 7 * DAY_MS
MOST_REPORTS = 10
"""Reports of one player that count in one battle."""
MOST_CARDS = 50
"""Cards of one player in one battle: to pass on one is free, but each is kept for ever."""

_BASE = {Outcome.GRANTED: 1, Outcome.MIXED: 2, Outcome.IGNORED: 2, Outcome.REJECTED: 3}
_HEATING = frozenset({Outcome.REJECTED, Outcome.IGNORED})
_HEAT_AFTER = 2
_HEAT = 2
_DOUBLE_DOWN = 1


class CountedReport(Struct, frozen=True, kw_only=True):
    """A report that counts in a battle; ``at`` is when it arrived."""

    dare: DareId
    outcome: Outcome
    doubled: bool
    at: Millis


class Score(Struct, frozen=True, kw_only=True):
    """What one player's counting reports add up to. ``is_hot``: the next one counts twice."""

    player: PlayerId
    points: int = 0
    rejections: int = 0
    reports: int = 0
    last_at: Millis | None = None
    is_hot: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """A score with its rank, from 1."""

    score: Score
    rank: int


def score(player: PlayerId, reports: Sequence[CountedReport], *, heat: bool) -> Score:
    """Add up one player's reports, in the order in which they were committed."""
    points, cold_answers = 0, 0
    for report in reports:
        hot = _HEAT if heat and cold_answers >= _HEAT_AFTER else 1
        points += _BASE[report.outcome] * hot + _DOUBLE_DOWN * report.doubled
        cold_answers = cold_answers + 1 if report.outcome in _HEATING else 0
    return Score(
        player=player,
        points=points,
        rejections=sum(report.outcome is Outcome.REJECTED for report in reports),
        reports=len(reports),
        last_at=reports[-1].at if reports else None,
        is_hot=heat and cold_answers >= _HEAT_AFTER,
    )


def places(reports: Mapping[PlayerId, Sequence[CountedReport]], *, heat: bool) -> tuple[Place, ...]:
    """The table: points, then noes, then fewer reports, then who got there first.

    Equal in the first three is one place: a victory can be shared, and no coin is flipped. Whoever
    has no report comes last, all in one place.
    """
    table = sorted((score(player, r, heat=heat) for player, r in reports.items()), key=_order)
    answer: list[Place] = []
    for number, row in enumerate(table, 1):
        before = answer[-1] if answer else None
        shared = before is not None and _order(before.score)[:3] == _order(row)[:3]
        answer.append(Place(score=row, rank=before.rank if before and shared else number))
    return tuple(answer)


def winners(table: Sequence[Place]) -> tuple[PlayerId, ...]:
    """Who has won: whoever shares the first place with a report; nobody if none was made."""
    return tuple(place.score.player for place in table if place.rank == 1 and place.score.reports)


def _order(row: Score) -> tuple[int, int, int, Millis, PlayerId]:
    # Every report brings a point, so whoever has none comes last.
    return (-row.points, -row.rejections, row.reports, row.last_at or 0, row.player)
