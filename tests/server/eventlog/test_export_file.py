"""A log as one file: whatever is wrong with one is found before anything is done with it."""

import hashlib
import random
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.eventlog.export_check import Checked, check, hash_of_row
from server.eventlog.export_file import (
    BYTES_AT_ONCE,
    FORMAT,
    HEADER,
    MAGIC,
    MOST_BYTES,
    ROWS_AT_ONCE,
    TRAILER,
    BadFile,
    Header,
    Trailer,
    Writer,
    chunks,
    frames,
)
from server.eventlog.log import NO_HASH, LogTooNew
from server.eventlog.raw import ANSWERS, CLAIMS, EVENTS, TABLES, TOPICS, Row
from tests.server.moved import quiet

SEED = 20_261_126
TOPIC = "squad.renamed@1"
Content = list[tuple[str, Any]]


def events(count: int, topic: str = TOPIC) -> list[Row]:
    """Events in one stream, each under its hash."""
    rows: list[Row] = []
    previous = NO_HASH
    for seq in range(1, count + 1):
        row = (seq, "squad-s", seq, topic, b"state", "maya", f"c{seq}", None, None)
        previous = hash_of_row(previous, (*row, b""))
        rows.append((*row, previous))
    return rows


def whole(count: int = 3, topic: str = TOPIC) -> Content:
    """What is in a good file, frame by frame."""
    rows = events(count, topic)
    counts = {table.name: 0 for table in TABLES}
    counts |= {"events": count, "topics": 1, "claims": 2}
    return [
        (HEADER, {"format": FORMAT, "log_id": "an id", "is_copy": False}),
        ("events", rows[:2]),
        ("events", rows[2:]),
        ("topics", [(topic, 1)]),
        ("claims", [("handle", "a", "maya", 1), ("handle", "b", "sam", 1)]),
        (TRAILER, {"counts": counts, "hash": rows[-1][-1]}),
    ]


