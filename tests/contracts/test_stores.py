"""What every store of rows promises (projections/stores/store.py), on each adapter."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from msgspec import Struct

from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, Fingerprint
from domain.scoring import Outcome
from loadtests.cluster.postgres import Postgres
from projections.ledger import Grant
from projections.registry import PROJECTIONS, Projection
from projections.rows import Changed, Rows, Table
from projections.stores.memory import MemoryStore
from projections.stores.postgres import PostgresStore
from projections.stores.sqlite import SQLiteStore
from projections.stores.store import Store, StoreError
from tests.domain.histories import OFTEN, Move, Verb, World, command_of
from tests.examples import PEOPLE, SQUAD
from tests.projections.folding import fold, prepared, rows_of


class Page(Struct, frozen=True, kw_only=True):
    """A row like any other: text, bytes, numbers, nothing, and values within values."""

    book: str
    page: str
    author: str
    text: bytes = b""
    grants: tuple[Grant, ...] = ()
    outcome: Outcome | None = None


PAGES = Table(name="pages", row=Page, key=("book", "page"), indexes=(("author",),))
COVERS = Table(name="covers", row=Page, key=("book",))
UNKNOWN = Table(name="unknown", row=Page, key=("book",))
"""For which no projection has made room."""


def _ignore(_rows: Rows, _recorded: object) -> None:
    """The folds of these projections are played by the tests."""


BOOKS = Projection(name="books", version=1, tables=(PAGES, COVERS), fold=_ignore)
PAGES_2 = Table(name="pages", row=Page, key=("book", "page"), indexes=(("author", "page"),))
BOOKS_2 = Projection(name="books", version=2, tables=(PAGES_2,), fold=_ignore)

Open = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite", "draft", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens new stores of one kind, and closes them in the end."""
    opened: list[Store] = []

    def open_one() -> Store:
        store: Store
        if request.param == "memory":
            store = MemoryStore()
        elif request.param == "postgres":
            server: Postgres = request.getfixturevalue("postgres")
            store = PostgresStore(server.place())
        else:
            path = tmp_path / f"rows-{len(opened)}.sqlite"
            store = SQLiteStore(path, is_draft=request.param == "draft")
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    """A store with room for books."""
    one = open_store()
    one.prepare(BOOKS)
    one.take(BOOKS)
    return one


def page(book: str, number: str, author: str = "Ana", text: bytes = b"") -> Page:
    """A page of a book."""
    return Page(book=book, page=number, author=author, text=text)


def write(store: Store, *pages: Page, position: int = 1) -> None:
    """Put these pages there, in one transaction."""
    rows = Rows(store)
    for one in pages:
        rows.put(PAGES, one)
    store.commit(BOOKS, rows.take(), position)


def test_a_new_projection_stands_at_the_beginning(store: Store) -> None:
    assert store.position(BOOKS) == 0


def test_a_row_is_read_as_it_was_written(store: Store) -> None:
    full = Page(
        book="b",
        page="1",
        author="Ana",
        text=b"\x00\xff sealed",
        grants=(Grant(Fingerprint("words:1"), 1_795_435_200_000),),
        outcome=Outcome.REJECTED,
    )
    write(store, full)

    assert store.get(PAGES, ("b", "1")) == full


def test_a_row_that_is_not_there_is_none(store: Store) -> None:
    write(store, page("b", "1"))

    assert store.get(PAGES, ("b", "2")) is None


def test_rows_and_position_are_written_together(store: Store) -> None:
    write(store, page("b", "1"), position=42)

    assert (store.get(PAGES, ("b", "1")), store.position(BOOKS)) == (page("b", "1"), 42)


def test_a_position_moves_on_without_rows(store: Store) -> None:
    store.commit(BOOKS, Rows(store).take(), 7)

    assert store.position(BOOKS) == 7


def test_a_row_takes_the_place_of_one_with_the_same_key(store: Store) -> None:
    write(store, page("b", "1", "Ana"))
    write(store, page("b", "1", "Ben"))

    assert store.select(PAGES, book="b") == [page("b", "1", "Ben")]


def test_a_row_is_found_under_its_new_index_only(store: Store) -> None:
    write(store, page("b", "1", "Ana"))
    write(store, page("b", "1", "Ben"))

    assert (store.select(PAGES, author="Ana"), store.select(PAGES, author="Ben")) == (
        [],
        [page("b", "1", "Ben")],
    )


def test_a_row_is_taken_away(store: Store) -> None:
    write(store, page("b", "1"), page("b", "2"))
    rows = Rows(store)
    rows.delete(PAGES, "b", "1")
    store.commit(BOOKS, rows.take(), 2)

    assert store.select(PAGES, book="b") == [page("b", "2")]


