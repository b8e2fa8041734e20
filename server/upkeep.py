"""Upkeep: what an operator does to a log and its read models besides serving them.

``cli`` calls it. Verifying and rebuilding need the folder for themselves (the log's lock says so);
a backup is taken while players play.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from projections.registry import PROJECTIONS
from projections.stores.memory import MemoryStore
from projections.stores.store import Store
from server.app import log_path, open_log, open_store, views_path
from server.clock import draw_bytes
from server.eventlog.log import Log, LogError, LogTooNew, LogUnavailable
from server.eventlog.mapper import to_fact
from server.eventlog.sqlite import SCHEMA_VERSION, sole_use
from server.runner import Runner
from server.settings import Settings

BATCH = 5_000
PAGES_AT_ONCE = 1_000
"""Pages that a backup copies before it lets the writer in again."""

Progress = Callable[[int, int], None]


class Report(Struct, frozen=True, kw_only=True):
    """What was looked at, and what was wrong: one line each, empty when all is well."""

    events: int
    rows: int
    problems: list[str]


def verify(settings: Settings, progress: Progress) -> Report:
    """Check that the log is whole and readable, and that every row is what the log amounts to."""
    with _log(settings) as log:
        problems = _gaps(log, progress)
        with _folded(log, progress) as fresh, _stored(settings) as store:
            problems += _behind(store, log) or _differences(store, fresh)
            return Report(events=log.last_seq(), rows=_count(fresh), problems=problems)


def rebuild(settings: Settings, progress: Progress) -> Report:
    """Make every read model anew from the log, compare it with the old one, and put it in place."""
    new_path = views_path(settings).with_suffix(".new")
    _remove(new_path)
    with _log(settings) as log:
        with ExitStack() as stack:
            store = open_store(new_path)
            stack.callback(store.close)
            _fold_all(log, store, progress)
            rows = _count(store)
            with _stored(settings) as old:
                problems = [] if _behind(old, log) else _differences(old, store)
        _remove(views_path(settings))
        new_path.rename(views_path(settings))
        _remove(new_path)
        return Report(events=log.last_seq(), rows=rows, problems=problems)


def backup(settings: Settings, target: Path, progress: Progress) -> int:
    """Copy the log to a new file while it is in use, and return how many events it holds.

    The keys are not among it: a backup alone shows nobody's words (rules §10).
    """
    if target.exists():
        raise LogUnavailable(f"{target} is there already.")
    return _copied(log_path(settings), target, progress)


def restore(settings: Settings, source: Path, progress: Progress) -> int:
    """Put a backup in place of the log, under a new log id, and return how many events it holds.

    The new id tells every client to drop what it has; read models are made anew at the next start.
    What was there before is kept beside it, as ``gutsy.before-restore``.
    """
    target = log_path(settings)
    settings.data_path.mkdir(parents=True, exist_ok=True)
    with sole_use(target):
        new = target.with_suffix(".restoring")
        _remove(new)
        events = _copied(source, new, progress)
        with sqlite3.connect(new) as copy:
            copy.execute("UPDATE about SET value=? WHERE name='log_id'", (draw_bytes(8).hex(),))
        copy.close()
        if target.exists():
            _keep(target, target.with_suffix(".before-restore"))
        _remove(views_path(settings))
        # There is a log at every instant: the old one until this, the restored one from here on.
        new.replace(target)
    return events


def _copied(source: Path, target: Path, progress: Progress) -> int:
    """Copy a log's file, in use or not, and return how many events it holds."""
    original = _readable(source)
    copy = sqlite3.connect(target)
    try:
        # One snapshot throughout: without it SQLite begins again after every commit of a player.
        original.isolation_level = None
        original.execute("BEGIN")
        original.execute("SELECT 1 FROM about").fetchone()
        original.backup(
            copy,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, left, total: progress(total - left, total),
        )
        (events,) = copy.execute("SELECT count(*) FROM events").fetchone()
    finally:
        copy.close()
        original.close()
    return int(events)


def _keep(log: Path, kept: Path) -> None:
    """Give a log that nobody has open a second name, whole: what SQLite kept beside it is in it."""
    closing = sqlite3.connect(log)
    closing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    closing.close()
    _remove(kept)
    kept.hardlink_to(log)


def _readable(path: Path) -> sqlite3.Connection:
    """A log's file, if it is one that this Gutsy can read."""
    if not path.exists():
        raise LogUnavailable(f"There is no log at {path}.")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT value FROM about WHERE name='schema'").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise LogUnavailable(f"{path} is not a log: {error}.") from error
    if int(row[0]) > SCHEMA_VERSION:
        connection.close()
        raise LogTooNew(f"{path} was written by a newer Gutsy.")
    return connection


@contextmanager
def _log(settings: Settings) -> Iterator[Log]:
    if not log_path(settings).exists():
        raise LogUnavailable(f"There is no log at {log_path(settings)}.")
    log = open_log(settings)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def _stored(settings: Settings) -> Iterator[Store]:
    store = open_store(views_path(settings))
    for projection in PROJECTIONS:
        store.prepare(projection)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _folded(log: Log, progress: Progress) -> Iterator[Store]:
    store = MemoryStore()
    _fold_all(log, store, progress)
    yield store


def _fold_all(log: Log, store: Store, progress: Progress) -> None:
    runner = Runner(log, store)
    try:
        runner.catch_up(progress)
    finally:
        runner.close()
    if runner.stopped:
        raise LogError(f"A projection cannot fold this log: {runner.stopped}.")


def _gaps(log: Log, progress: Progress) -> list[str]:
    """What is missing, doubled or unreadable in the log."""
    problems: list[str] = []
    versions: dict[str, int] = {}
    after, goal = 0, log.last_seq()
    while events := log.read_all(after, BATCH):
        for event in events:
            if event.seq != after + 1:
                problems.append(f"seq {after + 1} is missing")
            if event.version != versions.get(event.stream, 0) + 1:
                problems.append(f"{event.stream} has version {event.version} out of turn")
            versions[event.stream] = event.version
            after = event.seq
            try:
                to_fact(event.topic, event.state)
            except Exception as error:
                problems.append(f"seq {event.seq} cannot be read: {type(error).__name__}")
        progress(after, goal)
    return problems


def _behind(store: Store, log: Log) -> list[str]:
    """The read models that have not come to the end of the log: there is nothing to compare."""
    end = log.last_seq()
    return [
        f"{projection.id} is at seq {position} of {end}"
        for projection in PROJECTIONS
        if (position := store.position(projection)) < end
    ]


def _differences(old: Store, new: Store) -> list[str]:
    problems: list[str] = []
    for projection in PROJECTIONS:
        for table in projection.tables:
            before = {table.key_of(row): row for row in old.select(table)}
            after = {table.key_of(row): row for row in new.select(table)}
            problems += [
                f"{table.name} {'/'.join(key)} differs"
                for key in sorted(before.keys() | after.keys())
                if before.get(key) != after.get(key)
            ]
    return problems


def _count(store: Store) -> int:
    return sum(len(store.select(table)) for p in PROJECTIONS for table in p.tables)


def _remove(path: Path) -> None:
    """Take a database away with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
