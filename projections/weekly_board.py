"""The squad's week: who collected how much, and in which order they stand (rules §7).

A board is the sum of the ledger's entries and nothing else (INV-L1), so ``ledger`` credits it.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import HOUR_MS, Millis, PlayerId, SquadId
from domain.weeks import WeekId, week_bounds
from projections.rows import Readable, Rows, Table

SETTLES_AFTER_MS = 60 * HOUR_MS
"""12 h in which to witness and 48 h in which to dispute."""


class ScoreRow(Struct, frozen=True, kw_only=True):
    """One player's week in one squad. ``reached_at`` is when the score became what it is."""

    squad: SquadId
    week: WeekId
    player: PlayerId
    score: int = 0
    rejections: int = 0
    reached_at: Millis = 0


class Place(Struct, frozen=True):
    """A line of the board as shown: ``rank`` is None for whoever has no score yet."""

    rank: int | None
    row: ScoreRow


SCORES = Table(name="week_scores", row=ScoreRow, key=("squad", "week", "player"))


def credit(
    rows: Rows,
    squad: SquadId,
    week: WeekId,
    player: PlayerId,
    *,
    amount: int,
    rejections: int,
    board_at: Millis,
) -> None:
    """Add one ledger entry to a player's week."""
    row = rows.get(SCORES, squad, week, player)
    if row is None:
        row = ScoreRow(squad=squad, week=week, player=player)
    rows.put(
        SCORES,
        replace(
            row,
            score=row.score + amount,
            rejections=row.rejections + rejections,
            reached_at=max(row.reached_at, board_at) if amount else row.reached_at,
        ),
    )


def scores(store: Readable, squad: str, week: str) -> list[ScoreRow]:
    """The rows of a squad's week, by player id."""
    return store.select(SCORES, squad=squad, week=week)


def order(rows: Sequence[ScoreRow]) -> list[Place]:
    """The board in its total order, with competition ranks: 1, 1, 3 (rules §7).

    More points first, then more rejections, then whoever got there first, then the id.
    """
    ordered = sorted(rows, key=lambda r: (-r.score, -r.rejections, r.reached_at, r.player))
    places: list[Place] = []
    for index, row in enumerate(ordered):
        if row.score == 0:
            rank = None
        elif index and _ties(ordered[index - 1], row):
            rank = places[-1].rank
        else:
            rank = index + 1
        places.append(Place(rank, row))
    return places


def state_at(week: WeekId, tz: str, now: Millis) -> Literal["OPEN", "SETTLING"]:
    """OPEN until the week ends, then SETTLING until it is closed."""
    _, ends_at = week_bounds(week, tz)
    return "OPEN" if now < ends_at else "SETTLING"


def _ties(above: ScoreRow, row: ScoreRow) -> bool:
    return (above.score, above.rejections) == (row.score, row.rejections)
