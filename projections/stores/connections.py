"""Reading SQLite from many threads: a connection each, closed only when nobody reads.

Used by the stores here and by the event log; ``sqlite3`` crashes the process when a connection is
closed under a running statement.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any


class Readers:
    """One read-only connection for each thread that asks."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[tuple[sqlite3.Connection, threading.Lock]] = []
        self._is_closed = False

    def read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        """All rows of a query.

        Raises:
            sqlite3.Error: it cannot be read, or ``close`` was called.
        """
        mine = getattr(self._local, "mine", None) or self._add()
        connection, lock = mine
        with lock:
            return list(connection.execute(sql, parameters).fetchall())

    def close(self) -> None:
        """Close every connection, each as soon as its thread has read to the end."""
        with self._lock:
            self._is_closed = True
        for connection, lock in self._open:
            with lock:
                connection.close()

    def _add(self) -> tuple[sqlite3.Connection, threading.Lock]:
        with self._lock:
            if self._is_closed:
                raise sqlite3.ProgrammingError("This database is closed.")
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
            self._local.mine = (connection, threading.Lock())
            self._open.append(self._local.mine)
            return self._open[-1]
