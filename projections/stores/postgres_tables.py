"""A kind of row as a table of PostgreSQL, named ``table@version``: what is asked of it, as SQL."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import sql

from projections.registry import Projection
from projections.rows import Key, Table

_encode = msgspec.msgpack.Encoder().encode


class PostgresTable:
    """The fields looked up by as columns, the row as msgpack. Sorted by code points, as elsewhere.

    A version of a projection has tables of its own: the one before it is read until nobody is left
    who knows no newer.
    """

    def __init__(self, projection: Projection, table: Table[Any]) -> None:
        self.projection = projection
        self.name = f"{table.name}@{projection.version}"
        self.decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(table.row).decode
        self._table = table
        # The key's fields and the indexed ones, each once.
        fields = (*table.key, *(name for index in table.indexes for name in index))
        self._columns = list(dict.fromkeys(fields))
        self._order = _names(table.key)
        self._marks = sql.SQL(", ").join([sql.SQL("%b::text")] * len(table.key))

    @property
    def create(self) -> list[sql.Composed]:
        """The statements that make it where it is not there yet."""
        columns = sql.SQL(", ").join(
            sql.SQL('{} text COLLATE "C" NOT NULL').format(sql.Identifier(name))
            for name in self._columns
        )
        return [
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} ({}, body bytea NOT NULL, PRIMARY KEY ({}))"
            ).format(self._name, columns, self._order),
            *(
                sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
                    sql.Identifier(f"{self.name} by {' '.join(index)}"), self._name, _names(index)
                )
                for index in self._table.indexes
            ),
        ]

    @property
    def clear(self) -> sql.Composed:
        """Takes every row away."""
        return sql.SQL("DELETE FROM {}").format(self._name)

    @property
    def count(self) -> sql.Composed:
        """How many rows there are."""
        return sql.SQL("SELECT count(*) FROM {}").format(self._name)

    def select(self, where: Iterable[str]) -> sql.Composed:
        """The rows with these fields as given, by key."""
        tests = [sql.SQL("{}=%b").format(sql.Identifier(name)) for name in where]
        return sql.SQL("SELECT body FROM {} WHERE {} ORDER BY {}").format(
            self._name, sql.SQL(" AND ").join([sql.SQL("true"), *tests]), self._order
        )

    def select_each(self, name: str) -> sql.Composed:
        """The rows with one field among some values, by key."""
        return sql.SQL("SELECT body FROM {} WHERE {} = ANY(%b::text[]) ORDER BY {}").format(
            self._name, sql.Identifier(name), self._order
        )

    def page(self, *, is_first: bool) -> sql.Composed:
        """So many rows, by key: the first ones, or those behind a key."""
        behind = sql.SQL("true" if is_first else "({}) > ({})").format(self._order, self._marks)
        return sql.SQL("SELECT body FROM {} WHERE {} ORDER BY {} LIMIT %b::bigint").format(
            self._name, behind, self._order
        )

    def changes(
        self, rows: dict[Key, Struct | None]
    ) -> Iterable[tuple[sql.Composed, Sequence[object]]]:
        """The statements that write these rows, and take away those that are None."""
        gone = [key for key, row in rows.items() if row is None]
        if gone:
            yield self._delete, [list(column) for column in zip(*gone, strict=True)]
        kept = [row for row in rows.values() if row is not None]
        if kept:
            columns = [[getattr(row, name) for row in kept] for name in self._columns]
            yield self._put, [*columns, [_encode(row) for row in kept]]

    @property
    def _name(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    @property
    def _delete(self) -> sql.Composed:
        key = self._table.key
        return sql.SQL("DELETE FROM {} WHERE ({}) IN (SELECT * FROM unnest({}))").format(
            self._name, self._order, sql.SQL(", ").join([sql.SQL("%b::text[]")] * len(key))
        )

    @property
    def _put(self) -> sql.Composed:
        names = [*self._columns, "body"]
        others = [name for name in names if name not in self._table.key]
        return sql.SQL(
            "INSERT INTO {} ({}) SELECT * FROM unnest({}, %b::bytea[])"
            " ON CONFLICT ({}) DO UPDATE SET {}"
        ).format(
            self._name,
            _names(names),
            sql.SQL(", ").join([sql.SQL("%b::text[]")] * len(self._columns)),
            self._order,
            sql.SQL(", ").join(
                sql.SQL("{0}=excluded.{0}").format(sql.Identifier(name)) for name in others
            ),
        )


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
