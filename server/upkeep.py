"""Upkeep: what an operator does to a log and its read models besides serving them.

``cli`` calls it. Verifying and rebuilding need the folder for themselves (the log's lock says so);
a backup is taken while players play.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from projections.registry import PROJECTIONS
from projections.stores.store import Store, StoreError
from server.app import (
    POLL_S,
    keys_path,
    log_path,
    open_keys,
    open_log,
    open_store,
    open_views,
    views_path,
)
from server.clock import draw_bytes
from server.eventlog.keys import Keys, KeysError
from server.eventlog.log import FILLING, Log, LogClosed, LogError, LogTooNew, LogUnavailable
from server.eventlog.sqlite import SCHEMA_VERSION, sole_use
from server.runner import Runner
from server.secret import has_secret
from server.settings import Settings, is_postgres
from server.verification import Progress, differences, elsewhere, problems_of_log, unfit

PAGES_AT_ONCE = 1_000
"""Pages that a backup copies before it lets the writer in again."""


class Report(Struct, frozen=True, kw_only=True):
    """What was looked at, and what was wrong: one line each, empty when all is well.

    ``hash`` is that of the last event: two logs that agree in it agree in everything before.
    """

    events: int
    rows: int
    hash: str
    problems: list[str]


def verify(settings: Settings, progress: Progress) -> Report:
    """Check that the log is whole and readable, and that every row is what the log amounts to."""
    with ExitStack() as stack:
        log = stack.enter_context(_log(settings))
        keys, problems = _keys(settings)
        if keys is not None:
            stack.callback(keys.close)
        problems += problems_of_log(log, keys, progress)
        rows = 0
        try:
            fresh = stack.enter_context(_scratch(views_path(settings).with_suffix(".check")))
            _fold_all(log, fresh, progress)
            rows = _count(fresh)
            astray, different = _compared(settings, log, fresh)
            problems += astray + different
        except LogError as error:
            problems.append(str(error))
        return _report(log, rows, problems)


def rebuild(settings: Settings, progress: Progress) -> Report:
    """Make every read model anew from the log, compare it with the old one, and put it in place."""
    with _log(settings) as log:
        if is_postgres(settings.database_url):
            return _folded_anew(settings, log, progress)
        new_path = views_path(settings).with_suffix(".new")
        with _scratch(new_path) as store:
            _fold_all(log, store, progress)
            rows = _count(store)
            # One that is not at the end is no worse for it: rebuilding is what it needs.
            _, different = _compared(settings, log, store)
            store.close()
            _flush(new_path)
            _remove(views_path(settings))
            new_path.rename(views_path(settings))
        return _report(log, rows, different)


def backup(settings: Settings, target: Path, progress: Progress) -> int:
    """Copy the log to a new file while it is in use, and return how many events it holds.

    The keys are not among it: a backup alone shows nobody's words (rules §10).
    """
    _refuse_postgres(settings)
    if target.exists():
        raise LogUnavailable(f"{target} is there already.")
    return _copied(log_path(settings), target, progress)


def restore(settings: Settings, source: Path, progress: Progress) -> int:
    """Put a backup in place of the log, under a new log id, and return how many events it holds.

    The new id tells every client to drop what it has; read models are made anew at the next start.
    What was there before is kept beside it, as ``gutsy.before-restore``; who signed out by it stays
    signed out, and link codes are over.
    """
    _refuse_postgres(settings)
    target = log_path(settings)
    settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sole_use(target):
        new = target.with_suffix(".restoring")
        _remove(new)
        events = _copied(source, new, progress)
        if target.exists():
            _carry_endings(target, new)
        with closing(sqlite3.connect(new)) as copy, copy:
            copy.execute("UPDATE about SET value=? WHERE name='log_id'", (draw_bytes(8).hex(),))
            # Of a log that was moved; under another id it is nobody's twin.
            copy.execute("DELETE FROM about WHERE name='closed'")
            # A backup from before schema 3 has none.
            if copy.execute("SELECT 1 FROM sqlite_master WHERE name='links'").fetchone():
                copy.execute("DELETE FROM links")
        if target.exists():
            _keep(target, target.with_suffix(".before-restore"))
        _remove(views_path(settings))
        # There is a log at every instant: the old one until this, the restored one from here on.
        new.replace(target)
    return events


def forget_rows(settings: Settings) -> None:
    """Take the read models away: they are of another log. The next start makes them anew."""
    if not is_postgres(settings.database_url):
        _remove(views_path(settings))
        return
    with _stored(settings) as store:
        for projection in PROJECTIONS:
            store.clear(projection)


def refuse_no_log(settings: Settings) -> None:
    """Raise what says so where there is no log: it must not be made by looking for it."""
    if not (is_postgres(settings.database_url) or log_path(settings).exists()):
        raise LogUnavailable(f"There is no log at {log_path(settings)}.")


def _refuse_postgres(settings: Settings) -> None:
    if is_postgres(settings.database_url):
        raise LogUnavailable(
            "The log is in PostgreSQL, which has tools of its own for this (docs/running.md)."
        )


def _folded_anew(settings: Settings, log: Log, progress: Progress) -> Report:
    """Compare the rows in PostgreSQL with fresh ones, and make them anew in their place."""
    with _scratch(views_path(settings).with_suffix(".check")) as fresh:
        _fold_all(log, fresh, progress)
        _, different = _compared(settings, log, fresh)
        rows = _count(fresh)
    with _stored(settings) as store:
        for projection in PROJECTIONS:
            store.clear(projection)
        _fold_all(log, store, progress)
    return _report(log, rows, different)


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


def _carry_endings(replaced: Path, restored: Path) -> None:
    """Keep ended what was ended after the backup: a lost phone stays shut out.

    As far as the replaced file can be read: it may be damaged, which is why a backup is put back.
    """
    file = sqlite3.connect(restored, isolation_level=None)
    with closing(file), suppress(sqlite3.DatabaseError):
        file.execute("ATTACH ? AS replaced", (str(replaced),))
        file.execute(
            "INSERT INTO main.endings SELECT * FROM replaced.endings WHERE true"
            " ON CONFLICT (player, sign_in)"
            " DO UPDATE SET at=max(at, excluded.at), until=max(until, excluded.until)"
        )


def _keep(log: Path, kept: Path) -> None:
    """Give a log that nobody has open a second name, whole: what SQLite kept beside it is in it.

    As it is, where it is damaged; then what is beside it goes along: it must not be taken for a
    part of the log that comes in its place.
    """
    with closing(sqlite3.connect(log)) as file, suppress(sqlite3.DatabaseError):
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _remove(kept)
    kept.hardlink_to(log)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            log.with_name(log.name + suffix).rename(kept.with_name(kept.name + suffix))


def _readable(path: Path) -> sqlite3.Connection:
    """A log's file, if it is one that this Gutsy can read."""
    if not path.exists():
        raise LogUnavailable(f"There is no log at {path}.")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
    except sqlite3.Error as error:
        connection.close()
        raise LogUnavailable(f"{path} is not a log: {error}.") from error
    if int(about["schema"]) > SCHEMA_VERSION:
        connection.close()
        raise LogTooNew(f"{path} was written by a newer Gutsy.")
    if about.get("closed") == FILLING:
        connection.close()
        raise LogClosed(FILLING)
    return connection


