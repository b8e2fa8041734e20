"""Rows in a SQLite file of their own: the fields looked up by as columns, the row as msgpack.

Everything here can be rebuilt from the log, so a commit waits for no disk
(``synchronous=NORMAL``): after a power cut rows and position are older together.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from projections.registry import Projection
from projections.rows import Changes, Key, R, Table
from projections.stores.connections import Readers


class SQLiteStore:
    """Rows in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._readers = Readers(self._connect)
        self._writer = self._connect()
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=NORMAL")
        self._writer.execute(
            "CREATE TABLE IF NOT EXISTS positions (projection TEXT PRIMARY KEY, seq INTEGER)"
        )
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._encode = msgspec.msgpack.Encoder().encode

    def prepare(self, projection: Projection) -> None:
        with self._transaction() as connection:
            known = connection.execute(
                "SELECT 1 FROM positions WHERE projection=?", (projection.id,)
            ).fetchone()
            if known is None:
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

    def commit(self, projection: Projection, changes: Changes, position: int) -> None:
        with self._transaction() as connection:
            for (_, key), (table, row) in changes.rows.items():
                if row is None:
                    where = " AND ".join(f"{name}=?" for name in table.key)
                    connection.execute(f"DELETE FROM {table.name} WHERE {where}", key)
                    continue
                values = [getattr(row, name) for name in _columns(table)]
                marks = ",".join("?" * (len(values) + 1))
                connection.execute(
                    f"INSERT OR REPLACE INTO {table.name} VALUES ({marks})",
                    (*values, self._encode(row)),
                )
            connection.execute(
                "UPDATE positions SET seq=? WHERE projection=?", (position, projection.id)
            )

    def clear(self, projection: Projection) -> None:
        with self._transaction() as connection:
            for table in projection.tables:
                connection.execute(f"DELETE FROM {table.name}")
            connection.execute("UPDATE positions SET seq=0 WHERE projection=?", (projection.id,))

    def get(self, table: Table[R], key: Key) -> R | None:
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

    def close(self) -> None:
        self._readers.close()
        with self._lock:
            self._writer.close()

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
        return self._readers.read(sql, parameters)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise


def _columns(table: Table[Any]) -> list[str]:
    """The key's fields and the indexed ones, each once."""
    return list(dict.fromkeys((*table.key, *(name for index in table.indexes for name in index))))
