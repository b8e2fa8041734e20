"""A batch as the arguments of the function ``append`` in ``postgres.sql``: columns, not rows."""

from collections.abc import Sequence
from typing import LiteralString

from server.eventlog.log import Batch, Claim, Release, hashed_behind_seq
from server.eventlog.postgres_arrays import Array, Blobs, Ints, Texts

APPEND: LiteralString = f"SELECT append({', '.join(['%b'] * 31)})"


def columns_of(batch: Batch) -> tuple[Array, ...]:
    """Every column, in the order of the function's arguments."""
    events, answers = batch.events, batch.answers
    released, claimed = _in_turns(batch.claims)
    timers = {(timer.stream, timer.key): timer.due_at for timer in batch.timers}
    positions: dict[str, int] = {}
    for position in batch.positions:
        positions[position.name] = max(position.seq, positions.get(position.name, 0))
    return (
        Texts([e.stream for e in events]),
        Ints([e.version for e in events]),
        Texts([e.topic for e in events]),
        Blobs([e.state for e in events]),
        Texts([e.actor for e in events]),
        Texts([e.command for e in events]),
        Texts([e.correlation for e in events]),
        Texts([e.causation for e in events]),
        Blobs([hashed_behind_seq(e) for e in events]),
        Texts([a.actor for a in answers]),
        Texts([a.command for a in answers]),
        Blobs([a.digest for a in answers]),
        Blobs([a.body for a in answers]),
        Ints([a.is_refusal for a in answers]),
        Ints([a.at for a in answers]),
        Texts([a.squad for a in answers]),
        Ints([a.n for a in answers]),
        Ints([a.last for a in answers]),
        Ints([turn for turn, _ in released]),
        Texts([release.kind for _, release in released]),
        Texts([release.key for _, release in released]),
        Ints([turn for turn, _ in claimed]),
        Texts([claim.kind for _, claim in claimed]),
        Texts([claim.key for _, claim in claimed]),
        Texts([claim.owner for _, claim in claimed]),
        Ints([claim.at for _, claim in claimed]),
        Texts([stream for stream, _ in timers]),
        Texts([key for _, key in timers]),
        Ints(timers.values()),
        Texts(positions),
        Ints(positions.values()),
    )


def _in_turns(
    changes: Sequence[Claim | Release],
) -> tuple[list[tuple[int, Release]], list[tuple[int, Claim]]]:
    """The changes of claims, each with how many of the same claim come before it.

    Those of different claims do not hang on each other, so all of one turn can be made at once.
    """
    released: list[tuple[int, Release]] = []
    claimed: list[tuple[int, Claim]] = []
    turns: dict[tuple[str, str], int] = {}
    for change in changes:
        turn = turns.get((change.kind, change.key), 0)
        turns[change.kind, change.key] = turn + 1
        if isinstance(change, Claim):
            claimed.append((turn, change))
        else:
            released.append((turn, change))
    return released, claimed
