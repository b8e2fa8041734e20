"""The port of a log as bare rows, all of it: what is read out and filled in when a log is moved.

``moving`` calls it. ``TABLES`` is all that a log consists of but for ``about``; keys are no part of
it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import GenericAlias
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Row = tuple[Any, ...]
"""The values of a row, in the order of its table's columns."""
Integer = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""What both databases hold."""


class Table(Struct, frozen=True):
    """A table: its columns with their types, and by which of them its rows are sorted, alone."""

    name: str
    columns: dict[str, Any]
    key: tuple[str, ...]

    @property
    def row(self) -> Any:  # noqa: ANN401 a type made at run time
        """The type of its rows."""
        return GenericAlias(tuple, tuple(self.columns.values()))

    def key_of(self, row: Row) -> Row:
        """What a row is sorted by. Text as bytes: by code points, as in both databases."""
        places = [list(self.columns).index(name) for name in self.key]
        return tuple(v.encode() if isinstance(v := row[p], str) else v for p in places)


EVENTS = Table(
    "events",
    {
        "seq": Integer,
        "stream": str,
        "version": Integer,
        "topic": str,
        "state": bytes,
        "actor": str | None,
        "command": str | None,
        "correlation": str | None,
        "causation": str | None,
        "hash": bytes,
    },
    ("seq",),
)
TOPICS = Table("topics", {"topic": str, "seq": Integer}, ("topic",))
ANSWERS = Table(
    "answers",
    {
        "actor": str,
        "command": str,
        "digest": bytes,
        "body": bytes,
        "is_refusal": bool,
        "at": Integer,
        "squad": str | None,
        "n": Integer | None,
        "q": Integer | None,
    },
    ("actor", "command"),
)
CLAIMS = Table("claims", {"kind": str, "key": str, "owner": str, "at": Integer}, ("kind", "key"))
TIMERS = Table("timers", {"stream": str, "key": str, "due_at": Integer}, ("stream", "key"))
POSITIONS = Table("positions", {"name": str, "seq": Integer}, ("name",))
LINKS = Table(
    "links", {"player": str, "key": str, "sign_in": str, "expires_at": Integer}, ("player",)
)
ENDINGS = Table(
    "endings",
    {"player": str, "sign_in": str, "at": Integer, "until": Integer},
    ("player", "sign_in"),
)
TABLES = (EVENTS, TOPICS, ANSWERS, CLAIMS, TIMERS, POSITIONS, LINKS, ENDINGS)
"""In the order of the file: what can be gone on with comes first (``export_file``)."""


class RawLog(ABC):
    """A log that is there, at this schema, closed or not. For one thread.

    Unless it was opened to be shared, no other process can open it so meanwhile.

    Raises:
        LogError: by every method.
    """

    @abstractmethod
    def about(self) -> dict[str, str]:
        """What the log says of itself: ``log_id``, and ``closed`` with why if it is."""

    @abstractmethod
    def shut(self, closed: str, notes: Mapping[str, str]) -> None:
        """Close it durably, and keep notes beside the reason: from here on nobody writes to it."""

    @abstractmethod
    def open_up(self, log_id: str) -> None:
        """Open it durably under this id, with all that was filled in; the notes go."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of it throughout, whoever writes."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """How many rows each table has, by its name."""

    @abstractmethod
    def rows(self, table: Table, after: int | None = None) -> Iterator[Row]:
        """A table's rows in the order of its key, few of them in memory.

        Args:
            table: any of ``TABLES``.
            after: only those whose key, a single number, is above it.
        """

    @abstractmethod
    def fill(self, table: Table, rows: Sequence[Row], note: tuple[str, str]) -> None:
        """Add rows to a log that is closed, and a note of it: both or neither."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


def decoder(table: Table) -> msgspec.msgpack.Decoder[list[Row]]:
    """Reads rows of a table, strictly."""
    return msgspec.msgpack.Decoder(GenericAlias(list, (table.row,)))
