"""Rows: what a projection keeps, and the working set that its fold reads and writes.

A fold sees only ``Rows``; what it touched is written in one transaction with the position.
"""

from collections.abc import Collection, Hashable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import Struct

R = TypeVar("R", bound=Struct)
Key = tuple[str, ...]
Place = tuple[str, Key]
"""Where a row is: its table and its key."""


class Table(Struct, Generic[R], frozen=True, kw_only=True):
    """A kind of row: its name, its class, the fields of its key, and those it is looked up by."""

    name: str
    row: type[R]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    def key_of(self, row: R) -> Key:
        """The key of a row."""
        return tuple([getattr(row, name) for name in self.key])


class Readable(Protocol):
    """Where rows can be read."""

    def get(self, table: Table[R], key: Key) -> R | None:
        """The row with this key, or None."""
        ...

    def select(self, table: Table[R], **where: str) -> list[R]:
        """The rows whose fields equal ``where`` (a prefix of the key or an index), by key."""
        ...

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        """The rows whose field ``name`` is one of ``values``, by key: one look for all of them."""
        ...


class Written(Struct, frozen=True):
    """What was written into one table."""

    table: Table[Any]
    rows: dict[Key, Struct | None]


class Changes(Struct, frozen=True):
    """Rows to write, by table and by key; None takes a row away."""

    tables: dict[str, Written]

    def places(self) -> Iterator[tuple[Place, Struct | None]]:
        """Every row with its place."""
        for name, written in self.tables.items():
            for key, row in written.rows.items():
                yield (name, key), row


class Changed(Struct, frozen=True):
    """Rows that have been written, as (table, key), and the ``seq`` folded so far."""

    rows: frozenset[Place]
    seq: int


class Rows:
    """A working set over a store: reads through, keeps writes until they are taken."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._read: dict[Hashable, Struct | None] = {}
        self._written: dict[str, Written] = {}

    def get(self, table: Table[R], *key: str) -> R | None:
        """The row with this key as it is now, or None."""
        written = self._written.get(table.name)
        if written is not None and key in written.rows:
            return cast("R | None", written.rows[key])
        place = (table.name, key)
        if place not in self._read:
            self._read[place] = self._store.get(table, key)
        return cast("R | None", self._read[place])

    def put(self, table: Table[R], row: R) -> None:
        """Write a row, in place of one with the same key."""
        self._of(table)[table.key_of(row)] = row

    def delete(self, table: Table[R], *key: str) -> None:
        """Take a row away; nothing happens if there is none."""
        self._of(table)[key] = None

    def take(self) -> Changes:
        """What was written, which is then no longer pending."""
        changes = Changes(self._written)
        self._written = {}
        self._read = {}
        return changes

    def _of(self, table: Table[R]) -> dict[Key, Struct | None]:
        written = self._written.get(table.name)
        if written is None:
            written = self._written[table.name] = Written(table, {})
        return written.rows
