"""The squad's week: who collected how much, and in which order they stand (rules §7).

A board is the sum of the ledger's entries and nothing else (INV-L1), so ``ledger`` credits it. It
is OPEN until the week ends, then SETTLING, and FINAL once it is closed: the rows are copied then,
and never change again (INV-L3).
"""

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.ids import Millis, PlayerId, SquadId
from domain.weeks import Calendar, WeekId, week_after
from projections.rows import Readable, Rows, Table


class ScoreRow(Struct, frozen=True, kw_only=True):
    """One player's week in one squad. ``reached_at`` is when the score became what it is."""

    squad: SquadId
    week: WeekId
    player: PlayerId
    score: int = 0
    rejections: int = 0
    reached_at: Millis = 0


class Board(Struct, frozen=True, kw_only=True):
    """Who has a row in a squad's week, in the order of their first entry, and whether it is closed:
    what a fold, which reads by key, needs to close it."""

    squad: SquadId
    week: WeekId
    players: tuple[PlayerId, ...] = ()
    is_closed: bool = False


class FinalWeek(Struct, frozen=True, kw_only=True):
    """A closed week: its rows in the board's order, and their sha256, in hex."""

    squad: SquadId
    week: WeekId
    rows: tuple[ScoreRow, ...]
    sha256: str


class Place(Struct, frozen=True):
    """A line of the board as shown: ``rank`` is None for whoever has no score yet."""

    rank: int | None
    row: ScoreRow


SCORES = Table(name="week_scores", row=ScoreRow, key=("squad", "week", "player"))
BOARDS = Table(name="week_boards", row=Board, key=("squad", "week"))
FINALS = Table(name="week_finals", row=FinalWeek, key=("squad", "week"))
TABLES = (SCORES, BOARDS, FINALS)


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
        board = _board(rows, squad, week)
        rows.put(BOARDS, replace(board, players=(*board.players, player)))
    rows.put(
        SCORES,
        replace(
            row,
            score=row.score + amount,
            rejections=row.rejections + rejections,
            reached_at=max(row.reached_at, board_at) if amount else row.reached_at,
        ),
    )


def close(rows: Rows, squad: SquadId, week: WeekId) -> None:
    """Freeze a week as it is now."""
    board = _board(rows, squad, week)
    scored = [rows.get(SCORES, squad, week, player) for player in board.players]
    final = tuple(place.row for place in order([row for row in scored if row is not None]))
    rows.put(BOARDS, replace(board, is_closed=True))
    rows.put(FINALS, FinalWeek(squad=squad, week=week, rows=final, sha256=digest(final)))


def is_final(rows: Rows, squad: SquadId, week: WeekId) -> bool:
    """Whether nothing counts for a week any more."""
    return _board(rows, squad, week).is_closed


def digest(rows: Sequence[ScoreRow]) -> str:
    """The sha256 of a closed week's rows, in hex: the same wherever they were folded."""
    return hashlib.sha256(msgspec.msgpack.encode(rows)).hexdigest()


def final(store: Readable, squad: str, week: str) -> FinalWeek | None:
    """A week that is closed; None for any other."""
    return store.get(FINALS, (squad, week))


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


def state_at(
    week: WeekId, calendar: Calendar, now: Millis, *, is_closed: bool, has_scores: bool
) -> Literal["OPEN", "SETTLING", "FINAL"]:
    """Where a week stands. One in which nothing was reported needs no closing."""
    if is_closed or (not has_scores and now >= calendar.closes_at(week)):
        return "FINAL"
    return "OPEN" if now < calendar.starts_at(week_after(week)) else "SETTLING"


def _board(rows: Rows, squad: SquadId, week: WeekId) -> Board:
    return rows.get(BOARDS, squad, week) or Board(squad=squad, week=week)


def _ties(above: ScoreRow, row: ScoreRow) -> bool:
    return (above.score, above.rejections) == (row.score, row.rejections)