def test_taking_away_what_is_not_there_does_nothing(store: Store) -> None:
    rows = Rows(store)
    rows.delete(PAGES, "b", "1")
    store.commit(BOOKS, rows.take(), 2)

    assert store.select(PAGES, book="b") == []


def test_rows_are_selected_by_a_prefix_of_the_key_in_its_order(store: Store) -> None:
    write(store, page("b", "2"), page("c", "1"), page("b", "10"), page("b", "1"), page("a", "1"))

    assert [row.page for row in store.select(PAGES, book="b")] == ["1", "10", "2"]


def test_rows_are_selected_by_an_index_in_the_order_of_the_key(store: Store) -> None:
    write(
        store, page("c", "1", "Ben"), page("b", "2", "Ben"), page("b", "1"), page("a", "9", "Ben")
    )

    assert [(row.book, row.page) for row in store.select(PAGES, author="Ben")] == [
        ("a", "9"),
        ("b", "2"),
        ("c", "1"),
    ]


def test_rows_are_selected_for_several_values_at_once(store: Store) -> None:
    """By a field of the key or by an index; what is not there is no error."""
    write(store, page("c", "1", "Ben"), page("b", "2"), page("b", "1"), page("a", "1", "Cleo"))

    assert store.select_each(PAGES, "book", ("c", "b", "z")) == [
        page("b", "1"),
        page("b", "2"),
        page("c", "1", "Ben"),
    ]
    assert store.select_each(PAGES, "author", {"Ben", "Cleo"}) == [
        page("a", "1", "Cleo"),
        page("c", "1", "Ben"),
    ]
    assert store.select_each(PAGES, "book", ()) == []


