"""Rows in PostgreSQL that many processes share: one folds a projection, whoever that is."""

from collections.abc import Iterator
from contextlib import closing
from typing import TypeVar

import psycopg
import pytest
from msgspec import Struct

from loadtests.cluster.postgres import Postgres, postgres_server
from projections.registry import Projection
from projections.rows import Changed, Rows, Table
from projections.stores.postgres import PostgresStore
from projections.stores.store import StoreError

T = TypeVar("T")


class Page(Struct, frozen=True, kw_only=True):
    """A row."""

    book: str
    text: str = ""


def _ignore(_rows: Rows, _recorded: object) -> None:
    """The folds of these projections are played by the tests."""


PAGES = Table(name="pages", row=Page, key=("book",))
BOOKS = Projection(name="books", version=1, tables=(PAGES,), fold=_ignore)
PAGES_2 = Table(name="pages", row=Page, key=("book", "text"))
BOOKS_2 = Projection(name="books", version=2, tables=(PAGES_2,), fold=_ignore)


@pytest.fixture
def place(postgres: Postgres) -> str:
    """An empty place."""
    return postgres.place()


@pytest.fixture
def first(place: str) -> Iterator[PostgresStore]:
    """The store of one process, which folds the books."""
    with closing(prepared(place)) as store:
        store.take(BOOKS)
        yield store


