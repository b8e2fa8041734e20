"""A log in a SQLite file as bare rows."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from server.eventlog.log import LogConflict, LogUnavailable
from server.eventlog.raw import TABLES, RawLog, Row, Table
from server.eventlog.sqlite import sole_use

ROWS_AT_ONCE = 500


class SQLiteRawLog(RawLog):
    """The lock on the file, unless it is shared, keeps servers out."""

    def __init__(self, path: Path, *, is_shared: bool = False) -> None:
        with ExitStack() as undo, _failures():
            if not is_shared:
                undo.enter_context(sole_use(path))
            # Never made anew: what is not there was not brought up to this schema either.
            self._file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
            undo.callback(self._file.close)
            self._file.isolation_level = None
            self._file.execute("PRAGMA busy_timeout=5000")
            self._held = undo.pop_all()

    def about(self) -> dict[str, str]:
        with _failures():
            return dict(self._file.execute("SELECT name, value FROM about").fetchall())

    def shut(self, closed: str, notes: Mapping[str, str]) -> None:
        # Whoever writes to it needs the lock, which is ours, and then looks at this first.
        with self._transaction(durability="FULL"):
            self._file.executemany(
                "INSERT OR REPLACE INTO about VALUES (?,?)", {"closed": closed, **notes}.items()
            )

    def open_up(self, log_id: str) -> None:
        with self._transaction(durability="FULL"):
            self._file.execute("DELETE FROM about WHERE name NOT IN ('schema', 'log_id')")
            self._file.execute("UPDATE about SET value=? WHERE name='log_id'", (log_id,))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with _failures():
            self._file.execute("BEGIN")
            self._file.execute("SELECT 1 FROM about").fetchone()
        try:
            yield
        finally:
            self._file.execute("ROLLBACK")

    def counts(self) -> dict[str, int]:
        with _failures():
            return {
                table.name: self._file.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
                for table in TABLES
            }

    def rows(self, table: Table, after: int | None = None) -> Iterator[Row]:
        # SQLite has no truth values, only 0 and 1.
        truths = [at for at, kind in enumerate(table.columns.values()) if kind is bool]
        above = "" if after is None else f" WHERE {table.key[0]}>{after:d}"
        query = (
            f"SELECT {', '.join(table.columns)} FROM {table.name}{above}"
            f" ORDER BY {', '.join(table.key)}"
        )
        with _failures():
            cursor = self._file.execute(query)
            while page := cursor.fetchmany(ROWS_AT_ONCE):
                for row in page:
                    yield (
                        tuple(bool(v) if at in truths else v for at, v in enumerate(row))
                        if truths
                        else row
                    )

    def fill(self, table: Table, rows: Sequence[Row], note: tuple[str, str]) -> None:
        marks = ",".join("?" * len(table.columns))
        # Whole after a power cut, if not with the last of it: `open_up` waits for the disk.
        with self._transaction(durability="NORMAL"):
            self._file.executemany(
                f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})", rows
            )
            self._file.execute("INSERT OR REPLACE INTO about VALUES (?,?)", note)

    def close(self) -> None:
        self._held.close()

    @contextmanager
    def _transaction(self, durability: str) -> Iterator[None]:
        with _failures():
            self._file.execute(f"PRAGMA synchronous={durability}")
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise


@contextmanager
def _failures() -> Iterator[None]:
    """SQLite's errors as the log's own."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise LogConflict(str(error)) from error
    except sqlite3.Error as error:
        raise LogUnavailable(f"The event log cannot be used: {error}.") from error
