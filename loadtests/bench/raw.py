"""The limit of the log: ``sqlite3`` alone, given the very rows, on our schema and as durable.

No objects, no chain to compute, nothing asked before: ``executemany`` and a commit.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from server.eventlog.log import NO_HASH, Batch, Claim, hash_of
from server.eventlog.sqlite import SCHEMA

Row = tuple[object, ...]


class Rows(Struct, frozen=True, kw_only=True):
    """A batch as its tables have it."""

    events: Sequence[Row]
    answers: Sequence[Row]
    claims: Sequence[Row]
    timers: Sequence[Row]


class RawLog:
    """A file with our schema and nothing in it."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.executescript(SCHEMA)

    def append(self, rows: Rows) -> None:
        """Write a batch in one transaction, durably."""
        file = self._file
        file.execute("BEGIN IMMEDIATE")
        file.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?)", rows.events)
        file.executemany("INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?)", rows.answers)
        file.executemany("INSERT INTO claims VALUES (?,?,?,?)", rows.claims)
        file.executemany("INSERT OR REPLACE INTO timers VALUES (?,?,?)", rows.timers)
        file.execute("COMMIT")

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = ("events", "answers", "claims", "timers")
        found = {t: self._file.execute(f"SELECT count(*) FROM {t}").fetchone() for t in tables}
        return {table: int(number) for table, (number,) in found.items()}

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def rows_of(batches: Iterable[Batch]) -> Iterator[Rows]:
    """What the log writes for batches that only ever take claims and set timers."""
    seq, previous = 0, NO_HASH
    for batch in batches:
        first, events = seq + 1, []
        for seq, e in enumerate(batch.events, first):
            previous = hash_of(previous, seq, e)
            events.append(
                (
                    *(seq, e.stream, e.version, e.topic, e.state, e.actor, e.command),
                    *(e.correlation, e.causation, previous),
                )
            )
        yield Rows(
            events=events,
            answers=[
                (
                    *(a.actor, a.command, a.digest, a.body, a.is_refusal, a.at, a.squad, a.n),
                    None if a.last is None else first + a.last,
                )
                for a in batch.answers
            ],
            claims=[(c.kind, c.key, c.owner, c.at) for c in batch.claims if isinstance(c, Claim)],
            timers=[(t.stream, t.key, t.due_at) for t in batch.timers],
        )
