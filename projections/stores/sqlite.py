"""Rows in a SQLite file of their own: the fields looked up by as columns, the row as msgpack.

Everything here can be rebuilt from the log, so a commit waits for no disk
(``synchronous=NORMAL``): after a power cut rows and position are older together.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from projections.registry import Projection
from projections.rows import Changed, Changes, Key, R, Table
from projections.stores.connections import Readers
from projections.stores.store import StoreError

LIVE = ("journal_mode=WAL", "synchronous=NORMAL")
DRAFT = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536")
"""The last one is 64 MiB: rows of a table come in no order."""
_UNKNOWN = object()
PAGE = 2_000
"""Rows that a scan holds at a time."""
RECENT_ROWS = 20_000
"""Rows held in memory, at 1 to 3 KB each: those of a few thousand players at play."""


class SQLiteStore:
    """Rows in a file.

    Args:
        is_draft: it is thrown away unless it is finished, closed and flushed: nothing is done for
            the case that the process or the machine dies, so everything is written once.

    Raises:
        StoreError: it cannot be opened, read or written, here and by every method.
    """

    def __init__(self, path: Path, *, is_draft: bool = False) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._readers = Readers(self._connect)
        with self._failures(), ExitStack() as undo:
            self._writer = self._connect()
            undo.callback(self._writer.close)
            for setting in DRAFT if is_draft else LIVE:
                self._writer.execute(f"PRAGMA {setting}")
            self._writer.execute(
                "CREATE TABLE IF NOT EXISTS positions (projection TEXT PRIMARY KEY, seq INTEGER)"
            )
            undo.pop_all()
        # The rows committed last, None for one taken away: a fold reads what it wrote lately.
        # Readers do not fill it: they might put back what a commit has just replaced.
        self._recent: dict[tuple[str, Key], Struct | None] = {}
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._encode = msgspec.msgpack.Encoder().encode

    def prepare(self, projection: Projection) -> None:
        with self._transaction() as connection:
            known = connection.execute(
                "SELECT 1 FROM positions WHERE projection=?", (projection.id,)
            ).fetchone()
            if known is None:
                self._recent = {}
                # Rows of another version of it are not to be folded upon, nor come back to.
                for table in projection.tables:
                    connection.execute(f"DROP TABLE IF EXISTS {table.name}")
                connection.execute(
                    "DELETE FROM positions WHERE instr(projection, ?) = 1", (f"{projection.name}@",)
                )
                connection.execute("INSERT INTO positions VALUES (?, 0)", (projection.id,))
            for table in projection.tables:
                self._create(connection, table)

    def position(self, projection: Projection) -> int:
        ((seq,),) = self._read("SELECT seq FROM positions WHERE projection=?", (projection.id,))
        return int(seq)

    def take(self, projection: Projection) -> int | None:
        return self.position(projection)

    def news(self, projection: Projection, after: int) -> Changed:
        """Nobody else writes here."""
        return Changed(frozenset(), self.position(projection))

    def commit(self, projection: Projection, changes: Changes, position: int) -> None:
        with self._transaction() as connection:
            for written in changes.tables.values():
                self._write(connection, written.table, written.rows)
            connection.execute(
                "UPDATE positions SET seq=? WHERE projection=?", (position, projection.id)
            )
        self._remember(changes)

    def clear(self, projection: Projection) -> None:
        with self._transaction() as connection:
            for table in projection.tables:
                connection.execute(f"DELETE FROM {table.name}")
            connection.execute("UPDATE positions SET seq=0 WHERE projection=?", (projection.id,))
        self._recent = {}

    def get(self, table: Table[R], key: Key) -> R | None:
        recent = self._recent.get((table.name, key), _UNKNOWN)
        if recent is not _UNKNOWN:
            return cast("R | None", recent)
        rows = self.select(table, **dict(zip(table.key, key, strict=True)))
        return rows[0] if rows else None

    def select(self, table: Table[R], **where: str) -> list[R]:
        condition = " AND ".join(("TRUE", *(f"{name}=?" for name in where)))
        rows = self._read(
            f"SELECT body FROM {table.name} WHERE {condition} ORDER BY {', '.join(table.key)}",
            tuple(where.values()),
        )
        decode = self._decoder(table).decode
        return [decode(body) for (body,) in rows]

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        rows = self._read(
            f"SELECT body FROM {table.name} WHERE {name} IN (SELECT value FROM json_each(?))"
            f" ORDER BY {', '.join(table.key)}",
            (json.dumps([*values]),),
        )
        decode = self._decoder(table).decode
        return [decode(body) for (body,) in rows]

    def scan(self, table: Table[R]) -> Iterator[R]:
        decode = self._decoder(table).decode
        order = ", ".join(table.key)
        marks = ", ".join("?" * len(table.key))
        rows = self._read(f"SELECT body FROM {table.name} ORDER BY {order} LIMIT ?", (PAGE,))
        while rows:
            for (body,) in rows:
                last = decode(body)
                yield last
            rows = self._read(
                f"SELECT body FROM {table.name} WHERE ({order}) > ({marks})"
                f" ORDER BY {order} LIMIT ?",
                (*table.key_of(last), PAGE),
            )

    def count(self, table: Table[Any]) -> int:
        ((count,),) = self._read(f"SELECT count(*) FROM {table.name}", ())
        return int(count)

    def close(self) -> None:
        self._readers.close()
        with self._lock:
            self._writer.close()

    def _remember(self, changes: Changes) -> None:
        """Let the rows of a commit be found without a query; those written longest ago go."""
        recent = self._recent
        for place, row in changes.places():
            recent.pop(place, None)  # so that it moves to the end
            recent[place] = row
        for place in list(islice(recent, max(0, len(recent) - RECENT_ROWS))):
            del recent[place]

    def _create(self, connection: sqlite3.Connection, table: Table[Any]) -> None:
        columns = ", ".join(f"{name} TEXT NOT NULL" for name in _columns(table))
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}, body BLOB NOT NULL,"
            f" PRIMARY KEY ({', '.join(table.key)})) WITHOUT ROWID"
        )
        for index in table.indexes:
            connection.execute(
                f"CREATE INDEX IF NOT EXISTS {table.name}_by_{'_'.join(index)}"
                f" ON {table.name} ({', '.join(index)})"
            )

    def _write(
        self, connection: sqlite3.Connection, table: Table[Any], rows: dict[Key, Struct | None]
    ) -> None:
        columns = _columns(table)
        where = " AND ".join(f"{name}=?" for name in table.key)
        marks = ",".join("?" * (len(columns) + 1))
        connection.executemany(
            f"DELETE FROM {table.name} WHERE {where}",
            [key for key, row in rows.items() if row is None],
        )
        connection.executemany(
            f"INSERT OR REPLACE INTO {table.name} VALUES ({marks})",
            [
                (*[getattr(row, name) for name in columns], self._encode(row))
                for row in rows.values()
                if row is not None
            ],
        )

    def _decoder(self, table: Table[R]) -> msgspec.msgpack.Decoder[R]:
        decoder = self._decoders.get(table.name)
        if decoder is None:
            decoder = self._decoders[table.name] = msgspec.msgpack.Decoder(table.row)
        return decoder

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA busy_timeout=5000")
        return connection

    def _read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        with self._failures():
            return self._readers.read(sql, parameters)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """SQLite's errors as the store's own."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self._path.name} cannot be used: {error}.") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._failures():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self._recent = {}
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise


def _columns(table: Table[Any]) -> list[str]:
    """The key's fields and the indexed ones, each once."""
    return list(dict.fromkeys((*table.key, *(name for index in table.indexes for name in index))))
