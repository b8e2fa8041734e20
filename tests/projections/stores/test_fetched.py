"""Rows that were looked up together."""

from collections.abc import Collection

import pytest
from msgspec import Struct

from projections.registry import Projection
from projections.rows import Key, R, Rows, Table
from projections.stores.fetched import Fetched
from projections.stores.memory import MemoryStore


class Line(Struct, frozen=True, kw_only=True):
    """A row of a poem."""

    poem: str
    line: str


class Poem(Struct, frozen=True, kw_only=True):
    """A row of its own."""

    poem: str


LINES = Table(name="lines", row=Line, key=("poem", "line"))
POEMS = Table(name="poems", row=Poem, key=("poem",))
VERSES = Projection(name="verses", version=1, tables=(LINES, POEMS), fold=lambda _rows, _fact: None)
ODE = [Line(poem="ode", line="1"), Line(poem="ode", line="2")]
SONG = [Line(poem="song", line="1")]


class Counting(MemoryStore):
    """Counts how often somebody looks."""

    looks = 0

    def get(self, table: Table[R], key: Key) -> R | None:
        self.looks += 1
        return super().get(table, key)

    def select(self, table: Table[R], **where: str) -> list[R]:
        self.looks += 1
        return super().select(table, **where)

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        found = super().select_each(table, name, values)
        self.looks = 1
        return found


@pytest.fixture
def store() -> Counting:
    """An ode of two lines and a song of one."""
    store = Counting()
    store.prepare(VERSES)
    rows = Rows(store)
    for line in (*ODE, *SONG):
        rows.put(LINES, line)
        rows.put(POEMS, Poem(poem=line.poem))
    store.commit(VERSES, rows.take(), 1)
    store.looks = 0
    return store


def test_what_was_fetched_is_read_without_another_look(store: Counting) -> None:
    rows = Fetched(store)
    rows.fetch(LINES, "poem", {"ode", "song", "hymn"})
    found = [rows.select(LINES, poem=poem) for poem in ("ode", "song", "hymn")]

    assert (found, store.looks) == ([ODE, SONG, []], 1)


def test_a_row_that_was_fetched_is_got_by_its_key(store: Counting) -> None:
    rows = Fetched(store)
    rows.fetch(POEMS, "poem", ("ode", "hymn"))
    found = [rows.get(POEMS, (poem,)) for poem in ("ode", "hymn")]

    assert (found, store.looks) == ([Poem(poem="ode"), None], 1)


def test_what_was_not_fetched_is_looked_up(store: Counting) -> None:
    rows = Fetched(store)
    rows.fetch(LINES, "poem", {"ode"})
    found = (
        rows.select(LINES, poem="song"),
        rows.select(LINES, poem="ode", line="2"),
        rows.get(LINES, ("ode", "1")),
        rows.get(POEMS, ("song",)),
    )

    assert (found, store.looks) == ((SONG, ODE[1:], ODE[0], Poem(poem="song")), 5)


def test_the_store_looks_for_several_more(store: Counting) -> None:
    assert Fetched(store).select_each(LINES, "line", {"1"}) == [ODE[0], SONG[0]]
