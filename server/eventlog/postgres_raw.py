"""A log in PostgreSQL as bare rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from projections.stores.postgres_connections import Connections
from server.eventlog.log import LogConflict, LogInUse, LogUnavailable
from server.eventlog.raw import TABLES, Integer, RawLog, Row, Table

ROWS_AT_ONCE = 500
TYPES = {Integer: "int8", Integer | None: "int8", bytes: "bytea", bool: "bool"}
"""Of a column; any other is text."""
REFUSE: LiteralString = """
CREATE OR REPLACE FUNCTION refuse_to_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('gutsy.fills', true) IS DISTINCT FROM 'yes' THEN
        RAISE EXCEPTION 'this log is closed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END
$$
"""
"""Nodes that are up have looked whether it is closed long ago: the database itself stops them."""

LOCK: LiteralString = (
    "LOCK claims, timers, events, topics, answers, positions, links, endings"
    " IN SHARE ROW EXCLUSIVE MODE"
)
"""Waits until whoever is writing has done so; in the order in which the function ``append`` comes
to them, or each would wait for the other."""


class PostgresRawLog(RawLog):
    """On one connection. A lock in the database, unless it is shared, keeps other moves out."""

    def __init__(self, url: str, *, is_shared: bool = False) -> None:
        with ExitStack() as undo, _failures():
            connections = Connections(url)
            undo.callback(connections.close)
            self._connection = undo.enter_context(connections.lent())
            if not is_shared:
                self._take_lock()
                undo.callback(self._connection.close)  # and with it the lock
            self._held = undo.pop_all()

    def about(self) -> dict[str, str]:
        with _failures():
            return dict(self._connection.execute("SELECT name, value FROM about").fetchall())

    def shut(self, closed: str, notes: Mapping[str, str]) -> None:
        with _failures(), self._connection.transaction():
            self._connection.execute(LOCK)
            self._connection.execute(REFUSE)
            self._drop_triggers()
            for table in TABLES:
                self._connection.execute(
                    sql.SQL(
                        "CREATE TRIGGER refuse_to_write BEFORE INSERT OR UPDATE OR DELETE ON {}"
                        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_write()"
                    ).format(sql.Identifier(table.name))
                )
            for name, value in {"closed": closed, **notes}.items():
                self._note(name, value)

    def open_up(self, log_id: str) -> None:
        with _failures(), self._connection.transaction():
            self._drop_triggers()
            self._connection.execute("DELETE FROM about WHERE name NOT IN ('schema', 'log_id')")
            self._connection.execute("UPDATE about SET value=%s WHERE name='log_id'", (log_id,))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with _failures(), self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    def counts(self) -> dict[str, int]:
        with _failures():
            return {table.name: self._count(table) for table in TABLES}

    def rows(self, table: Table, after: int | None = None) -> Iterator[Row]:
        above = "" if after is None else f" WHERE {table.key[0]}>{after:d}"
        order = ", ".join(
            f'{name} COLLATE "C"' if table.columns[name] is str else name for name in table.key
        )
        query = f"SELECT {', '.join(table.columns)} FROM {table.name}{above} ORDER BY {order}"
        with _failures(), self._connection.cursor(name="rows", binary=True) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(query)
            yield from cursor

    def fill(self, table: Table, rows: Sequence[Row], note: tuple[str, str]) -> None:
        copy: sql.Composed = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
            sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
        )
        with _failures(), self._connection.transaction():
            # Whole after a power cut, if not with the last of it: `open_up` waits for the disk.
            self._connection.execute("SET LOCAL synchronous_commit = off")
            self._connection.execute("SET LOCAL gutsy.fills = 'yes'")
            with self._connection.cursor() as cursor, cursor.copy(copy) as copied:
                copied.set_types([TYPES.get(kind, "text") for kind in table.columns.values()])
                for row in rows:
                    copied.write_row(row)
            self._note(*note)

    def close(self) -> None:
        self._held.close()

    def _take_lock(self) -> None:
        taken = self._connection.execute(
            "SELECT pg_try_advisory_lock('about'::regclass::oid::bigint)"
        ).fetchone()
        if taken != (True,):
            raise LogInUse("Another process is moving this log. Let it come to its end first.")

    def _drop_triggers(self) -> None:
        for table in TABLES:
            self._connection.execute(
                sql.SQL("DROP TRIGGER IF EXISTS refuse_to_write ON {}").format(
                    sql.Identifier(table.name)
                )
            )

    def _note(self, name: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO about VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value=excluded.value",
            (name, value),
        )

    def _count(self, table: Table) -> int:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
        row = self._connection.execute(query).fetchone()
        return 0 if row is None else int(row[0])


@contextmanager
def _failures() -> Iterator[None]:
    """PostgreSQL's errors as the log's own."""
    try:
        yield
    except psycopg.IntegrityError as error:
        raise LogConflict(str(error)) from error
    except psycopg.Error as error:
        raise LogUnavailable(f"The event log cannot be used: {error}.") from error
