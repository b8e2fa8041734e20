"""Rows: what a projection keeps, and the working set that its fold reads and writes.

A fold sees only ``Rows``; what it touched is written in one transaction with the position.
"""

from collections.abc import Hashable
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import Struct

R = TypeVar("R", bound=Struct)
Key = tuple[str, ...]


class Table(Struct, Generic[R], frozen=True, kw_only=True):
    """A kind of row: its name, its class, the fields of its key, and those it is looked up by."""

    name: str
    row: type[R]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    def key_of(self, row: R) -> Key:
        """The key of a row."""
        return tuple(getattr(row, name) for name in self.key)


class Readable(Protocol):
    """Where rows can be read."""

    def get(self, table: Table[R], key: Key) -> R | None:
        """The row with this key, or None."""
        ...

    def select(self, table: Table[R], **where: str) -> list[R]:
        """The rows whose fields equal ``where`` (a prefix of the key or an index), by key."""
        ...


class Changes(Struct, frozen=True):
    """Rows to write, by table and key; None takes a row away."""

    rows: dict[tuple[str, Key], tuple[Table[Any], Struct | None]]


class Changed(Struct, frozen=True):
    """Rows that have been written, as (table, key), and the ``seq`` folded so far."""

    rows: frozenset[tuple[str, Key]]
    seq: int


class Rows:
    """A working set over a store: reads through, keeps writes until they are taken."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._read: dict[Hashable, Struct | None] = {}
        self._written: dict[tuple[str, Key], tuple[Table[Any], Struct | None]] = {}

    def get(self, table: Table[R], *key: str) -> R | None:
        """The row with this key as it is now, or None."""
        place = (table.name, key)
        if place in self._written:
            return cast(R | None, self._written[place][1])
        if place not in self._read:
            self._read[place] = self._store.get(table, key)
        return cast(R | None, self._read[place])

    def put(self, table: Table[R], row: R) -> None:
        """Write a row, in place of one with the same key."""
        self._written[table.name, table.key_of(row)] = (table, row)

    def delete(self, table: Table[R], *key: str) -> None:
        """Take a row away; nothing happens if there is none."""
        self._written[table.name, key] = (table, None)

    def take(self) -> Changes:
        """What was written, which is then no longer pending."""
        changes = Changes(self._written)
        self._written = {}
        self._read = {}
        return changes
