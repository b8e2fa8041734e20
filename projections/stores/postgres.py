"""Rows in PostgreSQL, for many processes: one folds a projection, the others read what it wrote.

Everything here can be rebuilt from the log, so a commit waits for no disk: after a crash of the
server rows and position are older together.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import Any, LiteralString, cast

import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql

from projections.registry import Projection
from projections.rows import Changed, Changes, Key, Place, R, Table
from projections.stores import postgres_leases
from projections.stores.postgres_connections import Connections
from projections.stores.postgres_leases import KEPT, Leases
from projections.stores.postgres_tables import PostgresTable
from projections.stores.store import StoreError

PAGE = 2_000
"""Rows that a scan holds at a time."""
RECENT_ROWS = 20_000
"""Rows held in memory, at 1 to 3 KB each: those of a few thousand players at play."""
NEWS: LiteralString = "10 minutes"
"""How long it is told which rows were written: who has heard nothing for so long has no players."""
TOLD = 20_000
"""Rows of one commit beyond which nobody is told: it is history that is caught up with."""
SCHEMA: LiteralString = """
CREATE TABLE IF NOT EXISTS news (
    projection text NOT NULL,
    seq bigint NOT NULL,
    rows bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, seq)
);
CREATE INDEX IF NOT EXISTS news_by_at ON news (at);
"""
_UNKNOWN = object()
_encode = msgspec.msgpack.Encoder().encode
_decode_places = msgspec.msgpack.Decoder(list[Place]).decode


class PostgresStore:
    """Rows in a database, which may be the log's.

    Raises:
        StoreError: it cannot be reached, read or written, here and by every method; or, by
            ``commit``, another process folds this projection now.
    """

    def __init__(self, url: str) -> None:
        self._connections = Connections(url, _without_waiting)
        self._tables: dict[Table[Any], PostgresTable] = {}
        # The rows committed last, None for one taken away: a fold reads what it wrote lately. Right
        # as long as nobody else writes them.
        self._recent: dict[Place, Struct | None] = {}
        try:
            with self._failures():
                with self._connections.lent() as connection, connection.transaction():
                    _alone(connection)
                    connection.execute(postgres_leases.SCHEMA + SCHEMA)
                self._leases = Leases(self._connections)
        except BaseException:
            self._connections.close()
            raise

    def prepare(self, projection: Projection) -> None:
        tables = {table: PostgresTable(projection, table) for table in projection.tables}
        with self._transaction() as connection:
            _alone(connection)
            _drop_forgotten(connection, projection)
            connection.execute(
                "INSERT INTO folds VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (projection.id, projection.name, [table.name for table in tables.values()]),
            )
            for table in tables.values():
                for statement in table.create:
                    connection.execute(statement)
        self._tables |= tables

    def position(self, projection: Projection) -> int:
        ((seq,),) = self._read("SELECT seq FROM folds WHERE projection=%b", (projection.id,))
        return int(seq)

    def take(self, projection: Projection) -> int | None:
        with self._failures():
            before = self._leases.seq(projection.id)
            seq = self._leases.take(projection.id)
        if seq != before:
            self._recent = {}
        return seq

    def news(self, projection: Projection, after: int) -> Changed:
        # In one statement, so that rows and position belong together.
        rows = self._read(
            "SELECT folds.seq, rows FROM folds LEFT JOIN news"
            " ON news.projection=folds.projection AND news.seq>%b::bigint"
            " WHERE folds.projection=%b",
            (after, projection.id),
        )
        told = [place for _, places in rows if places for place in _decode_places(places)]
        return Changed(frozenset(told), rows[0][0])

    def commit(self, projection: Projection, changes: Changes, position: int) -> None:
        since = time.monotonic()
        try:
            with self._transaction(is_at_once=True) as connection:
                self._leases.move(connection, projection.id, position)
                self._write(connection, changes)
                _tell(connection, projection, changes, position)
        except BaseException:
            self._leases.drop(projection.id)
            self._recent = {}
            raise
        self._leases.moved(projection.id, position, since)
        self._remember(changes)

    def clear(self, projection: Projection) -> None:
        with self._transaction() as connection:
            for table in projection.tables:
                connection.execute(self._table(table).clear)
            self._leases.begin_anew(connection, projection.id)
        self._recent = {}

    def get(self, table: Table[R], key: Key) -> R | None:
        if self._leases.holds(self._table(table).projection.id):
            recent = self._recent.get((table.name, key), _UNKNOWN)
            if recent is not _UNKNOWN:
                return cast("R | None", recent)
        rows = self.select(table, **dict(zip(table.key, key, strict=True)))
        return rows[0] if rows else None

    def select(self, table: Table[R], **where: str) -> list[R]:
        mine = self._table(table)
        if any("\0" in value for value in where.values()):
            return []  # PostgreSQL's text cannot hold it, so there is none
        rows = self._read(mine.select(where), tuple(where.values()))
        return [mine.decode(body) for (body,) in rows]

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        mine = self._table(table)
        able = [value for value in values if "\0" not in value]
        return [mine.decode(body) for (body,) in self._read(mine.select_each(name), (able,))]

    def scan(self, table: Table[R]) -> Iterator[R]:
        mine = self._table(table)
        rows = self._read(mine.page(is_first=True), (PAGE,))
        while rows:
            for (body,) in rows:
                last = mine.decode(body)
                yield last
            rows = self._read(mine.page(is_first=False), (*table.key_of(last), PAGE))

    def count(self, table: Table[Any]) -> int:
        ((count,),) = self._read(self._table(table).count)
        return int(count)

    def close(self) -> None:
        with suppress(psycopg.Error):  # they end by themselves
            self._leases.give_up()
        self._connections.close()

    def _remember(self, changes: Changes) -> None:
        """Let the rows of a commit be found without a query; those written longest ago go."""
        recent = self._recent
        for place, row in changes.places():
            recent.pop(place, None)  # so that it moves to the end
            recent[place] = row
        for place in list(islice(recent, max(0, len(recent) - RECENT_ROWS))):
            del recent[place]

    def _write(self, connection: psycopg.Connection, changes: Changes) -> None:
        for written in changes.tables.values():
            for statement, columns in self._table(written.table).changes(written.rows):
                connection.execute(statement, columns)

    def _table(self, table: Table[Any]) -> PostgresTable:
        try:
            return self._tables[table]
        except KeyError:
            raise StoreError(f"There is no room for {table.name}.") from None

    def _read(
        self, query: LiteralString | sql.Composed, parameters: Sequence[object] = ()
    ) -> list[Any]:
        with self._failures():
            return self._connections.read(query, parameters)

    @contextmanager
    def _transaction(self, *, is_at_once: bool = False) -> Iterator[psycopg.Connection]:
        """A transaction; at once: its statements are sent together, and fail or are done together,
        in one round trip."""
        with self._failures(), self._connections.lent() as connection, ExitStack() as stack:
            if is_at_once:
                stack.enter_context(connection.pipeline())
            stack.enter_context(connection.transaction())
            yield connection

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """PostgreSQL's errors as the store's own."""
        try:
            yield
        except psycopg.Error as error:
            raise StoreError(f"The read models cannot be used: {error}.") from error


def _without_waiting(connection: psycopg.Connection) -> None:
    connection.execute("SET synchronous_commit = off")


def _alone(connection: psycopg.Connection) -> None:
    """Of all who start at the same time, one makes tables, up to the end of its transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('gutsy read models'))")


def _drop_forgotten(connection: psycopg.Connection, projection: Projection) -> None:
    """Take away other versions' rows that nobody has folded for long."""
    forgotten = connection.execute(
        "DELETE FROM folds WHERE name=%s AND projection<>%s"
        f" AND held_until<now() - interval '{KEPT}' RETURNING tables",
        (projection.name, projection.id),
    ).fetchall()
    for (tables,) in forgotten:
        for name in tables:
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))


def _tell(
    connection: psycopg.Connection, projection: Projection, changes: Changes, position: int
) -> None:
    """Let those who do not fold know which rows they show differently now."""
    places = [place for place, _ in changes.places()]
    if 0 < len(places) <= TOLD:
        connection.execute(
            "INSERT INTO news VALUES (%s, %s, %b) ON CONFLICT (projection, seq)"
            " DO UPDATE SET rows=excluded.rows, at=excluded.at",
            (projection.id, position, _encode(places)),
        )
    connection.execute(f"DELETE FROM news WHERE at<now() - interval '{NEWS}'")
