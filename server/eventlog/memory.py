"""The log in memory: the library's own recorder, and dictionaries beside it. The reference."""

from collections.abc import Sequence

from eventsourcing.persistence import IntegrityError
from eventsourcing.persistence import StoredEvent as LibraryEvent
from eventsourcing.popo import POPOApplicationRecorder

from domain.ids import CommandId
from server.clock import draw_bytes
from server.eventlog.log import (
    NO_HASH,
    OWN_CLAIMS,
    Answer,
    Batch,
    Claim,
    DueTimer,
    Event,
    KeptAnswer,
    Log,
    LogConflict,
    Release,
    StoredEvent,
    Timer,
    from_library,
    hash_of,
)
from server.eventlog.sign_ins import MemorySignIns


class MemoryLog(POPOApplicationRecorder, Log):
    """A log that lasts as long as its process."""

    def __init__(self) -> None:
        super().__init__()
        self._log_id = draw_bytes(8).hex()
        self._events: list[StoredEvent] = []
        self._topics: dict[str, int] = {}
        self._answers: dict[tuple[str, str], KeptAnswer] = {}
        self._claims: dict[tuple[str, str], Claim] = {}
        self._timers: dict[tuple[str, str], int] = {}
        self._positions: dict[str, int] = {}
        self._sign_ins = MemorySignIns()

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def sign_ins(self) -> MemorySignIns:
        return self._sign_ins

    def append(self, batch: Batch) -> list[int]:
        with self._database_lock:
            claims = self._claimed(batch.claims)
            keys = [(a.actor, a.command) for a in batch.answers]
            if len(set(keys)) < len(keys) or any(key in self._answers for key in keys):
                raise LogConflict("This command was answered already.")
            try:
                seqs = list(super().insert_events([_for_library(e) for e in batch.events]) or ())
            except IntegrityError as error:
                raise LogConflict(str(error)) from error
            for seq, event in zip(seqs, batch.events, strict=True):
                self._keep(seq, event)
            self._claims = claims
            self._answers |= {(a.actor, a.command): _kept(a, seqs) for a in batch.answers}
            self._set(batch.timers)
            for name, seq in ((p.name, p.seq) for p in batch.positions):
                self._positions[name] = max(seq, self.position(name))
            return seqs

    def insert_events(
        self,
        stored_events: Sequence[LibraryEvent],
        **kwargs: object,
    ) -> Sequence[int]:
        return self.append(Batch(events=[from_library(event) for event in stored_events]))

    def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        with self._database_lock:
            index = self._stored_events_index[stream]
            places = [index[v] for v in range(after + 1, len(index) + 1)]
            return [self._events[place] for place in places[: limit if limit >= 0 else None]]

    def read_all(self, after: int, limit: int) -> list[StoredEvent]:
        with self._database_lock:
            return self._events[after : after + limit]

    def heads(self, streams: Sequence[str]) -> dict[str, int]:
        with self._database_lock:
            return {stream: len(self._stored_events_index[stream]) for stream in streams}

    def last_seq(self) -> int:
        return self.max_notification_id() or 0

    def topics(self) -> dict[str, int]:
        with self._database_lock:
            return dict(self._topics)

    def find_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KeptAnswer]:
        with self._database_lock:
            return {key: self._answers[key] for key in keys if key in self._answers}

    def find_claims(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
        with self._database_lock:
            return {key: self._claims[key] for key in keys if key in self._claims}

    def find_claims_under_each(
        self, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Claim]]:
        with self._database_lock:
            found = sorted(self._claims.items())
        return {
            (kind, prefix): [
                c for (k, key), c in found if k == kind and key.startswith(f"{prefix}:")
            ]
            for kind, prefix in keys
        }

    def find_own_claims(self, player: str) -> list[Claim]:
        with self._database_lock:
            found = [c for c in self._claims.values() if c.owner == player and c.kind in OWN_CLAIMS]
            return sorted(found, key=lambda claim: claim.kind)

    def due_timers(self, now: int, limit: int) -> list[DueTimer]:
        with self._database_lock:
            due = sorted((at, stream, key) for (stream, key), at in self._timers.items())
            return [DueTimer(stream, key, at) for at, stream, key in due if at <= now][:limit]

    def position(self, name: str) -> int:
        with self._database_lock:
            return self._positions.get(name, 0)

    def forget(self, *, idle_before: int, issues_before: int) -> None:
        with self._database_lock:
            self._answers = {
                key: answer
                for key, answer in self._answers.items()
                if not (answer.q is None and answer.at < idle_before)
            }
            self._claims = {
                key: claim
                for key, claim in self._claims.items()
                if not (claim.kind == "issue" and claim.at < issues_before)
            }

    def damage(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is held."""

    def _claimed(self, changes: Sequence[Claim | Release]) -> dict[tuple[str, str], Claim]:
        claims = dict(self._claims)
        for change in changes:
            key = (change.kind, change.key)
            if isinstance(change, Release):
                claims.pop(key, None)
            elif key in claims:
                raise LogConflict(f"This {change.kind} is taken.")
            else:
                claims[key] = change
        return claims

    def _set(self, timers: Sequence[Timer]) -> None:
        for timer in timers:
            if timer.due_at is None:
                self._timers.pop((timer.stream, timer.key), None)
            else:
                self._timers[timer.stream, timer.key] = timer.due_at

    def _keep(self, seq: int, event: Event) -> None:
        previous = self._events[-1].hash if self._events else NO_HASH
        self._events.append(
            StoredEvent(
                seq,
                event.stream,
                event.version,
                event.topic,
                event.state,
                None if event.command is None else CommandId(event.command),
                event.actor,
                hash_of(previous, seq, event),
            )
        )
        self._topics.setdefault(event.topic, seq)


def _for_library(event: Event) -> LibraryEvent:
    return LibraryEvent(event.stream, event.version, event.topic, event.state)


def _kept(answer: Answer, seqs: Sequence[int]) -> KeptAnswer:
    return KeptAnswer(
        digest=answer.digest,
        body=answer.body,
        is_refusal=answer.is_refusal,
        at=answer.at,
        squad=answer.squad,
        n=answer.n,
        q=None if answer.last is None else seqs[answer.last],
    )
