"""What a store of read models says, in the words of the naive model, and where the two differ."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from domain.facts import Fact, Recorded
from domain.scoring import level_of
from loadtests.simulation import naive
from projections import ledger, weekly_board
from projections.rows import Readable

K = TypeVar("K", bound=Hashable)
Amount = tuple[int, str, str, str, str, int, int | None, bool]
"""An entry: seq, player, squad, dare or battle, kind, amount, board_at, if it is a reversal."""
Boards = dict[tuple[str, str], list[naive.Line]]
"""Boards by squad and week."""


def differences(store: Readable, log: Iterable[Recorded[Fact]]) -> list[str]:
    """Where a store's ledger, XP and boards are not what its log amounts to, one line each."""
    books = naive.books_of(log)
    due, found = Counter(amounts_of(books.entries)), Counter(amounts_in(store))
    problems = [f"missing: {one}" for one in due - found]
    problems += [f"not due: {one}" for one in found - due]
    totals = naive.xp(books.entries)
    accounts = {player: (xp, naive.level(xp)) for player, xp in totals.items()}
    problems += _unequal("account", accounts, accounts_in(store))
    boards = naive.boards(books.entries)
    problems += _unequal("board", boards, boards_in(store))
    final = {week: boards.get(week, []) for week in books.closed}
    return problems + _unequal("final board", final, finals_in(store))


def amounts_of(entries: Iterable[naive.Entry]) -> list[Amount]:
    """The naive ledger's entries."""
    return [
        (e.seq, e.player, e.squad, e.dare, e.kind, e.amount, e.board_at, e.reverses is not None)
        for e in entries
    ]


def amounts_in(store: Readable) -> list[Amount]:
    """A store's entries, in the order of the log.

    Of one fact what is taken back comes first, and a battle's are by player.
    """
    found = store.select(ledger.ENTRIES)
    return [
        (
            e.seq,
            e.player,
            e.squad,
            str(e.dare or e.battle),
            e.kind,
            e.amount,
            e.board_at,
            e.reverses is not None,
        )
        for e in sorted(
            found, key=lambda e: (e.seq, e.kind == ledger.ISSUER, e.reverses is None, e.player)
        )
    ]


def accounts_in(store: Readable) -> dict[str, tuple[int, int]]:
    """The XP and level of everybody who has ever had an entry."""
    earners = {entry.player for entry in store.select(ledger.ENTRIES)}
    rows = store.select(ledger.ACCOUNTS)
    return {
        row.player: (row.xp, level_of(row.xp)) for row in rows if row.xp or row.player in earners
    }


def boards_in(store: Readable) -> Boards:
    """Every board as it is shown, by squad and week."""
    weeks: dict[tuple[str, str], list[weekly_board.ScoreRow]] = {}
    for row in store.select(weekly_board.SCORES):
        weeks.setdefault((row.squad, row.week), []).append(row)
    return {week: _lines(rows) for week, rows in weeks.items()}


def finals_in(store: Readable) -> Boards:
    """Every board as it was when its week was closed, by squad and week."""
    return {(one.squad, one.week): _lines(one.rows) for one in store.select(weekly_board.FINALS)}


def _lines(rows: Sequence[weekly_board.ScoreRow]) -> list[naive.Line]:
    return [
        naive.Line(
            player=place.row.player,
            rank=place.rank,
            score=place.row.score,
            rejections=place.row.rejections,
            reached_at=place.row.reached_at,
        )
        for place in weekly_board.order(rows)
    ]


def _unequal(what: str, due: Mapping[K, object], found: Mapping[K, object]) -> list[str]:
    keys = dict.fromkeys([*due, *found])
    return [
        f"{what} {key}: {due.get(key)} is due, {found.get(key)} is there"
        for key in keys
        if due.get(key) != found.get(key)
    ]
