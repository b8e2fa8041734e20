"""The checker: from what was asked, answered and seen, and from the log, every broken promise.

Pure functions: a run hands them its account. Promises are those of ``docs/protocol.md``, P1 to P4.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from loadtests.check import Row, as_plain, body_differences, feed_differences, without_cards_n
from loadtests.client import Known
from loadtests.faults.history import Asked, Entry, Operation, operations

COMMAND = 2
"""Where a row of an event has the id of its command."""


class Violation(Struct, frozen=True):
    """A promise that was broken, and how; ``boards`` is the promise of the read models."""

    promise: str
    what: str


class Witness(Struct, kw_only=True):
    """One player: what they know, and the log as they may see it, from its first event."""

    player: str
    squad: str
    known: Known
    rows: Sequence[Row]
    seen_at: Mapping[int, float] = {}
    """When each event came, by its number; not those that came within a snapshot."""


Boards = Mapping[str, Mapping[str, Any]]
"""What a node answers, by what was asked for."""


class Account(Struct, kw_only=True):
    """All that a run has found out. ``late_s``: how late anything may come, if that is bounded."""

    entries: Sequence[Entry]
    witnesses: Sequence[Witness]
    nodes: Mapping[str, Boards]
    converged_s: Sequence[float | None]
    converged_bound_s: float
    late_s: float | None = None


def violations(account: Account) -> list[Violation]:
    """Every promise that was broken."""
    by_id = operations(account.entries)
    asked = [entry for entry in account.entries if isinstance(entry, Asked)]
    found = [
        *lost(by_id.values(), account.witnesses),
        *doubled(by_id.values(), account.witnesses),
        *answered_otherwise(by_id, asked),
        *missed(account.witnesses),
        *disagreeing(account.witnesses),
        *stale(account.converged_s, account.converged_bound_s),
        *unequal(account.nodes, account.witnesses),
    ]
    if account.late_s is not None:
        found += late(delays_s(by_id.values(), account.witnesses), account.late_s)
    return found


def lost(commands: Iterable[Operation], witnesses: Sequence[Witness]) -> list[Violation]:
    """P1: acknowledged, and not in the log where the answer says."""
    rows = {witness.player: witness.rows for witness in witnesses}
    return [
        Violation("P1", f"{one.kind} {one.command} was acknowledged as {one.n} and is not there")
        for one in commands
        if one.outcome == "ok" and not _is_at(one, rows[one.player])
    ]


def doubled(commands: Iterable[Operation], witnesses: Sequence[Witness]) -> list[Violation]:
    """P2: in the log twice, answered or not; or there although it was refused."""
    times = {
        witness.player: Counter((row[COMMAND], row[0]) for row in witness.rows if row)
        for witness in witnesses
    }
    effects: dict[str, dict[str, int]] = defaultdict(dict)
    for counts in times.values():
        for (command, kind), count in counts.items():
            if command is not None:
                effects[command][kind] = max(count, effects[command].get(kind, 0))
    found = []
    for one in commands:
        caused = effects.get(one.command, {})
        found += [
            Violation("P2", f"{one.kind} {one.command} led to {kind} {count} times")
            for kind, count in caused.items()
            if count > 1
        ]
        if one.outcome == "fail" and caused:
            found.append(Violation("P2", f"{one.kind} {one.command} failed and is in the log"))
    return found


def answered_otherwise(
    commands: Mapping[str, Operation], asked: Iterable[Asked]
) -> list[Violation]:
    """P2: asked once more, a command was answered otherwise."""
    found = []
    for again in asked:
        one = commands[again.command]
        if one.outcome != "unknown" and (one.n, one.code) != (again.n, again.code):
            before, after = one.code or one.n, again.code or again.n
            found.append(
                Violation("P2", f"{one.kind} {one.command} was answered {before}, then {after}")
            )
    return found


def missed(witnesses: Iterable[Witness]) -> list[Violation]:
    """P3: what somebody saw is not the log: a gap, a double, another order, another content."""
    found = []
    for witness in witnesses:
        feed = witness.known.feeds[witness.squad]
        found += [
            Violation("P3", f"{witness.player} {line}")
            for line in feed_differences(feed, witness.rows)
        ]
    return found


def disagreeing(witnesses: Sequence[Witness]) -> list[Violation]:
    """P3: two of a squad whose logs are not of one length: one of them was not shown the end."""
    heads: dict[str, set[int]] = defaultdict(set)
    for witness in witnesses:
        heads[witness.squad].add(len(witness.rows))
    return [
        Violation("P3", f"squad {squad} ends at {sorted(ends)}")
        for squad, ends in heads.items()
        if len(ends) > 1
    ]


def stale(converged_s: Iterable[float | None], bound_s: float) -> list[Violation]:
    """P4: after healing, not everybody was live and at the head in time; None: never."""
    return [
        Violation("P4", f"level {'never' if took is None else f'{took:.1f} s'} after healing")
        for took in converged_s
        if took is None or took > bound_s
    ]


def late(delays_s: Sequence[float], bound_s: float) -> list[Violation]:
    """P4: what was acknowledged came later than it may."""
    found = [delay for delay in delays_s if delay > bound_s]
    return (
        [Violation("P4", f"{len(found)} came later than {bound_s:g} s, one {max(found):.1f} s")]
        if found
        else []
    )


def delays_s(commands: Iterable[Operation], witnesses: Sequence[Witness]) -> list[float]:
    """From each answer until each of the squad had the event, which may come first: 0."""
    seen: dict[str, list[Mapping[int, float]]] = defaultdict(list)
    for witness in witnesses:
        seen[witness.squad].append(witness.seen_at)
    return [
        max(0.0, at[one.n] - one.ended_at)
        for one in commands
        if one.outcome == "ok" and one.n is not None and one.ended_at is not None
        for at in seen[one.squad]
        if one.n in at
    ]


def unequal(nodes: Mapping[str, Boards], witnesses: Iterable[Witness]) -> list[Violation]:
    """Boards: two nodes answer otherwise, or somebody was last pushed something else."""
    first, *others = nodes
    found = [
        Violation("boards", f"{name} at {other}: {line.partition(': ')[2]}")
        for other in others
        for name in sorted(nodes[first].keys() | nodes[other].keys())
        for line in body_differences(name, nodes[first].get(name, {}), nodes[other].get(name, {}))
    ]
    for witness in witnesses:
        for key, pushed in witness.known.views.items():
            asked = nodes[first].get(_name(key, witness.player))
            if asked is not None:
                body = without_cards_n(pushed.body) if key == ("me",) else pushed.body
                found += [
                    Violation("boards", f"pushed to {witness.player}: {line}")
                    for line in body_differences(key[0], body, asked)
                ]
    return found


def _name(key: tuple[str, ...], player: str) -> str:
    """A pushed view's name among the boards of a node."""
    return f"me {player}" if key == ("me",) else " ".join(key)


def _is_at(one: Operation, rows: Sequence[Row]) -> bool:
    if one.n is None or not 0 < one.n <= len(rows):
        return False
    return bool(as_plain(rows[one.n - 1][COMMAND : COMMAND + 1]) == [one.command])
