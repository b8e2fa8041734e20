"""A log as one file: frames, written and read one after the other, few of them in memory.

After ``MAGIC`` comes one frame after another: its size (4 bytes), a digest (32), and so many bytes
of zlib. In it is a msgpack of a name and what stands under it: ``header``, then rows of each table
in turn, then ``trailer``. A digest is SHA-256 over the one before and the frame's bytes: what was
cut off, changed or put elsewhere shows at its place, and the last one stands for the whole file.
Numbers have the network's order. ``moving`` calls it.
"""

import fcntl
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from server.eventlog.log import NO_HASH, LogError, LogTooNew
from server.eventlog.raw import EVENTS, TABLES, Row, decoder

MAGIC = b"gutsy log\n"
FORMAT = 1
"""Raised whenever ``TABLES`` or a frame changes."""
HEADER, TRAILER = "header", "trailer"
ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 1 << 19
"""A frame is full with so many rows, or when their text and bytes are this long."""
MOST_BYTES = 1 << 26
"""Of a frame, packed or not: more was never written."""
LEVEL = 3
"""Sealed words hardly shrink, and a higher level takes twice as long for a twentieth less."""
DIGEST_BYTES = 32
HEAD_BYTES = 4 + DIGEST_BYTES


class BadFile(LogError):
    """A file is no export, not whole, or not as it was written."""

    code = "LOG_BAD_FILE"


class Header(Struct, frozen=True, kw_only=True):
    """What the file is of. The log's own id comes along; to a copy another will be given."""

    format: int = FORMAT
    log_id: str
    is_copy: bool


class Trailer(Struct, frozen=True, kw_only=True):
    """How many rows of each table there are, and the hash of the last event."""

    counts: dict[str, int]
    hash: bytes


class Frame(Struct, frozen=True):
    """A frame as read. ``digest`` covers it and all before; it ends at byte ``ends_at``."""

    name: str
    body: Raw
    digest: bytes
    ends_at: int


class Writer:
    """A file that grows frame by frame; ``finish`` gives it its name.

    What was begun is gone on with, behind the last whole frame of events: everything after them
    is of an older state of the log, which may have gone on.

    Args:
        path: the name of the finished file; until then ``.part`` is added.
        header: of whatever was begun it must be the same.

    Raises:
        BadFile: something else has been begun under this name, or is being written now.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._file = os.fdopen(os.open(self._part, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self.is_copy = header.is_copy
        self._digest = bytes(DIGEST_BYTES)
        self.events = 0
        self.hash = NO_HASH
        """So many events are in it already, and this is the hash of the last one."""
        try:
            self._begin(header)
        except BaseException:
            self._file.close()
            raise

    def write(self, name: str, content: object) -> None:
        """Add a frame."""
        packed = zlib.compress(msgspec.msgpack.encode((name, content)), LEVEL)
        self._digest = hashlib.sha256(self._digest + packed).digest()
        self._file.write(len(packed).to_bytes(4) + self._digest + packed)

    def finish(self, trailer: Trailer) -> None:
        """Have all of it on the disk, under its name."""
        self.write(TRAILER, trailer)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _begin(self, header: Header) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadFile(f"{self._part} is being written by another process.") from None
        ends_at = 0
        decode = decoder(EVENTS).decode
        with suppress(BadFile, msgspec.MsgspecError):
            for frame in frames(self._file, self._part):
                if frame.name == HEADER:
                    if header_of(frame, self._part) != header:
                        break
                elif frame.name == EVENTS.name:
                    last = decode(frame.body)[-1]
                    self.events, self.hash = last[0], last[-1]
                else:
                    break
                self._digest, ends_at = frame.digest, frame.ends_at
        if not ends_at and os.fstat(self._file.fileno()).st_size > len(MAGIC):
            raise BadFile(f"{self._part} is not the beginning of this export. Take it away first.")
        self._file.seek(ends_at)
        self._file.truncate()
        if not ends_at:
            self._file.write(MAGIC)
            self.write(HEADER, header)


def chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows in as many as make a frame: always the same ones, wherever one begins with a frame."""
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += sum(len(value) for value in row if isinstance(value, bytes | str))
        if len(chunk) == ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def frames(file: BinaryIO, path: Path) -> Iterator[Frame]:
    """Every frame of a file, each checked against its digest.

    Raises:
        BadFile: at the first that is not whole or not as it was written.
    """
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise BadFile(f"{path} was not written by `gutsy export`.")
    digest = bytes(DIGEST_BYTES)
    while head := file.read(HEAD_BYTES):
        at = file.tell() - len(head)
        size = int.from_bytes(head[:4])
        packed = file.read(size) if size <= MOST_BYTES else b""
        if len(head) < HEAD_BYTES or len(packed) < size:
            raise BadFile(f"{path} ends in the middle of what begins at byte {at:,}.")
        digest = hashlib.sha256(digest + packed).digest()
        if head[4:] != digest:
            raise BadFile(f"{path} has changed at byte {at:,} or after it.")
        name, body = _unpacked(packed, path, at)
        yield Frame(name, body, digest, file.tell())


def header_of(frame: Frame, path: Path) -> Header:
    """The header in the first frame.

    Raises:
        BadFile: it is none.
        LogTooNew: a newer Gutsy wrote it.
    """
    try:
        header = msgspec.msgpack.decode(frame.body, type=Header)
    except msgspec.MsgspecError:
        header = None
    if frame.name != HEADER or header is None:
        raise BadFile(f"{path} does not begin as an export does.")
    if header.format > FORMAT:
        raise LogTooNew(f"{path} was written by a newer Gutsy.")
    return header


def _unpacked(packed: bytes, path: Path, at: int) -> tuple[str, Raw]:
    try:
        unpacked = zlib.decompressobj().decompress(packed, MOST_BYTES)
        return msgspec.msgpack.decode(unpacked, type=tuple[str, Raw])
    except (zlib.error, msgspec.MsgspecError) as error:
        raise BadFile(f"{path} cannot be read at byte {at:,}: {error}.") from error


NAMES = (HEADER, *(table.name for table in TABLES), TRAILER)
"""The names of frames, in the order in which they come."""
