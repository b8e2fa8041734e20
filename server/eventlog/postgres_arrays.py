"""Columns of a batch as PostgreSQL's binary arrays, each always of the same type.

psycopg chooses a list's type by what is in it: numbers by their size, none for a list of nothing.
Every mixture would be a statement to prepare of its own. ``postgres`` calls it.
"""

import struct
from collections.abc import Iterable

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

NULL = b"\xff\xff\xff\xff"
_size = struct.Struct("!I").pack
_int = struct.Struct("!Iq").pack
_head = struct.Struct("!IIIII").pack
_empty = struct.Struct("!III").pack


class Array:
    """A column: what is sent of it."""

    element_oid: int

    def __init__(self, items: Iterable[bytes]) -> None:
        parts = list(items)
        self.data = (
            _head(1, 1, self.element_oid, len(parts), 1) + b"".join(parts)
            if parts
            else _empty(0, 0, self.element_oid)
        )


class Texts(Array):
    """``text[]``; None is NULL."""

    element_oid = 25

    def __init__(self, items: Iterable[str | None]) -> None:
        encoded = [None if item is None else item.encode() for item in items]
        super().__init__(NULL if one is None else _size(len(one)) + one for one in encoded)


class Blobs(Array):
    """``bytea[]``."""

    element_oid = 17

    def __init__(self, items: Iterable[bytes]) -> None:
        super().__init__(_size(len(item)) + item for item in items)


class Ints(Array):
    """``bigint[]``; None is NULL."""

    element_oid = 20

    def __init__(self, items: Iterable[int | None]) -> None:
        super().__init__(NULL if item is None else _int(8, item) for item in items)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data


class _TextsDumper(_ArrayDumper):
    oid = 1009


class _BlobsDumper(_ArrayDumper):
    oid = 1001


class _IntsDumper(_ArrayDumper):
    oid = 1016


def let_send_arrays(connection: Connection) -> None:
    """Teach a connection these arrays."""
    for kind, dumper in ((Texts, _TextsDumper), (Blobs, _BlobsDumper), (Ints, _IntsDumper)):
        connection.adapters.register_dumper(kind, dumper)
