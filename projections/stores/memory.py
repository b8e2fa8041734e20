"""Rows in dictionaries. The reference for the other stores."""

import threading
from collections.abc import Collection, Iterator
from typing import Any, cast

from msgspec import Struct

from projections.registry import Projection
from projections.rows import Changed, Changes, Key, R, Table


class MemoryStore:
    """Rows that last as long as their process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, dict[Key, Struct]] = {}
        self._positions: dict[str, int] = {}

    def prepare(self, projection: Projection) -> None:
        if projection.id in self._positions:
            return
        others = {p for p in self._positions if p.startswith(f"{projection.name}@")}
        self._positions = {p: at for p, at in self._positions.items() if p not in others}
        self._rows |= {table.name: {} for table in projection.tables}
        self._positions[projection.id] = 0

    def position(self, projection: Projection) -> int:
        return self._positions[projection.id]

    def take(self, projection: Projection) -> int | None:
        return self.position(projection)

    def news(self, projection: Projection, after: int) -> Changed:
        """Nobody else writes here."""
        return Changed(frozenset(), self.position(projection))

    def commit(self, projection: Projection, changes: Changes, position: int) -> None:
        with self._lock:
            rows = {name: dict(table) for name, table in self._rows.items()}
            for (table, key), row in changes.places():
                if row is None:
                    rows[table].pop(key, None)
                else:
                    rows[table][key] = row
            self._rows = rows
            self._positions[projection.id] = position

    def clear(self, projection: Projection) -> None:
        with self._lock:
            for table in projection.tables:
                self._rows[table.name] = {}
            self._positions[projection.id] = 0

    def get(self, table: Table[R], key: Key) -> R | None:
        with self._lock:
            return cast(R | None, self._rows[table.name].get(key))

    def select(self, table: Table[R], **where: str) -> list[R]:
        with self._lock:
            found = sorted(cast(dict[Any, R], self._rows[table.name]).items())
        return [
            row
            for _, row in found
            if all(getattr(row, name) == value for name, value in where.items())
        ]

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        return [row for row in self.select(table) if getattr(row, name) in values]

    def scan(self, table: Table[R]) -> Iterator[R]:
        return iter(self.select(table))

    def count(self, table: Table[Any]) -> int:
        return len(self._rows[table.name])

    def close(self) -> None:
        """Nothing is held."""
