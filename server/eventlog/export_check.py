"""Is a file a whole log? Gone through once before anything of it is written anywhere.

``moving`` calls it.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from server.eventlog.export_file import (
    HEADER,
    NAMES,
    TRAILER,
    BadFile,
    Frame,
    Header,
    Trailer,
    frames,
    header_of,
)
from server.eventlog.log import NO_HASH, Event, hash_of
from server.eventlog.mapper import refuse_newer
from server.eventlog.raw import EVENTS, TABLES, TOPICS, Row, decoder


class Checked(Struct, frozen=True, kw_only=True):
    """What a whole file holds; ``digest`` stands for all of it."""

    header: Header
    trailer: Trailer
    digest: bytes


def check(path: Path, progress: Callable[[int, int], None]) -> Checked:
    """Read a file to its end.

    Raises:
        BadFile: something is missing, changed, doubled or out of order.
        LogTooNew: a newer Gutsy wrote it, or an event in it.
    """
    walk = _Walk(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        for frame in frames(file, path):
            walk.step(frame)
            progress(frame.ends_at, size)
    return walk.end()


def hash_of_row(previous: bytes, row: Row) -> bytes:
    """The hash that an event's row should have."""
    seq, stream, version, topic, state, actor, command, *_ = row
    return hash_of(previous, seq, Event(stream, version, topic, state, actor, command))


class _Walk:
    """Goes from frame to frame, and looks whether each fits what came before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoders = {table.name: decoder(table) for table in TABLES}
        self._tables = {table.name: table for table in TABLES}
        self._place = -1
        self._header: Header | None = None
        self._trailer: Trailer | None = None
        self._digest = b""
        self._counts = dict.fromkeys(self._tables, 0)
        self._last_key: Row = ()
        self._seq, self._hash = 0, NO_HASH
        self._topics: dict[str, int] = {}

    def step(self, frame: Frame) -> None:
        place = NAMES.index(frame.name) if frame.name in NAMES else -1
        if (self._header is None) != (frame.name == HEADER) or place < self._place:
            raise self._bad(f"{frame.name} is out of place")
        if self._trailer is not None:
            raise self._bad("it goes on behind its end")
        if place > self._place:
            self._last_key = ()
        self._place, self._digest = place, frame.digest
        if frame.name == HEADER:
            self._header = header_of(frame, self._path)
        elif frame.name == TRAILER:
            self._trailer = self._decoded(frame)
        else:
            self._rows(frame)

    def end(self) -> Checked:
        if self._header is None or self._trailer is None:
            raise self._bad("its end is missing")
        if self._counts != self._trailer.counts or self._hash != self._trailer.hash:
            raise self._bad("it does not hold what its end says")
        if self._counts[TOPICS.name] != len(self._topics):
            raise self._bad("a topic is missing")
        refuse_newer(self._topics)
        return Checked(header=self._header, trailer=self._trailer, digest=self._digest)

    def _decoded(self, frame: Frame) -> Trailer:
        try:
            return msgspec.msgpack.decode(frame.body, type=Trailer)
        except msgspec.MsgspecError as error:
            raise self._bad(f"{TRAILER}: {error}") from error

    def _rows(self, frame: Frame) -> None:
        table = self._tables[frame.name]
        try:
            rows = self._decoders[frame.name].decode(frame.body)
        except msgspec.MsgspecError as error:
            raise self._bad(f"{frame.name}: {error}") from error
        for row in rows:
            key = table.key_of(row)
            if self._last_key and key <= self._last_key:
                raise self._bad(f"{table.name} are not in order")
            self._last_key = key
            if table is EVENTS:
                self._event(row)
            elif table is TOPICS and self._topics.get(row[0]) != row[1]:
                raise self._bad(f"the topic {row[0]} does not begin at seq {row[1]}")
        self._counts[table.name] += len(rows)

    def _event(self, row: Row) -> None:
        seq, topic = row[0], row[3]
        self._seq += 1
        self._hash = hash_of_row(self._hash, row)
        if seq != self._seq:
            raise self._bad(f"seq {self._seq} is missing")
        if row[-1] != self._hash:
            raise self._bad(f"seq {seq} does not fit its hash")
        self._topics.setdefault(topic, seq)

    def _bad(self, reason: str) -> BadFile:
        return BadFile(f"{self._path} is not a whole log: {reason}.")
