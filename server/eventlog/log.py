"""The port of the event log, and how it can fail.

An adapter is an ``ApplicationRecorder`` of the ``eventsourcing`` library (StoredEvents, an
IntegrityError on a version conflict) that writes more rows in the same transaction.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence

import msgspec
from eventsourcing.persistence import ApplicationRecorder, IntegrityError
from eventsourcing.persistence import StoredEvent as LibraryEvent
from msgspec import Struct

from domain.ids import CommandId
from server.eventlog.sign_ins import SignInStore


class LogError(Exception):
    """The log could not do what was asked; nothing of it was done or the outcome is unknown."""

    code = "LOG"


class LogConflict(LogError, IntegrityError):
    """Somebody else has taken this version, claim or command id; decide again."""

    code = "LOG_CONFLICT"


class LogTooNew(LogError):
    """The data was written by a newer Gutsy, and this one must not touch it."""

    code = "LOG_TOO_NEW"


class LogInUse(LogError):
    """Another process serves from this data folder."""

    code = "LOG_IN_USE"


class LogClosed(LogError):
    """Nobody may use this log now; ``closed`` says why, as kept in it (``MOVED``, ``FILLING``)."""

    code = "LOG_CLOSED"

    def __init__(self, closed: str) -> None:
        super().__init__(_CLOSED.get(closed, f"This log is closed: {closed}."))
        self.closed = closed


class LogUnavailable(LogError):
    """The disk is full, or the file is locked or damaged. The outcome is unknown."""

    code = "LOG_UNAVAILABLE"


MOVED = "moved"
FILLING = "filling"
_CLOSED = {
    MOVED: "This log was moved by `gutsy export`: what that wrote is the log now. `gutsy reopen`"
    " opens this one again, under a new log id.",
    FILLING: "An import into this log has not come to its end. Start it again: it goes on.",
}


class Event(Struct, frozen=True):
    """One event to append. ``version`` is its place in its stream, from 1."""

    stream: str
    version: int
    topic: str
    state: bytes
    actor: str | None = None
    command: str | None = None
    correlation: str | None = None
    causation: str | None = None


class StoredEvent(Struct, frozen=True, gc=False):
    """One event as read. ``seq`` is its place in the whole log, from 1.

    ``hash`` covers the event and, through the one before it, the whole log up to here.
    """

    seq: int
    stream: str
    version: int
    topic: str
    state: bytes
    command: CommandId | None
    actor: str | None
    hash: bytes


class Answer(Struct, frozen=True, kw_only=True):
    """What a command was answered, kept so that the same command gets the same answer.

    ``last`` is the index in the batch of the command's last event, None if it appended nothing;
    the adapter turns it into ``q``.
    """

    actor: str
    command: str
    digest: bytes
    body: bytes
    is_refusal: bool
    at: int
    squad: str | None = None
    n: int | None = None
    last: int | None = None


class KeptAnswer(Struct, frozen=True, kw_only=True):
    """An answer as it was kept."""

    digest: bytes
    body: bytes
    is_refusal: bool
    at: int
    squad: str | None
    n: int | None
    q: int | None


class Claim(Struct, frozen=True):
    """Something that only one may have: a handle, an invite code, a seat. ``owner`` has it."""

    kind: str
    key: str
    owner: str
    at: int


class Release(Struct, frozen=True):
    """A claim given back."""

    kind: str
    key: str


class Timer(Struct, frozen=True):
    """When to look at ``key`` in a stream again. ``due_at`` None takes the timer away."""

    stream: str
    key: str
    due_at: int | None


class DueTimer(Struct, frozen=True):
    """A timer whose time has come."""

    stream: str
    key: str
    due_at: int


class Position(Struct, frozen=True):
    """How far somebody who follows the log by ``name`` has come; it never goes back."""

    name: str
    seq: int


class Batch(Struct, frozen=True, kw_only=True):
    """What one transaction writes: all of it, or nothing."""

    events: Sequence[Event] = ()
    answers: Sequence[Answer] = ()
    claims: Sequence[Claim | Release] = ()
    timers: Sequence[Timer] = ()
    positions: Sequence[Position] = ()


OWN_CLAIMS = ("guest", "handle")
"""Kinds of claims whose owner is a player: they are given back when the player is erased."""
IDLE_KEPT_MS = 30 * 24 * 3_600_000
"""How long an answer is kept when nothing was appended, as to a refusal; others for ever (§0)."""
ISSUE_KEPT_MS = 24 * 3_600_000
"""How long it is known beyond its squad who dared somebody: the daily limit asks for no more."""
HASH_BYTES = 16
NO_HASH = bytes(HASH_BYTES)
"""What the hash of the first event follows."""

_encode = msgspec.msgpack.Encoder().encode


def hash_of(previous: bytes, seq: int, event: Event | StoredEvent) -> bytes:
    """The hash of an event at its place, after the hash of the event before it (ADR 9)."""
    # msgpack says where each field ends, so no two events have the same bytes.
    content = _encode(
        (seq, event.stream, event.version, event.topic, event.state, event.actor, event.command)
    )
    return hashlib.sha256(previous + content).digest()[:HASH_BYTES]


def hashed_behind_seq(event: Event) -> bytes:
    """What ``hash_of`` covers of an event behind its ``seq``: for a log that numbers it later."""
    # The first byte says how many fields there are.
    return _encode(
        (event.stream, event.version, event.topic, event.state, event.actor, event.command)
    )[1:]


def from_library(event: LibraryEvent) -> Event:
    """An event that came by the library's interface."""
    return Event(str(event.originator_id), event.originator_version, event.topic, event.state)


