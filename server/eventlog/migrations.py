"""From the schema of an older Gutsy to this one's: a step for each version, in one transaction.

``sqlite`` calls it when it opens an older file. A step keeps its own SQL: it must do for ever what
it did when it was written, whatever later schemas look like.
"""

import sqlite3
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from server.eventlog.log import NO_HASH, LogUnavailable, StoredEvent, hash_of

_EVENTS_2 = """
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
)
"""


class _Fields(Struct):
    """What step 1 reads of an event of schema 1: whatever of these it has."""

    at: int
    week: str = ""
    player: str = ""
    dare: str = ""
    issuer: str = ""
    target: str = ""


class _Seen(Struct):
    """What step 1 learns on its way through the log: the rows that schema 2 has beside events."""

    weeks: dict[tuple[str, str], None] = {}
    known: dict[tuple[str, str], int] = {}
    open_dares: dict[str, tuple[str, str, int]] = {}


def bring_up(connection: sqlite3.Connection, found: int, wanted: int) -> None:
    """Change the file from schema ``found`` to ``wanted``. The caller's transaction makes it one.

    Raises:
        LogUnavailable: something in the file cannot be read; the caller rolls back.
    """
    for version in range(found, wanted):
        STEPS[version](connection)
    connection.execute("UPDATE about SET value=? WHERE name='schema'", (str(wanted),))


def _from_1(connection: sqlite3.Connection) -> None:
    """Every event under a hash; room for topics and positions; a player's claims by their owner;
    claims of who is known where and what waits for whom; a timer for every week played.

    The log of schema 1 holds reports whose weeks nobody would close. Their timers are due at once,
    and whoever is rung puts them right. Who dared whom within the last day is not brought along:
    the limit of a day counts it within each squad all the same.
    """
    connection.execute("ALTER TABLE events RENAME TO events_1")
    connection.execute(_EVENTS_2)
    seen = _Seen()
    connection.executemany(
        "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?)", _hashed(connection, seen)
    )
    connection.execute("DROP TABLE events_1")
    connection.execute(
        "CREATE TABLE topics (topic TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute("INSERT INTO topics SELECT topic, min(seq) FROM events GROUP BY topic")
    connection.execute(
        "CREATE TABLE positions (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE INDEX claims_by_owner ON claims (owner) WHERE kind IN ('guest', 'handle')"
    )
    connection.executemany(
        "INSERT OR IGNORE INTO timers VALUES (?,?,0)",
        [(stream, f"week:{week}") for stream, week in sorted(seen.weeks)],
    )
    connection.executemany(
        "INSERT INTO claims VALUES ('known',?,?,?)",
        [(f"{player}:{squad}", squad, at) for (player, squad), at in seen.known.items()],
    )
    connection.executemany(
        "INSERT INTO claims VALUES ('open',?,?,?)",
        [(f"{target}:{dare}", owner, at) for dare, (target, owner, at) in seen.open_dares.items()],
    )


_READ = ("member.joined@1", "dare.issued@1", "dare.reported@1")
_ENDED = ("dare.declined@1", "dare.bailed@1", "dare.expired@1", "dare.withdrawn@1")


def _hashed(connection: sqlite3.Connection, seen: _Seen) -> Iterator[tuple[object, ...]]:
    """The rows of schema 1 with their hashes, one after the other; takes notes on the way."""
    read = msgspec.msgpack.Decoder(_Fields).decode
    previous = NO_HASH
    for row in connection.execute("SELECT * FROM events_1 ORDER BY seq"):
        seq, stream, version, topic, state, actor, command, _, _ = row
        event = StoredEvent(seq, stream, version, topic, state, command, actor, NO_HASH)
        if topic in _READ or topic in _ENDED:
            try:
                _note(seen, topic, stream, read(state))
            except msgspec.MsgspecError as error:
                raise LogUnavailable(
                    f"Event {seq} cannot be read, so the log stays as it was, at schema 1."
                ) from error
        previous = hash_of(previous, seq, event)
        yield (*row, previous)


def _note(seen: _Seen, topic: str, stream: str, fields: _Fields) -> None:
    squad = stream.removeprefix("squad-")
    match topic:
        case "member.joined@1":
            seen.known[fields.player, squad] = fields.at
        case "dare.issued@1":
            owner = f"{squad}:{fields.issuer}"
            seen.open_dares[fields.dare] = (fields.target, owner, fields.at)
        case _:
            seen.open_dares.pop(fields.dare, None)
    if topic == "dare.reported@1":
        seen.weeks[stream, fields.week] = None


def _from_2(connection: sqlite3.Connection) -> None:
    """Room for codes that let one in on another device, and for sign-ins that were ended."""
    connection.execute(
        "CREATE TABLE links (player TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
        " sign_in TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE endings (player TEXT NOT NULL, sign_in TEXT NOT NULL, at INTEGER NOT NULL,"
        " until INTEGER NOT NULL, PRIMARY KEY (player, sign_in)) WITHOUT ROWID"
    )


STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1, 2: _from_2}
"""From each older schema to the one after it."""
