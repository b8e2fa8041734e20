"""Rows that were looked up together, read like any others."""

from collections.abc import Collection
from typing import Any

from projections.rows import Key, R, Readable, Table


class Fetched:
    """A look at a store: what was fetched is answered from here, everything else from the store."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._found: dict[tuple[str, str], dict[str, list[Any]]] = {}

    def fetch(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        """Look up the rows whose field ``name`` is one of ``values``; gives them, by key."""
        assert (table.name, name) not in self._found, "a field is fetched once"
        rows = self._store.select_each(table, name, values)
        found: dict[str, list[Any]] = {value: [] for value in values}
        for row in rows:
            found[getattr(row, name)].append(row)
        self._found[table.name, name] = found
        return rows

    def get(self, table: Table[R], key: Key) -> R | None:
        found = self._found.get((table.name, *table.key), {}) if len(table.key) == 1 else {}
        rows = found.get(key[0])
        if rows is None:
            return self._store.get(table, key)
        return rows[0] if rows else None

    def select(self, table: Table[R], **where: str) -> list[R]:
        if len(where) == 1:
            ((name, value),) = where.items()
            rows = self._found.get((table.name, name), {}).get(value)
            if rows is not None:
                return list(rows)
        return self._store.select(table, **where)

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        return self._store.select_each(table, name, values)
