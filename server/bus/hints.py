"""Hints: where in the log there is something new to read, and nothing of what it is."""

from collections.abc import Mapping
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

LARGEST = 1_000
"""Squads in one hint. Whatever is beyond is found by the heads poll: it bounds what waits while
Redis is gone."""


class Hint(Struct, frozen=True, kw_only=True, array_like=True):
    """What one node has seen move. New fields go to the end: nodes of two versions may meet."""

    seq: int = 0
    """How far the log is."""
    heads: Mapping[str, int] = {}
    """How far squads are."""
    around: frozenset[str] = frozenset()
    """Squads in which somebody came, went or does something else."""
    has_erased: bool = False
    """Somebody was erased."""
    has_ended: bool = False
    """A sign-in was ended before its time."""


NOTHING = Hint()


def merged(one: Hint, other: Hint) -> Hint:
    """Both in one; the order does not matter."""
    heads = dict(one.heads)
    for squad, n in other.heads.items():
        heads[squad] = max(n, heads.get(squad, 0))
    around = one.around | other.around
    return Hint(
        seq=max(one.seq, other.seq),
        heads=heads if len(heads) <= LARGEST else {},
        around=around if len(around) <= LARGEST else frozenset(),
        has_erased=one.has_erased or other.has_erased,
        has_ended=one.has_ended or other.has_ended,
    )


def partition_of(name: str, count: int) -> int:
    """The partition of a squad, or of any other name: the same on every node."""
    return crc32(name.encode()) % count


def parts(hint: Hint, count: int) -> Mapping[int, Hint]:
    """A hint by partition: each squad in its own, everything else in one of them."""
    if count == 1:
        return {0: hint}
    found: dict[int, tuple[dict[str, int], set[str]]] = {}
    for squad, n in hint.heads.items():
        found.setdefault(partition_of(squad, count), ({}, set()))[0][squad] = n
    for squad in hint.around:
        found.setdefault(partition_of(squad, count), ({}, set()))[1].add(squad)
    # Without a squad: anywhere, but not always in the same place.
    first = next(iter(found), hint.seq % count)
    found.setdefault(first, ({}, set()))
    split = {
        number: Hint(seq=hint.seq, heads=heads, around=frozenset(around))
        for number, (heads, around) in found.items()
    }
    split[first] = replace(split[first], has_erased=hint.has_erased, has_ended=hint.has_ended)
    return split
