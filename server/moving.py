"""Moving a log between databases, by a file; and the keys, which are in no such file.

``cli`` calls it. A log's id is open in one place at most: what is moved is closed where it was,
what is opened again there or imported from a copy has an id of its own (ADR 20).
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from server import upkeep
from server.app import key_path, log_path, open_key_table, open_log
from server.clock import draw_bytes
from server.eventlog.export_check import Checked, check, hash_of_row
from server.eventlog.export_file import HEADER, TRAILER, Header, Trailer, Writer, chunks, frames
from server.eventlog.key_tables import KeyRow, KeysError, KeyTable
from server.eventlog.keys import Keys
from server.eventlog.log import FILLING, MOVED, LogClosed, LogInUse, LogUnavailable
from server.eventlog.postgres_raw import PostgresRawLog
from server.eventlog.raw import EVENTS, LINKS, TABLES, RawLog, Row, decoder
from server.eventlog.sqlite_raw import SQLiteRawLog
from server.secret import Purpose, has_secret, load_secret
from server.settings import Settings, is_postgres
from server.verification import Progress

FILE, FRAMES = "filling", "filled"
"""Notes in a log that is being filled: the file's digest, and how many of its frames are in."""
KEYS_AT_ONCE = 1_000


class Moved(Struct, frozen=True, kw_only=True):
    """How many events a log or its file has, and the hash of the last one."""

    events: int
    hash: str


def export(settings: Settings, target: Path, progress: Progress, *, is_copy: bool = False) -> Moved:
    """Write the log to a file. Begun before, it goes on where it was.

    It is closed from then on, and is the file's; a copy leaves it open, and may be made while
    players play.
    """
    if target.exists():
        raise LogUnavailable(f"{target} is there already.")
    upkeep.refuse_no_log(settings)
    _bring_up(settings, is_shared=is_copy)
    with _raw(settings, is_shared=is_copy) as log:
        about = log.about()
        if about.get("closed") == FILLING:
            raise LogClosed(FILLING)
        if not log.counts()[EVENTS.name]:
            raise LogUnavailable("There is no event in this log.")
        header = Header(log_id=about["log_id"], is_copy=is_copy)
        with Writer(target, header) as writer:
            if not is_copy:
                log.shut(MOVED, {})
            with log.snapshot():
                trailer = _written(log, writer, progress)
            writer.finish(trailer)
    return Moved(events=trailer.counts[EVENTS.name], hash=trailer.hash.hex())


def import_log(settings: Settings, source: Path, progress: Progress) -> Moved:
    """Fill an empty place with the log in a file. Begun before, it goes on where it was.

    The file is read twice, and nothing is written before it was found to be whole. Read models are
    made anew at the next start.
    """
    checked = check(source, lambda at, of: progress(at, 2 * of))
    settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _bring_up(settings)
    with _raw(settings) as log:
        filled = _begin(log, checked)
        upkeep.forget_rows(settings)
        _fill(log, source, filled, progress)
        if log.counts() != checked.trailer.counts:
            raise LogUnavailable("Somebody else has written to this log. Empty it, and begin anew.")
        header = checked.header
        log.open_up(draw_bytes(8).hex() if header.is_copy else header.log_id)
    trailer = checked.trailer
    return Moved(events=trailer.counts[EVENTS.name], hash=trailer.hash.hex())


def reopen(settings: Settings) -> None:
    """Open a log again that was moved, under a new id: the old one is that of the file."""
    upkeep.refuse_no_log(settings)
    _bring_up(settings)
    with _raw(settings) as log:
        closed = log.about().get("closed")
        if closed == FILLING:
            raise LogClosed(FILLING)
        if closed is None:
            raise LogUnavailable("This log is open.")
        log.open_up(draw_bytes(8).hex())


def copy_keys(settings: Settings, source: str, progress: Progress) -> int:
    """Copy keys from another table to the one in use, and return of how many people.

    Whoever was erased in either is erased here. Twice is as once.

    Raises:
        KeysError: they do not open with the secret, or somebody has another key there.
    """
    if not has_secret(settings.secret, settings.data_path):
        raise KeysError("The secret is missing: these keys would open nothing here.")
    secret = load_secret(settings.secret, settings.data_path).key(Purpose.KEYS)
    with ExitStack() as stack:
        there = stack.enter_context(_key_table(settings, source))
        here = stack.enter_context(_key_table(settings, settings.keys_url, may_be_new=True))
        wrapping, count = Keys(there, secret), 0
        for page in _pages(there):
            for row in page:
                if row.wrapped is not None:
                    wrapping.check(row.subject, row.wrapped)
            here.take_in(page)
            for row in page:
                _agree(row, here)
            count += len(page)
            progress(count, count)
    return count


