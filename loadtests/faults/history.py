"""The history of a run: what was asked, how it ended, and what failed meanwhile.

Append-only, a line of JSON for each entry, so that a run that fails can be read afterwards; times
are seconds since the history began.
"""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TextIO

import msgspec
from msgspec import Struct

Outcome = Literal["ok", "fail", "unknown"]
"""Acknowledged; a final error; or no answer, when it may have been done or not."""


class Invoked(Struct, frozen=True, kw_only=True, tag="invoked"):
    """A command was sent for the first time. Its id is what makes it one of its own."""

    at: float
    player: str
    squad: str
    command: str
    kind: str


class Ended(Struct, frozen=True, kw_only=True, tag="ended", omit_defaults=True):
    """A command was answered, or its player gave it up; an answer may still come after that.

    ``n``: its last event's number; ``code``: of the error; ``again``: it had been done before.
    """

    at: float
    command: str
    outcome: Outcome
    n: int | None = None
    code: str | None = None
    again: bool = False


class Asked(Struct, frozen=True, kw_only=True, tag="asked", omit_defaults=True):
    """A command was sent once more, elsewhere, and this was the answer."""

    at: float
    command: str
    n: int | None = None
    code: str | None = None


class Failed(Struct, frozen=True, kw_only=True, tag="failed"):
    """Something was made to fail until it was healed."""

    at: float
    until: float
    what: str


Entry = Invoked | Ended | Asked | Failed


class Operation(Struct, kw_only=True):
    """One command from its beginning to its end."""

    player: str
    squad: str
    command: str
    kind: str
    invoked_at: float
    ended_at: float | None = None
    outcome: Outcome = "unknown"
    n: int | None = None
    code: str | None = None
    again: bool = False
    was_given_up: bool = False


class History:
    """What happens, as it happens. Any thread adds to it."""

    def __init__(self, path: Path) -> None:
        """Args: ``path``: of the file; what was there before is gone."""
        self.entries: list[Entry] = []
        self.answered = 0
        """Commands that were acknowledged or refused, so far."""
        self._began_at = time.monotonic()
        self._lock = threading.Lock()
        self._file: TextIO = path.open("w")

    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began_at

    def add(self, entry: Entry) -> None:
        """Keep one more."""
        line = msgspec.json.encode(entry).decode() + "\n"
        with self._lock:
            self.entries.append(entry)
            self.answered += isinstance(entry, Ended) and entry.outcome != "unknown"
            self._file.write(line)

    def close(self) -> None:
        """Have all of it in the file."""
        self._file.close()


def read(path: Path) -> list[Entry]:
    """The entries of a history that was written."""
    return [msgspec.json.decode(line, type=Entry) for line in path.read_bytes().splitlines()]


def operations(entries: Iterable[Entry]) -> dict[str, Operation]:
    """The commands by id, in the order in which they were sent. An answer outweighs giving up."""
    found: dict[str, Operation] = {}
    for entry in entries:
        if isinstance(entry, Invoked):
            found[entry.command] = Operation(
                player=entry.player,
                squad=entry.squad,
                command=entry.command,
                kind=entry.kind,
                invoked_at=entry.at,
            )
        elif isinstance(entry, Ended):
            operation = found[entry.command]
            operation.was_given_up |= entry.outcome == "unknown"
            operation.ended_at, operation.outcome = entry.at, entry.outcome
            operation.n, operation.code, operation.again = entry.n, entry.code, entry.again
    return found
