"""Verification: what is wrong with a log or with rows folded from it, one line for each thing.

``upkeep`` calls it with parts that are open. A line never holds what anybody wrote.
"""

from collections.abc import Callable, Iterator

from domain.facts import Fact
from domain.personal import Sealed
from projections import weekly_board
from projections.registry import PROJECTIONS
from projections.rows import R, Table
from projections.stores.store import Store
from server.eventlog.keys import Keys, KeysError, WrongSecret
from server.eventlog.log import NO_HASH, Log, LogTooNew, LogUnavailable, StoredEvent, hash_of
from server.eventlog.mapper import to_fact

BATCH = 5_000

Progress = Callable[[int, int], None]
"""Called with how far the work has come, and how far it goes."""


def problems_of_log(log: Log, keys: Keys | None, progress: Progress) -> list[str]:
    """What is missing, doubled, changed or unreadable in the log.

    Args:
        keys: None where there are none; then sealed texts are not looked into.
    """
    walk = _Walk(keys)
    problems = log.damage()
    goal, limit = log.last_seq(), BATCH
    while True:
        try:
            events = log.read_all(walk.seq, limit)
        except LogUnavailable as error:
            if limit > 1:
                limit = 1  # up to the very event that cannot be read
                continue
            return [*problems, f"after seq {walk.seq} nothing can be read: {error}"]
        if not events:
            return problems
        for event in events:
            problems += walk.step(event)
        progress(walk.seq, goal)


def elsewhere(store: Store, log: Log) -> list[str]:
    """The read models that were begun and are not at the end of the log.

    One that is past it has seen events that are not there any more, which no chain can tell.
    """
    end = log.last_seq()
    return [
        f"{projection.id} is at seq {position} of {end}"
        for projection in PROJECTIONS
        if (position := store.position(projection)) not in (0, end)
    ]


def differences(old: Store, new: Store) -> list[str]:
    """The rows that are not the same in two stores.

    A read model that was never begun differs from nothing: the next start makes it.
    """
    return [
        f"{table.name} {'/'.join(key)} differs"
        for projection in PROJECTIONS
        if old.position(projection)
        for table in projection.tables
        for key in _differing(table, old.scan(table), new.scan(table))
    ]


def unfit(store: Store) -> list[str]:
    """The closed weeks whose rows do not fit their hash (INV-L3)."""
    return [
        f"{week.squad} {week.week} does not fit its hash: it has changed since it was closed"
        for week in store.scan(weekly_board.FINALS)
        if week.sha256 != weekly_board.digest(week.rows)
    ]


class _Walk:
    """Goes through the log event by event and says what does not fit what came before."""

    def __init__(self, keys: Keys | None) -> None:
        self.seq = 0
        self._hash = NO_HASH
        self._versions: dict[str, int] = {}
        self._keys = keys

    def step(self, event: StoredEvent) -> Iterator[str]:
        """What is wrong with the next event."""
        if event.seq != self.seq + 1:
            yield f"seq {self.seq + 1} is missing"
        if event.hash != hash_of(self._hash, event.seq, event):
            yield f"seq {event.seq} does not fit its hash: it or what was before it has changed"
        if event.version != self._versions.get(event.stream, 0) + 1:
            yield f"{event.stream} has version {event.version} out of turn"
        self.seq, self._hash = event.seq, event.hash
        self._versions[event.stream] = event.version
        try:
            fact = to_fact(event.topic, event.state)
        except LogTooNew as error:
            yield f"seq {event.seq}: {error}"
        except Exception as error:
            yield f"seq {event.seq} cannot be read: {type(error).__name__}"
        else:
            yield from self._unopened(event.seq, fact)

    def _unopened(self, seq: int, fact: Fact) -> Iterator[str]:
        if self._keys is None:
            return
        for text in _sealed_in(fact):
            try:
                self._keys.open(text)
            except WrongSecret as error:
                yield str(error)
                self._keys = None  # it would be the same for everything that follows
                return
            except KeysError as error:
                yield f"seq {seq}: {error}"


def _sealed_in(fact: Fact) -> list[Sealed]:
    values = (getattr(fact, name) for name in fact.__struct_fields__)
    return [Sealed(value) for value in values if isinstance(value, bytes)]


def _differing(table: Table[R], old: Iterator[R], new: Iterator[R]) -> Iterator[tuple[str, ...]]:
    """The keys, in order, under which two tables have different rows."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        # What is there on one side only has the smaller key.
        keys = [table.key_of(row) for row in (before, after) if row is not None]
        key = min(keys)
        has_before = before is not None and table.key_of(before) == key
        has_after = after is not None and table.key_of(after) == key
        if not (has_before and has_after and before == after):
            yield key
        before = next(old, None) if has_before else before
        after = next(new, None) if has_after else after
