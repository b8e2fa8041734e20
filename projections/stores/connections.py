"""Reading SQLite from many threads: a connection each, closed only when nobody reads.

Used by the stores here and by the event log; ``sqlite3`` crashes the process when a connection is
closed under a running statement.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any, TypeVar

T = TypeVar("T")
CACHE_KIB = 256
"""Pages that each connection holds: the upper ones of a few trees. SQLite's own 2 MiB, for each
thread and file, are read from the system's memory as quickly, and are dropped at every commit."""


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
        connection, lock = self._mine()
        with lock:
            return connection.execute(sql, parameters).fetchall()

    def build(self, what: Callable[..., T], sql: str, parameters: Sequence[object]) -> list[T]:
        """What is made of each row of a query, its columns given by place; raises as ``read``.

        No row outlives its turn, which halves what many cost: thousands held at once keep the
        garbage collector busy.
        """
        connection, lock = self._mine()
        with lock:
            return list(starmap(what, connection.execute(sql, parameters)))

    def close(self) -> None:
        """Close every connection, each as soon as its thread has read to the end."""
        with self._lock:
            self._is_closed = True
        for connection, lock in self._open:
            with lock:
                connection.close()

    def _mine(self) -> tuple[sqlite3.Connection, threading.Lock]:
        return getattr(self._local, "mine", None) or self._add()

    def _add(self) -> tuple[sqlite3.Connection, threading.Lock]:
        with self._lock:
            if self._is_closed:
                raise sqlite3.ProgrammingError("This database is closed.")
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            self._local.mine = (connection, threading.Lock())
            self._open.append(self._local.mine)
            return self._open[-1]
