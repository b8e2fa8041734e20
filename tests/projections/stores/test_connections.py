"""Reading SQLite from many threads."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from projections.stores.connections import Readers

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 30000) SELECT x FROM c"


class File:
    """A database, and every connection that was made to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[sqlite3.Connection] = []

    def connect(self) -> sqlite3.Connection:
        """One more connection, for any thread."""
        connection = sqlite3.connect(self.path, check_same_thread=False)
        self.opened.append(connection)
        return connection


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A file with one row in it."""
    one = File(tmp_path / "some.sqlite")
    connection = sqlite3.connect(one.path)
    connection.execute("CREATE TABLE words AS SELECT 'no' AS word")
    connection.commit()
    connection.close()
    return one


@pytest.fixture
def readers(file: File) -> Iterator[Readers]:
    """Readers of that file."""
    one = Readers(file.connect)
    yield one
    one.close()


def test_rows_are_read(readers: Readers) -> None:
    assert readers.read("SELECT word FROM words WHERE word = ?", ("no",)) == [("no",)]


def test_something_is_made_of_each_row(readers: Readers) -> None:
    assert readers.build(complex, "SELECT 1, 2 UNION SELECT 3, 4", ()) == [1 + 2j, 3 + 4j]


def test_a_thread_reads_by_one_connection(readers: Readers, file: File) -> None:
    readers.read("SELECT 1", ())
    readers.read("SELECT 2", ())

    assert len(file.opened) == 1


def test_another_thread_reads_by_another(readers: Readers, file: File) -> None:
    readers.read("SELECT 1", ())
    thread = Thread(target=readers.read, args=("SELECT 2", ()))
    thread.start()
    thread.join(10)

    assert len(file.opened) == 2


def test_nothing_is_written_by_a_reader(readers: Readers) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        readers.read("DELETE FROM words", ())


def test_closing_closes_every_connection(readers: Readers, file: File) -> None:
    readers.read("SELECT 1", ())
    readers.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        file.opened[0].execute("SELECT 1")


def test_after_closing_whoever_read_before_reads_no_more(readers: Readers) -> None:
    readers.read("SELECT 1", ())
    readers.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        readers.read("SELECT 1", ())


def test_after_closing_nobody_begins_to_read(readers: Readers, file: File) -> None:
    readers.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        readers.read("SELECT 1", ())
    assert file.opened == []


def test_closing_waits_for_whoever_is_reading(readers: Readers) -> None:
    """Otherwise the process would crash; whoever comes too late gets an error."""
    seen: list[int] = []
    is_reading = Event()

    def read() -> None:
        with suppress(sqlite3.ProgrammingError):
            while True:
                is_reading.set()
                seen.append(len(readers.read(SLOW, ())))

    thread = Thread(target=read)
    thread.start()
    assert is_reading.wait(10)
    readers.close()
    thread.join(10)

    assert not thread.is_alive()
    assert set(seen) <= {30_000}