class Log(ApplicationRecorder):
    """The log that the server uses.

    Ordering: ``seq`` is the order of commits, without a gap; a stream's versions are 1, 2, 3 …
    Threads: any method may be called from any thread; appends happen one at a time.
    """

    @property
    @abstractmethod
    def log_id(self) -> str:
        """The log's random id; another one after a restore, and for an imported copy."""

    @property
    @abstractmethod
    def sign_ins(self) -> SignInStore:
        """What is kept of sign-ins, in the same database."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write too, so that what one knows is soon out of date."""
        return False

    @property
    def failure(self) -> str | None:
        """What the log met that does not go away by itself, as damage; None while all is well."""
        return None

    @abstractmethod
    def append(self, batch: Batch) -> list[int]:
        """Commit a batch durably and return the ``seq`` of each event.

        An empty batch is a trial: it changes nothing and fails as a full one would.

        Raises:
            LogConflict: a version, a claim or a command id is taken; nothing was written.
            LogUnavailable: the outcome is unknown.
        """

    @abstractmethod
    def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        """A stream's events with a version above ``after``, in order; -1 is no limit."""

    def read_streams(self, after: Mapping[str, int], limit: int) -> list[StoredEvent]:
        """Of each stream the events with a version above the one given, in order; of each at most
        ``limit``."""
        return [
            event
            for stream, version in after.items()
            for event in self.read_stream(stream, version, limit)
        ]

    @abstractmethod
    def read_all(self, after: int, limit: int) -> list[StoredEvent]:
        """The log's events with a ``seq`` above ``after``, in order."""

    @abstractmethod
    def heads(self, streams: Sequence[str]) -> dict[str, int]:
        """The last version of each stream; 0 for one that does not exist."""

    @abstractmethod
    def last_seq(self) -> int:
        """The last ``seq``, 0 in an empty log."""

    @abstractmethod
    def topics(self) -> dict[str, int]:
        """Every topic in the log, with the ``seq`` of its first event."""

    @abstractmethod
    def find_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KeptAnswer]:
        """The answers kept for (actor, command id); a missing key was never answered."""

    @abstractmethod
    def find_claims(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
        """The claims with these (kind, key); a missing one is free."""

    def find_claims_under(self, kind: str, prefix: str) -> list[Claim]:
        """The claims of a kind whose key starts with ``prefix:``, by key."""
        return self.find_claims_under_each([(kind, prefix)])[kind, prefix]

    @abstractmethod
    def find_claims_under_each(
        self, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Claim]]:
        """As ``find_claims_under``, for each (kind, prefix)."""

    @abstractmethod
    def find_own_claims(self, player: str) -> list[Claim]:
        """A player's handle and the guest id that they came in by, as claims of theirs, by kind."""

    @abstractmethod
    def due_timers(self, now: int, limit: int) -> list[DueTimer]:
        """The timers due by ``now``, earliest first."""

    @abstractmethod
    def position(self, name: str) -> int:
        """How far ``name`` has followed the log; 0 for one that is not known."""

    @abstractmethod
    def forget(self, *, idle_before: int, issues_before: int) -> None:
        """Drop answers to what appended nothing, and claims of kind "issue", that are older than
        an instant each."""

    @abstractmethod
    def damage(self) -> list[str]:
        """What is wrong with the storage underneath, in words; empty when nothing is."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; the log cannot be used afterwards."""
