"""The log in PostgreSQL, for as many nodes as there are; ``postgres.sql`` has its schema.

A batch is one call of the function ``append`` there: one round trip, one transaction, one at a time
over all nodes. So ``seq`` is the order of commits without a gap, as in the other logs (ADR 17).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path
from threading import Lock
from typing import Any, LiteralString, TypeVar, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription
from eventsourcing.persistence import StoredEvent as LibraryEvent

from projections.stores.postgres_connections import Connections
from server.clock import draw_bytes
from server.eventlog import postgres_migrations
from server.eventlog.log import (
    Batch,
    Claim,
    DueTimer,
    KeptAnswer,
    Log,
    LogClosed,
    LogConflict,
    LogTooNew,
    LogUnavailable,
    StoredEvent,
    from_library,
)
from server.eventlog.postgres_append import APPEND, columns_of
from server.eventlog.postgres_arrays import Ints, Texts, let_send_arrays
from server.eventlog.postgres_sign_ins import PostgresSignIns

T = TypeVar("T")

logger = logging.getLogger(__name__)

SCHEMA = Path(__file__).with_name("postgres.sql")
SCHEMA_VERSION = 1
"""Raised with a step in ``postgres_migrations``, which brings older databases up to it."""
DAMAGE = (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted)
MOST = (1 << 63) - 1
_EVENT_COLUMNS: LiteralString = "seq, stream, version, topic, state, command, actor, hash"


class PostgresLog(Log):
    """A log that many processes share. Whoever loses the server finds it again by trying.

    Raises:
        LogClosed: it was moved, or is not whole yet.
        LogTooNew: a newer Gutsy wrote it.
        LogUnavailable: it cannot be reached, or cannot be brought up to this schema.
    """

    def __init__(self, url: str) -> None:
        self._failure: str | None = None
        self._connections = Connections(url, let_send_arrays)
        self._write_lock = Lock()
        self._sign_ins = PostgresSignIns(self._write, self._read)
        try:
            with self._failures(), self._connections.lent() as connection:
                self._log_id = _prepare(connection)
        except BaseException:
            self._connections.close()
            raise

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def sign_ins(self) -> PostgresSignIns:
        return self._sign_ins

    @property
    def is_shared(self) -> bool:
        return True

    @property
    def failure(self) -> str | None:
        return self._failure

    def append(self, batch: Batch) -> list[int]:
        # One at a time here too: those who wait do so without a connection.
        with self._write_lock:
            ((before,),) = self._write(APPEND, columns_of(batch))
        return list(range(before + 1, before + 1 + len(batch.events)))

    def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        return self._build(
            StoredEvent,
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE stream=%b AND version>%b::bigint"
            " ORDER BY version LIMIT %b::bigint",
            (stream, after, None if limit < 0 else limit),
        )

    def read_streams(self, after: Mapping[str, int], limit: int) -> list[StoredEvent]:
        # Versions are without a gap, so a range of them is a limit. One statement and one trip.
        asked = {stream: version for stream, version in after.items() if "\0" not in stream}
        return self._build(
            StoredEvent,
            f"SELECT {_EVENT_COLUMNS} FROM unnest(%b, %b) AS asked (s, v) JOIN events"
            " ON stream=s AND version>v AND version<=v + %b::bigint ORDER BY stream, version",
            (Texts(asked), Ints(asked.values()), limit),
        )

    def read_all(self, after: int, limit: int) -> list[StoredEvent]:
        return self._build(
            StoredEvent,
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE seq>%b::bigint ORDER BY seq"
            " LIMIT %b::bigint",
            (after, limit),
        )

    def heads(self, streams: Sequence[str]) -> dict[str, int]:
        # Each by the end of its own index range, however long the stream is.
        return dict(
            self._read(
                "SELECT stream, coalesce((SELECT version FROM events WHERE events.stream="
                "asked.stream ORDER BY version DESC LIMIT 1), 0) FROM unnest(%b) AS asked (stream)",
                (Texts(streams),),
            )
        )

    def last_seq(self) -> int:
        return self.max_notification_id() or 0

    def topics(self) -> dict[str, int]:
        return dict(self._read("SELECT topic, seq FROM topics"))

    def find_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KeptAnswer]:
        rows = self._read(
            "SELECT actor, command, digest, body, is_refusal, at, squad, n, q"
            " FROM unnest(%b, %b) AS asked (a, c) JOIN answers ON actor=a AND command=c",
            _columns(keys),
        )
        return {
            (actor, command): KeptAnswer(
                digest=digest, body=body, is_refusal=is_refusal, at=at, squad=squad, n=n, q=q
            )
            for actor, command, digest, body, is_refusal, at, squad, n, q in rows
        }

    def find_claims(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
        rows = self._read(
            "SELECT kind, key, owner, at FROM unnest(%b, %b) AS asked (k, c)"
            " JOIN claims ON kind=k AND key=c",
            _columns(keys),
        )
        return {(kind, key): Claim(kind, key, owner, at) for kind, key, owner, at in rows}

    def find_claims_under_each(
        self, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Claim]]:
        # ';' is the character after ':', so the range holds exactly the keys 'prefix:…'.
        asked = list(dict.fromkeys(keys))
        rows = self._read(
            "SELECT k, p, key, owner, at FROM unnest(%b, %b) AS asked (k, p)"
            " JOIN claims ON kind=k AND key>p || ':' AND key<p || ';' ORDER BY key",
            _columns(asked),
        )
        found: dict[tuple[str, str], list[Claim]] = {key: [] for key in asked}
        for kind, prefix, key, owner, at in rows:
            found[kind, prefix].append(Claim(kind, key, owner, at))
        return found

    def find_own_claims(self, player: str) -> list[Claim]:
        return self._build(
            Claim,
            "SELECT kind, key, owner, at FROM claims"
            " WHERE owner=%b AND kind IN ('guest', 'handle') ORDER BY kind",
            (player,),
        )

    def due_timers(self, now: int, limit: int) -> list[DueTimer]:
        return self._build(
            DueTimer,
            "SELECT stream, key, due_at FROM timers WHERE due_at<=%b::bigint"
            " ORDER BY due_at, stream, key LIMIT %b::bigint",
            (now, limit),
        )

    def position(self, name: str) -> int:
        ((seq,),) = self._read("SELECT coalesce(max(seq), 0) FROM positions WHERE name=%b", (name,))
        return int(seq)

    def forget(self, *, idle_before: int, issues_before: int) -> None:
        self._write("DELETE FROM answers WHERE q IS NULL AND at<%b::bigint", (idle_before,))
        self._write("DELETE FROM claims WHERE kind='issue' AND at<%b::bigint", (issues_before,))

    def damage(self) -> list[str]:
        """Nothing that PostgreSQL would tell us: it has its own checks (pg_amcheck)."""
        return []

    def close(self) -> None:
        self._connections.close()

    # The library's recorder interface.

    def insert_events(
        self,
        stored_events: Sequence[LibraryEvent],
        **kwargs: object,
    ) -> Sequence[int]:
        return self.append(Batch(events=[from_library(event) for event in stored_events]))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LibraryEvent]:
        order: LiteralString = "DESC" if desc else "ASC"
        rows = self._read(
            "SELECT version, topic, state FROM events"
            " WHERE stream=%b AND version>%b::bigint AND version<=%b::bigint"
            f" ORDER BY version {order} LIMIT %b::bigint",
            (str(originator_id), -1 if gt is None else gt, MOST if lte is None else lte, limit),
        )
        return [LibraryEvent(originator_id, *row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        only: LiteralString = " AND topic = ANY(%b)" if topics else ""
        return self._build(
            Notification,
            "SELECT stream, version, topic, state, seq FROM events"
            f" WHERE seq>%b::bigint AND seq<=%b::bigint{only} ORDER BY seq LIMIT %b::bigint",
            (after, MOST if stop is None else stop, *([Texts(topics)] if topics else []), limit),
        )

    def max_notification_id(self) -> int | None:
        ((last,),) = self._read("SELECT max(seq) FROM events")
        return cast(int | None, last)

    def subscribe(
        self,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> Subscription[ApplicationRecorder]:
        """NOTIFY makes every commit of a server wait for one lock: ``server.runner`` follows."""
        raise NotImplementedError(f"This log tells nobody of what was written ({gt=}, {topics=}).")

    # The database.

    def _read(self, sql: LiteralString, parameters: Sequence[object] = ()) -> list[Any]:
        if any(isinstance(one, str) and "\0" in one for one in parameters):
            return []  # PostgreSQL's text cannot hold it, so there is none
        with self._failures():
            return self._connections.read(sql, parameters)

    def _build(
        self, what: Callable[..., T], sql: LiteralString, parameters: Sequence[object]
    ) -> list[T]:
        return list(starmap(what, self._read(sql, parameters)))

    def _write(self, sql: LiteralString, parameters: Sequence[object]) -> list[Any]:
        """A statement is a transaction. Never sent twice: nobody knows what became of the first."""
        with self._failures(), self._connections.lent() as connection:
            cursor = connection.execute(sql, parameters, prepare=True, binary=True)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """PostgreSQL's errors as the log's own; damage is remembered."""
        try:
            yield
        except (psycopg.IntegrityError, psycopg.errors.DeadlockDetected) as error:
            raise LogConflict(str(error)) from error
        except psycopg.Error as error:
            reason = f"The event log cannot be used: {error}."
            if isinstance(error, DAMAGE):
                self._failure = reason
            raise LogUnavailable(reason) from error


def _columns(keys: Sequence[tuple[str, str]]) -> tuple[Texts, Texts]:
    """Keys as two columns, without those that PostgreSQL's text cannot hold: they are not there."""
    able = [key for key in keys if "\0" not in key[0] and "\0" not in key[1]]
    return Texts(first for first, _ in able), Texts(second for _, second in able)


def _prepare(connection: psycopg.Connection) -> str:
    """Make the schema, or bring it up, and return the log's id. Of many nodes one does it."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('gutsy schema'))")
        if connection.execute("SELECT to_regclass('about')").fetchone() == (None,):
            connection.execute(SCHEMA.read_bytes())
            connection.execute(
                "INSERT INTO about VALUES ('schema', %s), ('log_id', %s)",
                (str(SCHEMA_VERSION), draw_bytes(8).hex()),
            )
        known: dict[str, str] = dict(connection.execute("SELECT name, value FROM about").fetchall())
        found = int(known["schema"])
        if found > SCHEMA_VERSION:
            raise LogTooNew("The database was written by a newer Gutsy. Update, then start again.")
        if found < SCHEMA_VERSION:
            logger.info("bringing the log from schema %d to %d", found, SCHEMA_VERSION)
            postgres_migrations.bring_up(connection, found, SCHEMA_VERSION)
    if "closed" in known:
        raise LogClosed(known["closed"])
    return known["log_id"]
