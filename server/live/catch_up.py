"""Catching up: what a cursor behind the head is sent, from the room's ring or from the log."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.personal import Sealed
from projections.squad_view import SquadView, fold
from server.eventlog.log import Log, StoredEvent
from server.eventlog.mapper import recorded as read_facts
from server.live.frames import Frames, Open, batch_frame
from server.live.rooms import Cursor
from server.protocol.codec import framed
from server.protocol.server_messages import Snap

logger = logging.getLogger(__name__)

AT_ONCE = 256
"""Events in one ``evs`` (protocol)."""
LARGEST_BYTES = 64 * 1024
"""Bytes in one ``evs`` (protocol)."""
FARTHEST_BEHIND = 1_000
"""Beyond this a snapshot is cheaper for both sides than the events (protocol)."""


def needs_snapshot(n: int | None, head: int) -> bool:
    """Whether a client with this n gets a snapshot rather than events."""
    return n is None or n > head or n < 0 or head - n > FARTHEST_BEHIND


Part = tuple[bytes, int]
"""A frame, and the number at which a cursor stands once it is written."""


async def next_frames(log: Log, cursor: Cursor, open_text: Open) -> list[Part]:
    """The next frames for a cursor that is behind, in order; at least one."""
    viewer, room, n = cursor.outlet.player, cursor.room, cursor.n
    # Never beyond what the room has shown: what is committed and not yet published might be
    # behind this viewer's leave (INV-S6), and comes by publishing anyway.
    limit = min(AT_ONCE, room.head - n)
    frames = room.recent(n, limit)
    if frames is None:
        facts = await asyncio.to_thread(read, log, room.squad, n, limit)
        frames = [Frames(fact, room.squad, open_text) for fact in facts]
    return _batches(frames, viewer)


async def snapshot(log: Log, cursor: Cursor, open_text: Open) -> Part:
    """The viewer's state as one frame."""
    room, viewer = cursor.room, cursor.outlet.player
    return await asyncio.to_thread(_snapshot, log, room.squad, room.head, viewer, open_text)


def view_of(
    facts: Sequence[Recorded[Fact]], squad: str, viewer: PlayerId, open_text: Open
) -> SquadView:
    """The fold of a viewer's frames: what they would know had they been there all along.

    Texts are folded as they are, sealed, and opened at the end: only those that are still shown.
    """
    view = SquadView()
    for fact in facts:
        seen = Frames(fact, squad, _still_sealed).seen(viewer)
        if seen is not None:
            fold(view, seen)
    return replace(
        view,
        name=_opened({"name": view.name}, open_text).get("name"),
        roster={player: _opened(row, open_text) for player, row in view.roster.items()},
        requests={player: _opened(row, open_text) for player, row in view.requests.items()},
        banned={player: _opened(row, open_text) for player, row in view.banned.items()},
        invites={invite: _opened(row, open_text) for invite, row in view.invites.items()},
        dares={dare: _opened(row, open_text) for dare, row in view.dares.items()},
        feed=[(*seen[:5], _opened(seen[5], open_text)) for seen in view.feed],
    )


def read(log: Log, squad: str, after: int = 0, limit: int = -1) -> list[Recorded[Fact]]:
    """A squad's facts with a number above ``after``. Blocks."""
    return read_facts(log.read_stream(f"squad-{squad}", after, limit))


def read_each(log: Log, after: Mapping[str, int]) -> dict[str, list[Recorded[Fact]]]:
    """The facts of several squads above a number each; none of one that cannot be read. Blocks."""
    stored: dict[str, list[StoredEvent]] = {}
    streams = {f"squad-{squad}": n for squad, n in after.items()}
    for event in log.read_streams(streams, AT_ONCE):
        stored.setdefault(event.stream.removeprefix("squad-"), []).append(event)
    facts = {}
    for squad, events in stored.items():
        try:
            facts[squad] = read_facts(events)
        except Exception:
            logger.exception("a squad's events cannot be read")
    return facts


def _snapshot(log: Log, squad: str, head: int, viewer: PlayerId, open_text: Open) -> Part:
    view = view_of(read(log, squad, 0, head), squad, viewer, open_text)
    return framed(Snap(s=squad, n=head, b=msgspec.Raw(msgspec.msgpack.encode(view.body())))), head


def _still_sealed(sealed: Sealed) -> Any:  # noqa: ANN401 bytes where a text will be
    return sealed


def _opened(fields: Mapping[str, object], open_text: Open) -> dict[str, Any]:
    """Fields with their sealed texts opened; those of the erased are gone."""
    texts = {
        name: open_text(Sealed(value)) if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    return {name: value for name, value in texts.items() if value is not None}


def _batches(frames: Sequence[Frames], viewer: PlayerId) -> list[Part]:
    """One ``evs``, or as many as its size limit asks for; one event alone is an ``ev``."""
    last = frames[-1]
    frame = last.frame(viewer) if len(frames) == 1 else batch_frame(frames, viewer)
    if len(frame) <= LARGEST_BYTES or len(frames) == 1:
        return [(frame, last.n)]
    half = len(frames) // 2
    return _batches(frames[:half], viewer) + _batches(frames[half:], viewer)
