"""Catching up: what a cursor behind the head is sent, from the room's ring or from the log."""

import asyncio
from collections.abc import Sequence

import msgspec

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from projections.squad_view import SquadView, fold
from server.eventlog.log import Log
from server.eventlog.mapper import recorded as read_facts
from server.live.frames import Frames, Open, batch_frame
from server.live.rooms import Cursor
from server.protocol.codec import framed
from server.protocol.server_messages import Snap

AT_ONCE = 256
"""Events in one ``evs`` (protocol)."""
LARGEST_BYTES = 64 * 1024
"""Bytes in one ``evs`` (protocol)."""
FARTHEST_BEHIND = 1_000
"""Beyond this a snapshot is cheaper for both sides than the events (protocol)."""


def needs_snapshot(n: int | None, head: int) -> bool:
    """Whether a client with this n gets a snapshot rather than events."""
    return n is None or n > head or n < 0 or head - n > FARTHEST_BEHIND


async def next_frames(log: Log, cursor: Cursor, open_text: Open) -> tuple[list[bytes], int]:
    """The next frames for a cursor that is behind, and the number after which it then stands."""
    viewer, room = cursor.outlet.player, cursor.room
    frames = room.recent(cursor.n, AT_ONCE)
    if frames is None:
        stored = await asyncio.to_thread(log.read_stream, f"squad-{room.squad}", cursor.n, AT_ONCE)
        frames = [Frames(fact, room.squad, open_text) for fact in read_facts(stored)]
    if len(frames) == 1:
        return [frames[0].frame(viewer)], frames[0].n
    return _batches(frames, viewer), frames[-1].n


async def snapshot(log: Log, cursor: Cursor, open_text: Open) -> tuple[bytes, int]:
    """The viewer's state as one frame, and its number."""
    squad, viewer = cursor.room.squad, cursor.outlet.player
    return await asyncio.to_thread(_snapshot, log, squad, viewer, open_text)


def view_of(
    facts: Sequence[Recorded[Fact]], squad: str, viewer: PlayerId, open_text: Open
) -> SquadView:
    """The fold of a viewer's frames: what they would know had they been there all along."""
    view = SquadView()
    for fact in facts:
        seen = Frames(fact, squad, open_text).seen(viewer)
        if seen is not None:
            fold(view, seen)
    return view


def _snapshot(log: Log, squad: str, viewer: PlayerId, open_text: Open) -> tuple[bytes, int]:
    facts = read_facts(log.read_stream(f"squad-{squad}"))
    body = msgspec.msgpack.encode(view_of(facts, squad, viewer, open_text).body())
    n = facts[-1].n
    return framed(Snap(s=squad, n=n, b=msgspec.Raw(body))), n


def _batches(frames: Sequence[Frames], viewer: PlayerId) -> list[bytes]:
    """One ``evs``, or as many as its size limit asks for."""
    frame = batch_frame(frames, viewer)
    if len(frame) <= LARGEST_BYTES or len(frames) == 1:
        return [frame]
    half = len(frames) // 2
    return _batches(frames[:half], viewer) + _batches(frames[half:], viewer)
