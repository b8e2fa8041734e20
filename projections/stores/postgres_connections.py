"""Connections to PostgreSQL for many threads: lent one at a time, made anew when they break.

Used by the store here, and by the event log and the keys. As many are kept as were ever needed at
once, which is no more than there are threads.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import Composed

DEFAULTS: dict[str, str | int | None] = {
    "application_name": "gutsy",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    # A server that is cut off is given up after some ten seconds, not after two hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Of several hosts the one that takes writes, after a failover too.
    "target_session_attrs": "read-write",
}
"""What the URL may set otherwise."""
SESSION = """
SET default_transaction_isolation = 'read committed';
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '10s';
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off';
"""
"""The ten seconds: who is stopped in the middle of something must not stop the others."""


class Connections:
    """Lends connections in autocommit; any thread may ask.

    Args:
        url: as libpq takes it.
        greet: called with each new connection.

    Raises:
        psycopg.Error: by every method; of a closed one as well.
    """

    def __init__(
        self, url: str, greet: Callable[[psycopg.Connection], None] = lambda _new: None
    ) -> None:
        self._conninfo = make_conninfo("", **{**DEFAULTS, **conninfo_to_dict(url)})
        self._greet = greet
        self._lock = threading.Lock()
        self._idle: list[psycopg.Connection] = []
        self._is_closed = False

    @contextmanager
    def lent(self) -> Iterator[psycopg.Connection]:
        """A connection for a while. It may have broken while it lay idle."""
        connection = self._taken() or self._opened()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def read(self, query: LiteralString | Composed, parameters: Sequence[object] = ()) -> list[Any]:
        """All rows of a query; asked again on a fresh connection if this one had broken."""
        connection = self._taken()
        if connection is not None:
            try:
                return _rows(connection, query, parameters)
            except psycopg.Error:
                if not connection.closed:
                    raise
            finally:
                self._give_back(connection)
        with self.lent() as connection:
            return _rows(connection, query, parameters)

    def close(self) -> None:
        """Close every connection; one that is lent, when it comes back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self) -> psycopg.Connection | None:
        with self._lock:
            if self._is_closed:
                raise psycopg.InterfaceError("this database is closed")
            return self._idle.pop() if self._idle else None

    def _opened(self) -> psycopg.Connection:
        connection = psycopg.connect(self._conninfo, autocommit=True)
        try:
            connection.execute(SESSION)
            self._greet(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: psycopg.Connection) -> None:
        with self._lock:
            if not (self._is_closed or connection.closed):
                self._idle.append(connection)
                return
            # Those that lie idle have most likely broken with it.
            idle, self._idle = self._idle, []
        for one in (connection, *idle):
            one.close()


def _rows(
    connection: psycopg.Connection, query: LiteralString | Composed, parameters: Sequence[object]
) -> list[Any]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(query, parameters).fetchall()