def packed(content: Sequence[tuple[str, Any]]) -> bytes:
    """A file, as the format is described."""
    data, digest = MAGIC, bytes(32)
    for frame in content:
        body = zlib.compress(msgspec.msgpack.encode(frame))
        digest = hashlib.sha256(digest + body).digest()
        data += len(body).to_bytes(4) + digest + body
    return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file may be."""
    return tmp_path / "file"


def checked(path: Path, data: bytes) -> Checked:
    """What is found in a file that holds this."""
    path.write_bytes(data)
    return check(path, quiet)


def test_a_whole_file_is_known_by_its_end(path: Path) -> None:
    """And progress comes to all of it."""
    shown: list[tuple[int, int]] = []
    data = packed(whole())
    path.write_bytes(data)
    found = check(path, lambda at, of: shown.append((at, of)))

    assert Header(log_id="an id", is_copy=False) == found.header
    assert found.trailer.counts["events"] == 3
    assert data.endswith(zlib.compress(msgspec.msgpack.encode(whole()[-1])))
    assert found.digest in data
    assert (len(data), len(data)) == shown[-1]
    assert len(whole()) == len(shown)


def test_a_file_that_was_cut_off_anywhere_is_none(path: Path) -> None:
    """After whole frames, too: its end is missing."""
    data = packed(whole())
    for size in range(len(data)):
        with pytest.raises(BadFile):
            checked(path, data[:size])


def test_one_changed_bit_anywhere_is_found(path: Path) -> None:
    """In sizes, digests and content."""
    data, chance = packed(whole()), random.Random(SEED)
    for at in range(len(data)):
        changed = bytes([data[at] ^ 1 << chance.randrange(8)])
        with pytest.raises(BadFile):
            checked(path, data[:at] + changed + data[at + 1 :])


def test_what_follows_the_end_is_found(path: Path) -> None:
    """Junk, or frames that are well made."""
    for data in (packed(whole()) + b"junk", packed([*whole(), whole()[-1]])):
        with pytest.raises(BadFile):
            checked(path, data)


def test_what_is_no_export_is_told_so(path: Path) -> None:
    for data in (b"", b"SQLite format 3\0", packed(whole())[1:]):
        with pytest.raises(BadFile, match="was not written by `gutsy export`"):
            checked(path, data)


def altered(place: int, name: str, content: object) -> Content:
    """A good file but for one frame; None leaves that one out."""
    frame = [] if content is None else [(name, content)]
    return [*whole()[:place], *frame, *whole()[place + 1 :]]


def counted(**counts: int) -> dict[str, Any]:
    """The end of a good file, with other counts."""
    end: dict[str, Any] = whole()[-1][1]
    return {**end, "counts": {**end["counts"], **counts}}


EVENT = events(3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "its end is missing"),
        (whole()[1:], "events is out of place"),
        ([whole()[0], *whole()], "header is out of place"),
        ([*whole()[:3], whole()[4], whole()[3], whole()[5]], "topics is out of place"),
        (altered(4, "keys", [("maya", b"key")]), "keys is out of place"),
        (altered(0, HEADER, {"format": 1}), "does not begin as an export does"),
        (altered(0, HEADER, {"format": "1", "log_id": "i", "is_copy": 0}), "does not begin"),
        (altered(1, "events", None), "seq 1 is missing"),
        (altered(2, "events", None), "does not hold what its end says"),
        (altered(1, "events", [EVENT[1], EVENT[0]]), "seq 1 is missing"),
        (altered(1, "events", [EVENT[0], EVENT[0]]), "events are not in order"),
        (altered(2, "events", [(*EVENT[2][:4], b"other", *EVENT[2][5:])]), "seq 3 does not fit"),
        (altered(2, "events", [(*EVENT[2][:9], b"0" * 16)]), "seq 3 does not fit its hash"),
        (altered(2, "events", [EVENT[2][:9]]), "Expected `array` of length 10"),
        (altered(2, "events", [("3", *EVENT[2][1:])]), "Expected `int`"),
        (altered(2, "events", [(2**63, *EVENT[2][1:])]), "Expected `int`"),
        (altered(2, "events", "junk"), "Expected `array`"),
        (altered(3, "topics", [(TOPIC, 2)]), "does not begin at seq 2"),
        (altered(3, "topics", [("squad.created@1", 1)]), "does not begin at seq 1"),
        ([*altered(3, "", None)[:-1], (TRAILER, counted(topics=0))], "a topic is missing"),
        (altered(4, "claims", [("b", "a", "m", 1), ("a", "b", "m", 1)]), "claims are not in order"),
        (altered(4, "claims", [("a", "a", "m", 1), ("a", "a", "s", 1)]), "claims are not in order"),
        (altered(5, TRAILER, None), "its end is missing"),
        (altered(5, TRAILER, counted(claims=3)), "does not hold what its end says"),
        (altered(5, TRAILER, {**counted(), "hash": NO_HASH}), "does not hold what its end says"),
        (altered(5, TRAILER, {"counts": 1}), "trailer: "),
    ],
)
def test_what_is_well_made_and_wrong_is_found(path: Path, content: Content, said: str) -> None:
    """Each frame fits its digest: somebody wrote it so."""
    with pytest.raises(BadFile) as caught:
        checked(path, packed(content))

    assert said in str(caught.value)


def test_a_frame_that_is_none_is_found(path: Path) -> None:
    """Though it fits its digest: no zlib, no msgpack, or a size that was never written."""
    bodies = (b"junk", zlib.compress(b"\xc1"), zlib.compress(b"\x93\x01\x02\x03"))
    for body in bodies:
        digest = hashlib.sha256(bytes(32) + body).digest()
        with pytest.raises(BadFile, match="cannot be read at byte 10:"):
            checked(path, MAGIC + len(body).to_bytes(4) + digest + body)
    with pytest.raises(BadFile, match="ends in the middle of what begins at byte 10"):
        checked(path, MAGIC + (MOST_BYTES + 1).to_bytes(4) + bytes(40))


def test_what_grows_without_end_is_not_unpacked(path: Path) -> None:
    """A few bytes may be gigabytes of zeros."""
    body = zlib.compress(bytes(MOST_BYTES + 1))
    digest = hashlib.sha256(bytes(32) + body).digest()

    assert len(body) < MOST_BYTES // 100
    with pytest.raises(BadFile):
        checked(path, MAGIC + len(body).to_bytes(4) + digest + body)


def test_a_newer_file_is_told_apart_from_a_bad_one(path: Path) -> None:
    """By its format, or by an event that this version does not know."""
    newer = altered(0, HEADER, {"format": FORMAT + 1, "log_id": "i", "is_copy": False, "more": 1})
    for content in (newer, whole(topic="squad.renamed@9")):
        with pytest.raises(LogTooNew, match="newer Gutsy"):
            checked(path, packed(content))


def test_what_was_written_is_read(path: Path) -> None:
    """As the description says, in as many rows as a frame holds, and under its name at the end."""
    rows = events(2 * ROWS_AT_ONCE + 1)
    header = Header(log_id="an id", is_copy=True)
    with Writer(path, header) as writer:
        for chunk in chunks(iter(rows)):
            writer.write(EVENTS.name, chunk)
        exists_before = path.exists()
        writer.finish(Trailer(counts={"events": len(rows)}, hash=rows[-1][-1]))
    with path.open("rb") as file:
        read = [(f.name, msgspec.msgpack.decode(f.body)) for f in frames(file, path)]

    assert [HEADER, *["events"] * 3, TRAILER] == [name for name, _ in read]
    assert rows == [tuple(row) for _, part in read[1:4] for row in part]
    assert [ROWS_AT_ONCE, ROWS_AT_ONCE, 1] == [len(part) for _, part in read[1:4]]
    assert (False, True) == (exists_before, path.exists())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_frame_is_full_when_its_rows_are_long() -> None:
    """However few they are: all of one is in memory."""
    long = [(1, b"x" * BYTES_AT_ONCE), (2, b"x"), (3, "y" * BYTES_AT_ONCE), (4, None)]

    assert [[1], [2, 3], [4]] == [[row[0] for row in chunk] for chunk in chunks(iter(long))]


@pytest.mark.parametrize("name", [TOPICS.name, CLAIMS.name, ANSWERS.name])
def test_what_was_begun_is_gone_on_with_behind_its_events(path: Path, name: str) -> None:
    """What follows those is of an older state of the log; and so is half a frame."""
    header, rows = Header(log_id="an id", is_copy=False), events(3)
    part = path.with_name("file.part")
    with Writer(path, header) as writer:
        writer.write(EVENTS.name, rows[:2])
        writer.write(name, [])
    with part.open("ab") as file:
        file.write(b"\0\0\1\0half a frame")
    with Writer(path, header) as writer:
        begun = (writer.events, writer.hash)
        writer.write(EVENTS.name, rows[2:])
        writer.finish(Trailer(counts={"events": 3}, hash=rows[2][-1]))
    with path.open("rb") as file:
        names = [frame.name for frame in frames(file, path)]

    assert (2, rows[1][-1]) == begun
    assert [HEADER, "events", "events", TRAILER] == names


@pytest.mark.parametrize(
    "other", [Header(log_id="another", is_copy=False), Header(log_id="an id", is_copy=True)]
)
def test_what_was_begun_of_another_log_is_left_alone(path: Path, other: Header) -> None:
    """Or of the same in another way."""
    with Writer(path, Header(log_id="an id", is_copy=False)):
        pass
    before = path.with_name("file.part").read_bytes()
    with pytest.raises(BadFile, match="not the beginning of this export"):
        Writer(path, other)

    assert before == path.with_name("file.part").read_bytes()


def test_a_file_that_was_begun_and_is_empty_is_begun_anew(path: Path) -> None:
    """A power cut may leave no more than its name."""
    path.with_name("file.part").touch()
    with Writer(path, Header(log_id="an id", is_copy=False)) as writer:
        writer.finish(Trailer(counts={}, hash=NO_HASH))

    assert path.read_bytes().startswith(MAGIC)
