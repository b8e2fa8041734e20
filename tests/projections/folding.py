"""Folding a log as the runner does, in batches of any size, and reading what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.dares.events import AboutDare
from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import WeekClosed
from projections.ledger import Entry
from projections.registry import PROJECTIONS, Projection
from projections.rows import Rows
from projections.squad_view import SquadView
from projections.stores.memory import MemoryStore
from projections.stores.store import Store

Log = Sequence[Recorded[Fact]]


def projection(name: str) -> Projection:
    """The projection of that name."""
    (found,) = (each for each in PROJECTIONS if each.name == name)
    return found


def fold(store: Store, log: Log, *, batch: int = 1_000) -> None:
    """Fold a log into every projection, so many facts in one transaction."""
    for each in PROJECTIONS:
        for start in range(0, len(log), batch):
            rows = Rows(store)
            for recorded in log[start : start + batch]:
                each.fold(rows, recorded)
            store.commit(each, rows.take(), log[start : start + batch][-1].seq)


def prepared(store: Store) -> Store:
    """The store, with room for every projection."""
    for each in PROJECTIONS:
        store.prepare(each)
        store.take(each)
    return store


def folded(log: Log) -> Store:
    """A store in memory into which a log was folded at once."""
    store = prepared(MemoryStore())
    fold(store, log)
    return store


def rows_of(store: Store) -> dict[str, list[Any]]:
    """Every row of a store in memory, by table."""
    return {table.name: store.select(table) for each in PROJECTIONS for table in each.tables}


def interleaved(log: Log, chance: Random) -> list[Recorded[Fact]]:
    """The same facts in another order: only what concerns the same person keeps its own.

    And the closing of a squad's week, which is a place in the squad's stream.
    """
    waiting, answer = list(log), []
    while waiting:
        free = [
            each
            for index, each in enumerate(waiting)
            if not any(_is_bound(earlier, each) for earlier in waiting[:index])
        ]
        answer.append(chance.choice(free))
        waiting.remove(answer[-1])
    return renumbered(answer)


def _is_bound(earlier: Recorded[Fact], later: Recorded[Fact]) -> bool:
    is_of_week = isinstance(earlier.fact, WeekClosed) or isinstance(later.fact, WeekClosed)
    if is_of_week and earlier.stream == later.stream:
        return True
    return not _people_in(earlier.fact).isdisjoint(_people_in(later.fact))


def _people_in(fact: Fact) -> set[PlayerId | None]:
    if isinstance(fact, AboutDare):
        return {fact.issuer, fact.target}
    return set() if fact.by is None else {fact.by}


def renumbered(log: Iterable[Recorded[Fact]]) -> list[Recorded[Fact]]:
    """The same facts in this order, with new places."""
    heads: dict[str, int] = {}
    answer = []
    for seq, recorded in enumerate(log, 1):
        n = heads[recorded.stream] = heads.get(recorded.stream, 0) + 1
        answer.append(Recorded(seq, recorded.stream, n, recorded.fact, recorded.command))
    return answer


def without_place(row: Entry) -> Entry:
    """A ledger entry but for where its cause stands in the log, and that of what it reverses."""
    reverses = None if row.reverses is None else ""
    return replace(row, entry_id="", cause_n=0, seq=0, reverses=reverses)


def restored(body: Mapping[str, Any]) -> SquadView:
    """The view that a client has from a snapshot alone, after its way over the wire."""
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(body))
    return SquadView(
        name=sent.get("name"),
        tz=sent["tz"],
        size=sent["size"],
        join_policy=sent["join_policy"],
        is_archived=sent.get("archived", False),
        battle=sent.get("battle"),
        roster={entry["player"]: entry for entry in sent["roster"]},
        requests={entry["player"]: entry for entry in sent["requests"]},
        banned={entry["player"]: entry for entry in sent["banned"]},
        invites={entry["invite"]: entry for entry in sent["invites"]},
        dares={entry["dare"]: entry for entry in sent["dares"]},
        feed=[tuple(one) for one in sent["feed"]],
    )