def has_keys(settings: Settings) -> bool:
    """Whether there is any key where they should be; without, all words look erased."""
    with suppress(KeysError), _key_table(settings, settings.keys_url) as table:
        return bool(table.rows("", 1))
    return False


def _written(log: RawLog, writer: Writer, progress: Progress) -> Trailer:
    """Write what is not in the file yet, and return what the whole amounts to."""
    counts = log.counts()
    if writer.is_copy:
        counts[LINKS.name] = 0  # a code lets somebody in once, and by the log that it is of
    done, goal = writer.events, sum(counts.values())
    for table in TABLES:
        if counts[table.name]:
            after = writer.events if table is EVENTS else None
            for chunk in chunks(log.rows(table, after)):
                if table is EVENTS:
                    _chain(writer, chunk)
                writer.write(table.name, chunk)
                done += len(chunk)
                progress(done, goal)
    if writer.events != counts[EVENTS.name]:
        raise LogUnavailable("An event is missing. `gutsy verify` says which.")
    return Trailer(counts=counts, hash=writer.hash)


def _chain(writer: Writer, events: list[Row]) -> None:
    """Follow the chain of hashes: what does not fit is not carried elsewhere."""
    for row in events:
        if row[-1] != hash_of_row(writer.hash, row):
            raise LogUnavailable(f"seq {row[0]} does not fit its hash. `gutsy verify` says more.")
        writer.hash = row[-1]
    writer.events += len(events)


def _begin(log: RawLog, checked: Checked) -> int:
    """Close a log that is empty, or go on with this file; returns how many frames are in."""
    about, digest = log.about(), checked.digest.hex()
    if about.get("closed") == FILLING:
        if about[FILE] != digest:
            raise LogUnavailable(
                "An import of another file has begun here. Bring that one to its end, or begin in"
                " an empty place."
            )
        return int(about[FRAMES])
    counts = log.counts()
    if any(counts.values()):
        which = "This very log" if about["log_id"] == checked.header.log_id else "A log"
        events = counts[EVENTS.name]
        raise LogUnavailable(f"{which} is here already, with {events:,} events.")
    log.shut(FILLING, {FILE: digest, FRAMES: "0"})
    return 0


def _fill(log: RawLog, source: Path, filled: int, progress: Progress) -> None:
    decoders = {table.name: (table, decoder(table)) for table in TABLES}
    size = source.stat().st_size
    with source.open("rb") as file:
        for number, frame in enumerate(frames(file, source)):
            if frame.name not in (HEADER, TRAILER) and number > filled:
                table, reading = decoders[frame.name]
                log.fill(table, reading.decode(frame.body), (FRAMES, str(number)))
            progress(size + frame.ends_at, 2 * size)


def _agree(row: KeyRow, here: KeyTable) -> None:
    """See to it that whoever is erased there is so here, and that nobody has two keys."""
    wrapped, _ = here.find(row.subject)
    if wrapped is not None and row.destroyed_at is not None:
        here.destroy(row.subject, row.destroyed_at)
    elif wrapped is not None and wrapped != row.wrapped:
        raise KeysError(f"{row.subject} has another key here.")


def _pages(table: KeyTable) -> Iterator[list[KeyRow]]:
    after = ""
    while page := table.rows(after, KEYS_AT_ONCE):
        yield page
        after = page[-1].subject


@contextmanager
def _key_table(
    settings: Settings, url: str | None, *, may_be_new: bool = False
) -> Iterator[KeyTable]:
    path = key_path(settings, url)
    if not (is_postgres(url) or may_be_new or path.exists()):
        raise KeysError(f"There are no keys at {path}.")
    with closing(open_key_table(settings, url)) as table:
        yield table


def _bring_up(settings: Settings, *, is_shared: bool = False) -> None:
    """Have the log at this schema, closed or not."""
    with suppress(LogClosed, *([LogInUse] if is_shared else [])):
        open_log(settings).close()


@contextmanager
def _raw(settings: Settings, *, is_shared: bool = False) -> Iterator[RawLog]:
    url = settings.database_url
    with closing(
        PostgresRawLog(url, is_shared=is_shared)
        if is_postgres(url)
        else SQLiteRawLog(log_path(settings), is_shared=is_shared)
    ) as log:
        yield log
