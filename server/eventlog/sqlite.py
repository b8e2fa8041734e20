"""The log in one SQLite file: WAL, ``synchronous=FULL``, one writer at a time.

Our own SQL on the library's recorder interface, for what the library's schema lacks: an explicit
``seq`` (a rowid is renumbered by dump and restore), a chain of hashes, actor and causes, answers,
claims, timers, and the positions of whoever follows. ``sqlite_sign_ins`` has two tables more.
"""

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription
from eventsourcing.persistence import StoredEvent as LibraryEvent
from msgspec.structs import astuple

from projections.stores.connections import Readers
from server.clock import draw_bytes
from server.eventlog import migrations
from server.eventlog.log import (
    NO_HASH,
    Batch,
    Claim,
    DueTimer,
    KeptAnswer,
    Log,
    LogClosed,
    LogConflict,
    LogInUse,
    LogTooNew,
    LogUnavailable,
    StoredEvent,
    from_library,
    hash_of,
)
from server.eventlog.sqlite_sign_ins import SQLiteSignIns

T = TypeVar("T")

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 3
"""Raised with a step in ``migrations``, which brings older files up to it."""
SCHEMA = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    actor TEXT,
    command TEXT,
    correlation TEXT,
    causation TEXT,
    hash BLOB NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE topics (topic TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE answers (
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    is_refusal INTEGER NOT NULL,
    at INTEGER NOT NULL,
    squad TEXT,
    n INTEGER,
    q INTEGER,
    PRIMARY KEY (actor, command)
) WITHOUT ROWID;
CREATE TABLE claims (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX claims_by_owner ON claims (owner) WHERE kind IN ('guest', 'handle');
CREATE TABLE timers (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
CREATE INDEX timers_by_due_at ON timers (due_at);
CREATE TABLE positions (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
    player TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    sign_in TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE endings (
    player TEXT NOT NULL,
    sign_in TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (player, sign_in)
) WITHOUT ROWID;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
SHOWN_DAMAGE = 20
"""Lines of SQLite's own check: more say nothing new."""
_EVENT_COLUMNS = "seq, stream, version, topic, state, command, actor, hash"
_EACH = "json_each(?) AS asked"
"""Keys as rows: one statement finds all, where each of its own would cost three times as much and
wait for the other threads twice."""
_encode = msgspec.json.Encoder().encode


class SQLiteLog(Log):
    """The log of a single process. A lock on the file keeps a second process out.

    Raises:
        LogClosed: it was moved, or is not whole yet.
        LogInUse: another process has the file open as its log.
        LogTooNew: a newer Gutsy wrote it.
        LogUnavailable: it cannot be opened, is not a log, or cannot be brought up to this schema.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failure: str | None = None
        self._write_lock = threading.Lock()
        self._readers = Readers(self._connect)
        self._sign_ins = SQLiteSignIns(self._writing, self._read)
        with ExitStack() as undo:
            self._lock_file = _lock(path)
            undo.callback(os.close, self._lock_file)
            undo.callback(self._readers.close)
            with self._failures():
                self._writer = self._connect()
                undo.callback(self._writer.close)
                self._writer.execute("PRAGMA journal_mode=WAL")
                self._writer.execute("PRAGMA synchronous=FULL")
                self._prepare()
                self._log_id = self._about("log_id")
                self._topics = self.topics()
            undo.pop_all()

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def sign_ins(self) -> SQLiteSignIns:
        return self._sign_ins

    @property
    def failure(self) -> str | None:
        return self._failure

    def append(self, batch: Batch) -> list[int]:
        with self._write_lock, self._failures():
            with self._transaction() as connection:
                before = connection.total_changes
                seqs = _append_events(connection, batch)
                new_topics = self._append_topics(connection, batch, seqs)
                _keep_answers(connection, batch, seqs)
                _change_claims(connection, batch)
                _change_timers(connection, batch)
                _move_positions(connection, batch)
                if connection.total_changes == before:
                    _try_to_write(connection)
            self._topics |= new_topics
        return seqs

    def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        return self._build(
            StoredEvent,
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE stream=? AND version>?"
            " ORDER BY version LIMIT ?",
            (stream, after, limit),
        )

    def read_all(self, after: int, limit: int) -> list[StoredEvent]:
        return self._build(
            StoredEvent,
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE seq>? ORDER BY seq LIMIT ?",
            (after, limit),
        )

    def heads(self, streams: Sequence[str]) -> dict[str, int]:
        found = {}
        for stream in streams:
            ((head,),) = self._read(
                "SELECT coalesce(max(version), 0) FROM events WHERE stream=?", (stream,)
            )
            found[stream] = head
        return found

    def last_seq(self) -> int:
        return self.max_notification_id() or 0

    def topics(self) -> dict[str, int]:
        return dict(self._read("SELECT topic, seq FROM topics", ()))

    def find_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KeptAnswer]:
        rows = self._read(
            "SELECT actor, command, digest, body, is_refusal, at, squad, n, q"
            f" FROM {_EACH} CROSS JOIN answers"
            " ON actor=asked.value->>0 AND command=asked.value->>1",
            (_json(keys),),
        )
        return {
            (actor, command): KeptAnswer(
                digest=digest,
                body=body,
                is_refusal=bool(is_refusal),
                at=at,
                squad=squad,
                n=n,
                q=q,
            )
            for actor, command, digest, body, is_refusal, at, squad, n, q in rows
        }

    def find_claims(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
        rows = self._read(
            f"SELECT kind, claims.key, owner, at FROM {_EACH} CROSS JOIN claims"
            " ON kind=asked.value->>0 AND claims.key=asked.value->>1",
            (_json(keys),),
        )
        return {(kind, key): Claim(kind, key, owner, at) for kind, key, owner, at in rows}

    def find_claims_under_each(
        self, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Claim]]:
        # ';' is the character after ':', so the range holds exactly the keys 'prefix:…'.
        ranges = [(kind, f"{prefix}:", f"{prefix};") for kind, prefix in keys]
        rows = self._read(
            f"SELECT asked.key, kind, claims.key, owner, at FROM {_EACH} CROSS JOIN claims"
            " ON kind=asked.value->>0 AND claims.key>asked.value->>1 AND claims.key<asked.value->>2"
            " ORDER BY claims.key",
            (_json(ranges),),
        )
        found: list[list[Claim]] = [[] for _ in keys]
        for place, kind, key, owner, at in rows:
            found[place].append(Claim(kind, key, owner, at))
        return dict(zip(keys, found, strict=True))

    def find_own_claims(self, player: str) -> list[Claim]:
        rows = self._read(
            "SELECT kind, key, owner, at FROM claims"
            " WHERE owner=? AND kind IN ('guest', 'handle') ORDER BY kind",
            (player,),
        )
        return [Claim(*row) for row in rows]

    def due_timers(self, now: int, limit: int) -> list[DueTimer]:
        rows = self._read(
            "SELECT stream, key, due_at FROM timers WHERE due_at<=?"
            " ORDER BY due_at, stream, key LIMIT ?",
            (now, limit),
        )
        return [DueTimer(*row) for row in rows]

    def position(self, name: str) -> int:
        ((seq,),) = self._read("SELECT coalesce(max(seq), 0) FROM positions WHERE name=?", (name,))
        return int(seq)

    def forget(self, *, idle_before: int, issues_before: int) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM answers WHERE q IS NULL AND at<?", (idle_before,))
            connection.execute("DELETE FROM claims WHERE kind='issue' AND at<?", (issues_before,))

    def damage(self) -> list[str]:
        try:
            found = self._read(f"PRAGMA integrity_check({SHOWN_DAMAGE})", ())
        except LogUnavailable as error:
            return [str(error)]
        return [] if found == [("ok",)] else [f"the file: {line}" for (line,) in found]

    def close(self) -> None:
        self._readers.close()
        with self._write_lock:
            self._writer.close()
        os.close(self._lock_file)

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
        order = "DESC" if desc else "ASC"
        rows = self._read(
            "SELECT version, topic, state FROM events"
            " WHERE stream=? AND version>? AND version<=?"
            f" ORDER BY version {order} LIMIT ?",
            (
                str(originator_id),
                -1 if gt is None else gt,
                (1 << 62) if lte is None else lte,
                -1 if limit is None else limit,
            ),
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
        marks = ",".join("?" * len(topics))
        rows = self._read(
            "SELECT stream, version, topic, state, seq FROM events WHERE seq>? AND seq<=?"
            f"{f' AND topic IN ({marks})' if topics else ''} ORDER BY seq LIMIT ?",
            (after, (1 << 62) if stop is None else stop, *topics, limit),
        )
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        ((last,),) = self._read("SELECT max(seq) FROM events", ())
        return None if last is None else int(last)

    def subscribe(
        self,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> Subscription[ApplicationRecorder]:
        """As the library's own SQLite recorder: SQLite tells nobody; ``server.runner`` follows."""
        raise NotImplementedError(f"SQLite has no subscriptions ({gt=}, {topics=}).")

    # The file.

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        connection.execute("PRAGMA busy_timeout=5000")
        return connection

    def _read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        with self._failures():
            return self._readers.read(sql, parameters)

    def _build(self, what: Callable[..., T], sql: str, parameters: Sequence[object]) -> list[T]:
        with self._failures():
            return self._readers.build(what, sql, parameters)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """SQLite's errors as the log's own; damage is remembered."""
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise LogConflict(str(error)) from error
        except sqlite3.Error as error:
            reason = f"The event log cannot be used: {error}."
            # The low byte is the kind of error, the rest says more about it.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in DAMAGE:
                self._failure = reason
            raise LogUnavailable(reason) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A durable transaction, alone."""
        with self._write_lock, self._failures(), self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        tables = self._writer.execute("SELECT name FROM sqlite_master").fetchall()
        if not tables:
            with self._transaction() as connection:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.executemany(
                    "INSERT INTO about VALUES (?,?)",
                    [("schema", str(SCHEMA_VERSION)), ("log_id", draw_bytes(8).hex())],
                )
        found = int(self._about("schema"))
        if found > SCHEMA_VERSION:
            raise LogTooNew(f"{self._path} was written by a newer Gutsy. Update, then start again.")
        if found < SCHEMA_VERSION:
            logger.info("bringing the log from schema %d to %d", found, SCHEMA_VERSION)
            with self._transaction() as connection:
                migrations.bring_up(connection, found, SCHEMA_VERSION)
        if closed := self._writer.execute("SELECT value FROM about WHERE name='closed'").fetchone():
            raise LogClosed(closed[0])

    def _append_topics(
        self, connection: sqlite3.Connection, batch: Batch, seqs: Sequence[int]
    ) -> dict[str, int]:
        """Note the topics that no event had before, and return them."""
        new: dict[str, int] = {}
        for seq, event in zip(seqs, batch.events, strict=True):
            if event.topic not in self._topics:
                new.setdefault(event.topic, seq)
        connection.executemany("INSERT OR IGNORE INTO topics VALUES (?,?)", new.items())
        return new

    def _about(self, name: str) -> str:
        row = self._writer.execute("SELECT value FROM about WHERE name=?", (name,)).fetchone()
        return str(row[0])


def _json(keys: Sequence[tuple[str, ...]]) -> str:
    """Keys for ``_EACH``; as text, for SQLite takes bytes for JSON of another kind."""
    return _encode(keys).decode()


def _append_events(connection: sqlite3.Connection, batch: Batch) -> list[int]:
    """Write the events after the last one, each under the hash of the one before."""
    # Read in the transaction, as the next seq is: nothing kept could be wrong after a failure.
    last, previous = connection.execute(
        "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
    ).fetchone() or (0, NO_HASH)
    rows: list[tuple[object, ...]] = []
    for seq, event in enumerate(batch.events, last + 1):
        previous = hash_of(previous, seq, event)
        rows.append(
            (
                seq,
                event.stream,
                event.version,
                event.topic,
                event.state,
                event.actor,
                event.command,
                event.correlation,
                event.causation,
                previous,
            )
        )
    connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
    return list(range(last + 1, last + 1 + len(rows)))


def _try_to_write(connection: sqlite3.Connection) -> None:
    """Have the commit write a page, and change nothing: what writes none fits on a full disk."""
    connection.execute("INSERT INTO positions VALUES ('', 0)")
    connection.execute("DELETE FROM positions WHERE name=''")


def _keep_answers(connection: sqlite3.Connection, batch: Batch, seqs: Sequence[int]) -> None:
    connection.executemany(
        "INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?)",
        [
            (
                a.actor,
                a.command,
                a.digest,
                a.body,
                a.is_refusal,
                a.at,
                a.squad,
                a.n,
                None if a.last is None else seqs[a.last],
            )
            for a in batch.answers
        ],
    )


def _change_claims(connection: sqlite3.Connection, batch: Batch) -> None:
    # In their order: the same claim may be given back and taken again.
    for kind, changes in groupby(batch.claims, type):
        if kind is Claim:
            connection.executemany("INSERT INTO claims VALUES (?,?,?,?)", map(astuple, changes))
        else:
            connection.executemany(
                "DELETE FROM claims WHERE kind=? AND key=?", map(astuple, changes)
            )


def _change_timers(connection: sqlite3.Connection, batch: Batch) -> None:
    for is_set, timers in groupby(batch.timers, lambda timer: timer.due_at is not None):
        if is_set:
            connection.executemany(
                "INSERT OR REPLACE INTO timers VALUES (?,?,?)", map(astuple, timers)
            )
        else:
            connection.executemany(
                "DELETE FROM timers WHERE stream=? AND key=?", [(t.stream, t.key) for t in timers]
            )


def _move_positions(connection: sqlite3.Connection, batch: Batch) -> None:
    connection.executemany(
        "INSERT INTO positions VALUES (?,?)"
        " ON CONFLICT (name) DO UPDATE SET seq=max(seq, excluded.seq)",
        [(position.name, position.seq) for position in batch.positions],
    )


@contextmanager
def sole_use(path: Path) -> Iterator[None]:
    """Keep every server and every other tool away from a log's file.

    Raises:
        LogInUse: somebody has it.
    """
    descriptor = _lock(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int:
    try:
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LogUnavailable(f"The event log cannot be used: {error}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogInUse(f"Another process serves from {path}. Stop it first.") from None
    return descriptor
