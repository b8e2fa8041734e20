"""The port of a store of rows."""

from collections.abc import Iterator
from typing import Any, Protocol

from projections.registry import Projection
from projections.rows import Changed, Changes, R, Readable, Table


class StoreError(Exception):
    """Rows cannot be read or written; they can be made anew from the log."""


class Store(Readable, Protocol):
    """Rows of projections with their positions. Any thread may read; one writes at a time."""

    def prepare(self, projection: Projection) -> None:
        """Make room for a projection; a new one, or a new version, begins empty and at 0."""
        ...

    def position(self, projection: Projection) -> int:
        """The ``seq`` folded so far."""
        ...

    def take(self, projection: Projection) -> int | None:
        """The ``seq`` folded so far, if this process is the one that folds on from there.

        None while another process does, of those that share the rows. Asked before each batch.
        """
        ...

    def news(self, projection: Projection, after: int) -> Changed:
        """How far whoever folds it has come, and what rows they have written after a ``seq``."""
        ...

    def commit(self, projection: Projection, changes: Changes, position: int) -> None:
        """Write rows and position in one transaction: each effect exactly once.

        Raises:
            StoreError: also when another process has taken the projection since.
        """
        ...

    def clear(self, projection: Projection) -> None:
        """Forget a projection's rows and set its position to 0."""
        ...

    def scan(self, table: Table[R]) -> Iterator[R]:
        """Every row of a table in the order of its keys, a page at a time in memory."""
        ...

    def count(self, table: Table[Any]) -> int:
        """How many rows a table has."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