@pytest.fixture
def second(first: PostgresStore, place: str) -> Iterator[PostgresStore]:
    """That of another process."""
    with closing(prepared(place)) as store:
        yield store


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that end so soon that nobody can make them longer, and are asked for at every try."""
    for name, seconds in (("LEASE_S", 0.05), ("RENEW_S", 0.0), ("AGAIN_S", 0.0)):
        monkeypatch.setattr(f"projections.stores.postgres_leases.{name}", seconds)


def prepared(place: str) -> PostgresStore:
    """A store with room for books."""
    store = PostgresStore(place)
    store.prepare(BOOKS)
    return store


def write(store: PostgresStore, book: str, position: int, text: str = "") -> None:
    """Put a page there."""
    rows = Rows(store)
    rows.put(PAGES, Page(book=book, text=text))
    store.commit(BOOKS, rows.take(), position)


def taken(store: PostgresStore) -> int:
    """The position, as soon as it is this process that folds."""
    while True:
        position = store.take(BOOKS)
        if position is not None:
            return position


def test_of_two_processes_one_folds(first: PostgresStore, second: PostgresStore) -> None:
    """The other is told so, however often it asks."""

    assert [first.take(BOOKS), second.take(BOOKS), second.take(BOOKS)] == [0, None, None]


def test_who_does_not_fold_cannot_write(first: PostgresStore, second: PostgresStore) -> None:
    """Nothing of it is there."""
    with pytest.raises(StoreError, match="another process"):
        write(second, "b", 1)

    assert (first.select(PAGES), first.position(BOOKS)) == ([], 0)


def test_who_does_not_fold_reads_the_news(first: PostgresStore, second: PostgresStore) -> None:
    """Which rows were written since, and how far it is; rows are there for all."""
    for position, book in enumerate("abc", 1):
        write(first, book, position)
    first.commit(BOOKS, Rows(first).take(), 7)

    assert second.news(BOOKS, 1) == Changed(frozenset({("pages", ("b",)), ("pages", ("c",))}), 7)
    assert second.news(BOOKS, 7) == Changed(frozenset(), 7)
    assert [row.book for row in second.select(PAGES)] == ["a", "b", "c"]


def test_a_row_read_elsewhere_is_the_one_committed_last(
    first: PostgresStore, second: PostgresStore
) -> None:
    """No memory of its own is in the way."""
    write(first, "a", 1, "old")
    found = [second.get(PAGES, ("a",))]
    write(first, "a", 2, "new")
    found.append(second.get(PAGES, ("a",)))

    assert found == [Page(book="a", text="old"), Page(book="a", text="new")]


def test_who_ends_lets_another_fold_at_once(first: PostgresStore, second: PostgresStore) -> None:
    """From where it was."""
    write(first, "a", 4)
    first.close()

    assert second.take(BOOKS) == 4


@pytest.mark.usefixtures("short_leases")
def test_who_says_nothing_for_long_is_followed_by_another(place: str) -> None:
    """And cannot write any more should it come back, nor believe what it remembers."""
    with closing(prepared(place)) as stopped, closing(prepared(place)) as other:
        taken(stopped)
        write(stopped, "a", 1, "old")
        before = taken(other)
        write(other, "a", 2, "new")
        with pytest.raises(StoreError, match="another process"):
            write(stopped, "b", 2)

        assert before == 1
        assert stopped.get(PAGES, ("a",)) == Page(book="a", text="new")
        assert (other.position(BOOKS), len(other.select(PAGES))) == (2, 1)


@pytest.mark.usefixtures("short_leases")
def test_who_folds_again_remembers_nothing_of_the_first_time(place: str) -> None:
    """Another has written meanwhile."""
    with closing(prepared(place)) as one, closing(prepared(place)) as other:
        taken(one)
        write(one, "a", 1, "old")
        taken(other)
        write(other, "a", 2, "new")

        assert (taken(one), one.get(PAGES, ("a",))) == (2, Page(book="a", text="new"))


def test_rows_that_are_cleared_elsewhere_are_folded_anew(
    first: PostgresStore, second: PostgresStore
) -> None:
    """Whoever was folding them finds that out before it writes on."""
    write(first, "a", 1)
    second.clear(BOOKS)
    with pytest.raises(StoreError):
        write(first, "b", 2)

    assert (first.take(BOOKS), first.select(PAGES)) == (0, [])


def test_a_new_version_is_folded_beside_the_old_one(
    first: PostgresStore, second: PostgresStore
) -> None:
    """By other nodes at the same time, until nobody is left who knows the old one only."""
    second.prepare(BOOKS_2)
    second.take(BOOKS_2)
    rows = Rows(second)
    rows.put(PAGES_2, Page(book="new"))
    second.commit(BOOKS_2, rows.take(), 9)
    write(first, "old", 3)

    assert (first.select(PAGES), second.select(PAGES_2)) == ([Page(book="old")], [Page(book="new")])
    assert (first.position(BOOKS), second.position(BOOKS_2)) == (3, 9)


def test_a_version_that_nobody_has_folded_for_a_day_is_dropped(
    first: PostgresStore, second: PostgresStore, place: str
) -> None:
    """With the next preparing of another; not an hour before."""
    found = []
    for hours in (23, 25):
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(f"UPDATE folds SET held_until=now() - interval '{hours} hours'")
            second.prepare(BOOKS_2)
            found.append(connection.execute("SELECT to_regclass('\"pages@1\"')::text").fetchone())
            connection.execute("UPDATE folds SET held_until=now() WHERE projection='books@2'")

    assert found == [('"pages@1"',), (None,)]


def test_without_its_server_a_store_cannot_be_used_and_then_is_back() -> None:
    """By itself, and the projection with it."""
    with postgres_server() as server, closing(prepared(server.place())) as store:
        store.take(BOOKS)
        write(store, "a", 1)
        server.stop()
        for use in (lambda: write(store, "b", 2), lambda: store.select(PAGES)):
            with pytest.raises(StoreError):
                use()
        server.start()

        assert (taken(store), store.select(PAGES)) == (1, [Page(book="a")])


def test_a_server_that_is_not_there_is_the_stores_own_error() -> None:
    """Whoever starts Gutsy gets a sentence, not a traceback."""

    with pytest.raises(StoreError):
        PostgresStore("postgresql://127.0.0.1:1/gutsy")


def test_rows_held_in_memory_are_bounded(
    first: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those written longest ago go first, and are found in the database."""
    monkeypatch.setattr("projections.stores.postgres.RECENT_ROWS", 3)
    for position, book in enumerate("abcad", 1):
        write(first, book, position)

    assert [key for _, (key,) in first._recent] == ["c", "a", "d"]
    assert first.get(PAGES, ("b",)) == Page(book="b")


def test_what_text_cannot_hold_is_not_there(first: PostgresStore) -> None:
    """PostgreSQL's text has no NUL; a player may ask for one all the same."""

    assert first.get(PAGES, ("\0",)) is None


def test_so_many_rows_at_once_are_not_told_of(
    first: PostgresStore, second: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is history that is caught up with, at which nobody looks."""
    monkeypatch.setattr("projections.stores.postgres.TOLD", 1)
    rows = Rows(first)
    for book in "ab":
        rows.put(PAGES, Page(book=book))
    first.commit(BOOKS, rows.take(), 2)

    assert second.news(BOOKS, 0) == Changed(frozenset(), 2)