@contextmanager
def _log(settings: Settings) -> Iterator[Log]:
    refuse_no_log(settings)
    settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = open_log(settings)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def _stored(settings: Settings) -> Iterator[Store]:
    store = open_views(settings)
    try:
        for projection in PROJECTIONS:
            store.prepare(projection)
        yield store
    finally:
        store.close()


@contextmanager
def _scratch(path: Path) -> Iterator[Store]:
    """An empty store of rows, which is gone afterwards unless it was given another name."""
    _remove(path)
    store = open_store(path, is_draft=True)
    try:
        yield store
    finally:
        store.close()
        _remove(path)


def _keys(settings: Settings) -> tuple[Keys | None, list[str]]:
    """The keys of personal text, None without any; and what is wrong with them."""
    if not (is_postgres(settings.keys_url) or keys_path(settings).exists()):
        return None, []
    if not has_secret(settings.secret, settings.data_path):
        return None, ["the secret is missing, so the keys open nothing"]
    try:
        return open_keys(settings), []
    except KeysError as error:
        return None, [str(error)]


def _fold_all(log: Log, store: Store, progress: Progress) -> None:
    runner = Runner(log, store, POLL_S if log.is_shared else None)
    try:
        runner.catch_up(progress)
    finally:
        runner.close()
    if runner.stopped:
        # One event that cannot be read stops them all for the same reason.
        reasons = "; ".join(dict.fromkeys(runner.stopped.values()))
        raise LogError(f"The log cannot be folded past {reasons}")


def _compared(settings: Settings, log: Log, fresh: Store) -> tuple[list[str], list[str]]:
    """Which read models in use are not at the log's end, and what is wrong with the others."""
    try:
        with _stored(settings) as store:
            astray = elsewhere(store, log)
            return astray, unfit(store) + ([] if astray else differences(store, fresh))
    except StoreError as error:
        return [], [str(error)]


def _report(log: Log, rows: int, problems: list[str]) -> Report:
    last = log.last_seq()
    try:
        final = "".join(event.hash.hex() for event in log.read_all(last - 1, 1))
    except LogUnavailable:
        final = ""
    return Report(events=last, rows=rows, hash=final, problems=problems)


def _count(store: Store) -> int:
    return sum(store.count(table) for p in PROJECTIONS for table in p.tables)


def _flush(path: Path) -> None:
    """Have a file on the disk: it must be whole before it has the name of one that is."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    """Take a database away with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
