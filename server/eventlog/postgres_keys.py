"""Wrapped keys in PostgreSQL, for several nodes: in another database than the log's.

Whose backups are another's too, and are kept for a short while only: what was destroyed is still in
those, and in the server's write-ahead log, until they are gone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from msgspec.structs import astuple

from projections.stores.postgres_connections import Connections
from server.eventlog.key_tables import KeyRow, KeysError, KeyTable

SCHEMA: LiteralString = """
CREATE TABLE IF NOT EXISTS keys (
    subject text COLLATE "C" PRIMARY KEY,
    wrapped bytea,
    created_at bigint NOT NULL,
    destroyed_at bigint
)
"""


class PostgresKeyTable(KeyTable):
    """One small table."""

    def __init__(self, url: str) -> None:
        with _failures():
            self._connections = Connections(url)
            try:
                with self._connections.lent() as connection, connection.transaction():
                    # Of nodes that start at once, one makes it.
                    connection.execute("SELECT pg_advisory_xact_lock(hashtext('gutsy keys'))")
                    connection.execute(SCHEMA)
            except BaseException:
                self._connections.close()
                raise

    def add(self, subject: str, wrapped: bytes, at: int) -> bool:
        rows = self._run(
            "INSERT INTO keys VALUES (%b, %b, %b::bigint) ON CONFLICT DO NOTHING RETURNING true",
            (subject, wrapped, at),
        )
        return bool(rows)

    def find(self, subject: str) -> tuple[bytes | None, bool]:
        rows = self._run("SELECT wrapped FROM keys WHERE subject=%b", (subject,))
        return (rows[0][0], rows[0][0] is None) if rows else (None, False)

    def destroy(self, subject: str, at: int) -> None:
        rows = self._run(
            "UPDATE keys SET wrapped=NULL, destroyed_at=%b::bigint"
            " WHERE subject=%b AND wrapped IS NOT NULL RETURNING true",
            (at, subject),
        )
        if rows:
            with _failures(), self._connections.lent() as connection:
                connection.execute("VACUUM keys")  # the row as it was is still there until then

    def destroyed(self) -> list[str]:
        rows = self._run("SELECT subject FROM keys WHERE destroyed_at IS NOT NULL ORDER BY subject")
        return [subject for (subject,) in rows]

    def rows(self, after: str, limit: int) -> list[KeyRow]:
        found = self._run(
            "SELECT subject, wrapped, created_at, destroyed_at FROM keys WHERE subject>%b"
            " ORDER BY subject LIMIT %b::bigint",
            (after, limit),
        )
        return [KeyRow(*row) for row in found]

    def take_in(self, rows: Sequence[KeyRow]) -> None:
        with _failures(), self._connections.lent() as connection, connection.transaction():
            connection.cursor().executemany(
                "INSERT INTO keys VALUES (%b, %b, %b::bigint, %b::bigint) ON CONFLICT DO NOTHING",
                [astuple(row) for row in rows],
            )

    def try_to_write(self) -> None:
        # Both are commits of their own: each waits for the disk, as a new key does.
        self._run(
            "INSERT INTO keys VALUES ('', NULL, 0, 0)"
            " ON CONFLICT (subject) DO UPDATE SET created_at=0 RETURNING true"
        )
        self._run("DELETE FROM keys WHERE subject='' RETURNING true")

    def close(self) -> None:
        self._connections.close()

    def _run(self, sql: LiteralString, parameters: Sequence[object] = ()) -> list[Any]:
        """Any statement of these may be sent again: should the first have been carried out and the
        connection broken then, the second changes nothing."""
        with _failures():
            return self._connections.read(sql, parameters)


@contextmanager
def _failures() -> Iterator[None]:
    """PostgreSQL's errors as ours."""
    try:
        yield
    except psycopg.Error as error:
        raise KeysError(f"The keys of personal text cannot be used: {error}.") from error