def test_all_rows_are_selected_by_the_empty_prefix(store: Store) -> None:
    write(store, page("c", "1"), page("b", "2"), page("b", "1"))

    assert store.select(PAGES) == [page("b", "1"), page("b", "2"), page("c", "1")]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_all_rows_are_gone_through_in_the_order_of_the_key(
    store: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are held at a time; characters by their code points, as Python has them."""
    for adapter in ("sqlite", "postgres"):
        monkeypatch.setattr(f"projections.stores.{adapter}.PAGE", size)
    keys = [
        ("b", "1"),
        ("b", "10"),
        ("b", "2"),
        ("ba", "1"),
        ("é", "1"),
        ("\uffff", "1"),
        ("😀", "1"),
    ]
    write(store, *(page(book, number) for book, number in reversed(keys)))

    assert [(row.book, row.page) for row in store.scan(PAGES)] == keys == sorted(keys)


def test_a_table_of_one_key_is_gone_through(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for adapter in ("sqlite", "postgres"):
        monkeypatch.setattr(f"projections.stores.{adapter}.PAGE", 1)
    rows = Rows(store)
    for book in "cab":
        rows.put(COVERS, page(book, "1"))
    store.commit(BOOKS, rows.take(), 1)

    assert [row.book for row in store.scan(COVERS)] == ["a", "b", "c"]


def test_rows_are_counted(store: Store) -> None:
    write(store, page("b", "1"), page("b", "2"))

    assert (store.count(PAGES), store.count(COVERS)) == (2, 0)


def test_a_row_read_by_its_key_is_the_one_committed_last(store: Store) -> None:
    """Written, replaced, taken away, written again."""
    found = []
    for number, author in enumerate(["Ana", "Ben", None, "Eve"]):
        rows = Rows(store)
        if author is None:
            rows.delete(PAGES, "b", "1")
        else:
            rows.put(PAGES, page("b", "1", author))
        store.commit(BOOKS, rows.take(), number)
        row = store.get(PAGES, ("b", "1"))
        found.append(None if row is None else row.author)

    assert found == ["Ana", "Ben", None, "Eve"]


def test_a_row_of_a_projection_that_was_cleared_is_gone(store: Store) -> None:
    """Also when read by its key."""
    write(store, page("b", "1"))
    store.clear(BOOKS)

    assert store.get(PAGES, ("b", "1")) is None


def test_a_row_of_another_version_is_gone(store: Store) -> None:
    """Also when read by its key."""
    write(store, page("b", "1"))
    store.prepare(BOOKS_2)

    assert store.get(PAGES_2, ("b", "1")) is None


def test_a_commit_that_fails_leaves_rows_and_position_as_they_were(store: Store) -> None:
    """Whatever comes before the row that cannot be written."""
    write(store, page("b", "1"), position=1)
    rows = Rows(store)
    rows.put(PAGES, page("b", "2"))
    rows.delete(PAGES, "b", "1")
    rows.put(UNKNOWN, page("b", "3"))
    with pytest.raises((KeyError, StoreError)):
        store.commit(BOOKS, rows.take(), 2)

    assert (store.select(PAGES, book="b"), store.position(BOOKS)) == ([page("b", "1")], 1)


def test_after_a_commit_that_failed_the_next_one_works(store: Store) -> None:
    rows = Rows(store)
    rows.put(UNKNOWN, page("b", "3"))
    with pytest.raises((KeyError, StoreError)):
        store.commit(BOOKS, rows.take(), 2)
    write(store, page("b", "1"), position=3)

    assert (store.select(PAGES, book="b"), store.position(BOOKS)) == ([page("b", "1")], 3)


@pytest.mark.parametrize("text", ["é", "'; DROP TABLE pages; --", "%", "\U0001f600", ""])
def test_any_text_is_a_key(store: Store, text: str) -> None:
    write(store, page(text, text))

    assert store.select(PAGES, book=text) == [page(text, text)]


def test_keys_sort_by_code_point(store: Store) -> None:
    write(store, *(page("b", text) for text in ("\U0001f600", "z", "é", "\uffee", "Z")))

    assert [row.page for row in store.select(PAGES, book="b")] == [
        "Z",
        "z",
        "é",
        "\uffee",
        "\U0001f600",
    ]


def test_tables_do_not_mix(store: Store) -> None:
    rows = Rows(store)
    rows.put(PAGES, page("b", "1"))
    rows.put(COVERS, page("b", "0", text=b"cover"))
    store.commit(BOOKS, rows.take(), 1)

    assert store.get(COVERS, ("b",)) == page("b", "0", text=b"cover")


def test_preparing_again_keeps_everything(store: Store) -> None:
    write(store, page("b", "1"), position=5)
    store.prepare(BOOKS)

    assert (store.get(PAGES, ("b", "1")), store.position(BOOKS)) == (page("b", "1"), 5)


def test_clearing_forgets_rows_and_position(store: Store) -> None:
    write(store, page("b", "1"), position=5)
    store.clear(BOOKS)

    assert (store.select(PAGES, book="b"), store.position(BOOKS)) == ([], 0)


def test_a_new_version_of_a_projection_begins_empty_and_at_0(store: Store) -> None:
    write(store, page("b", "1"), position=5)
    store.prepare(BOOKS_2)

    assert (store.position(BOOKS_2), store.select(PAGES_2)) == (0, [])


def test_an_old_version_does_not_fold_on_over_the_rows_of_a_newer_one(store: Store) -> None:
    """It begins anew, or finds its own."""
    write(store, page("b", "1"), position=5)
    store.prepare(BOOKS_2)
    store.prepare(BOOKS)
    found = (store.position(BOOKS), store.select(PAGES, book="b"))

    assert found == ((5, [page("b", "1")]) if isinstance(store, PostgresStore) else (0, []))


def test_who_alone_has_the_rows_folds_on_from_where_they_are(store: Store) -> None:
    """And there is no news of others."""
    write(store, page("b", "1"), position=5)

    assert (store.take(BOOKS), store.news(BOOKS, 5)) == (5, Changed(frozenset(), 5))


def test_any_thread_may_read(store: Store) -> None:
    write(store, page("b", "1"))
    seen: list[Page | None] = []
    threads = [Thread(target=lambda: seen.append(store.get(PAGES, ("b", "1")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert seen == [page("b", "1")] * 4


def test_a_thread_that_has_read_sees_what_is_written_later(store: Store) -> None:
    assert store.get(PAGES, ("b", "1")) is None

    write(store, page("b", "1"))

    assert store.get(PAGES, ("b", "1")) == page("b", "1")


# The projections on every store

MOVES = [
    Move(
        verb=verb,
        squad=SQUAD,
        who=PEOPLE[number % 3],
        whom=PEOPLE[(number + 1) % 3],
        is_by_right=True,
        which=number % 4,
        wait=60_000 * number,
        thing=number % 3,
        difficulty=1 + number % 5,
        outcome=tuple(Outcome)[number % 4],
        reason=None,
    )
    for number, verb in enumerate(
        (*OFTEN, *OFTEN, *OFTEN, Verb.LEAVE, Verb.INVITE, Verb.REQUEST, Verb.ISSUE)
    )
    if verb not in (Verb.LEAVE, Verb.ARCHIVE, Verb.ERASE) or number > 3 * len(OFTEN)
]


def busy_month() -> list[Recorded[Fact]]:
    """Three people's; in the end somebody leaves, somebody asks and somebody waits."""
    world = World()
    for number, move in enumerate(MOVES, 1):
        if number == len(MOVES) // 2:
            world.move_on(world.now + 14 * DAY_MS)
        world.ask(move.squad, command_of(world, move, number))
    return world.log


HISTORY = busy_month()


@pytest.mark.parametrize("batch", [1, 3, 1_000])
def test_folding_in_chunks_on_any_store_is_folding_at_once_in_memory(
    open_store: Open, batch: int
) -> None:
    reference, other = prepared(MemoryStore()), prepared(open_store())
    fold(reference, HISTORY)
    fold(other, HISTORY, batch=batch)

    for table in (table for each in PROJECTIONS for table in each.tables):
        for row in reference.select(table):
            first = {table.key[0]: table.key_of(row)[0]}

            assert other.get(table, table.key_of(row)) == row
            assert other.select(table, **first) == reference.select(table, **first)


def test_a_rebuild_ends_with_the_same_rows(open_store: Open) -> None:
    other = prepared(open_store())
    fold(other, HISTORY)
    for each in PROJECTIONS:
        other.clear(each)
    fold(other, HISTORY, batch=7)

    reference = prepared(MemoryStore())
    fold(reference, HISTORY)
    for table in (table for each in PROJECTIONS for table in each.tables):
        rows = reference.select(table)

        assert [other.get(table, table.key_of(row)) for row in rows] == rows
    assert {other.position(each) for each in PROJECTIONS} == {len(HISTORY)}


def test_the_history_fills_every_table() -> None:
    reference = prepared(MemoryStore())
    fold(reference, HISTORY)

    assert [name for name, rows in rows_of(reference).items() if not rows] == []


# SQLite alone: what lasts, and what a failure leaves


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the rows are."""
    return tmp_path / "rows.sqlite"


@pytest.fixture
def file_store(path: Path) -> Iterator[SQLiteStore]:
    """A store in that file."""
    one = SQLiteStore(path)
    one.prepare(BOOKS)
    yield one
    one.close()


def test_rows_in_a_file_outlast_their_process(file_store: SQLiteStore, path: Path) -> None:
    write(file_store, page("b", "1"), position=9)
    file_store.close()
    again = SQLiteStore(path)
    again.prepare(BOOKS)
    found = (again.get(PAGES, ("b", "1")), again.position(BOOKS))
    again.close()

    assert found == (page("b", "1"), 9)


@pytest.mark.parametrize("way", ["ABORT", "ROLLBACK"], ids=["by us", "by SQLite itself"])
def test_a_commit_for_which_there_is_no_room_leaves_everything_as_it_was(
    file_store: SQLiteStore, path: Path, way: str
) -> None:
    """A full disk, say: SQLite ends some transactions itself, others are left to us to end."""
    write(file_store, page("b", "1"), position=1)
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON pages WHEN NEW.page = '3'"
        f" BEGIN SELECT RAISE({way}, 'disk full'); END"
    )
    connection.commit()
    connection.close()

    with pytest.raises(StoreError, match="disk full"):
        write(file_store, page("b", "2"), page("b", "3"), position=2)

    assert file_store.select(PAGES, book="b") == [page("b", "1")]
    assert [file_store.get(PAGES, ("b", number)) for number in "12"] == [page("b", "1"), None]
    assert file_store.position(BOOKS) == 1


def test_rows_held_in_memory_are_bounded(
    file_store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those written longest ago go first, and are found in the file."""
    monkeypatch.setattr("projections.stores.sqlite.RECENT_ROWS", 3)
    for numbers in ("12", "3", "1", "45"):
        write(file_store, *(page("b", number) for number in numbers))

    assert [key[1] for _, key in file_store._recent] == ["1", "4", "5"]
    assert file_store.get(PAGES, ("b", "2")) == page("b", "2")


def test_a_finished_draft_is_a_store_like_any_other(path: Path) -> None:
    """Opened by its name, once it is closed."""
    draft = SQLiteStore(path, is_draft=True)
    draft.prepare(BOOKS)
    write(draft, page("b", "1"), position=9)
    draft.close()
    again = SQLiteStore(path)
    again.prepare(BOOKS)
    write(again, page("b", "2"), position=10)
    found = list(again.scan(PAGES)), again.position(BOOKS)
    (mode,) = again._writer.execute("PRAGMA journal_mode").fetchone()
    again.close()

    assert ([page("b", "1"), page("b", "2")], 10, "wal") == (*found, mode)
