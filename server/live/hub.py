"""The hub: writes each committed event to whoever follows its squad, once, in order, or not yet.

What a batch brings to a squad is written to all who are abreast in one go, the same bytes to most.
A connection that takes no more falls behind and is caught up from the log when it does again: so
nobody waits for a slow reader.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.squads.events import MemberBanned, MemberKicked, MemberLeft
from server.eventlog.log import Log
from server.live.catch_up import LARGEST_BYTES, next_frames, read, read_each, snapshot
from server.live.frames import Frames, Open
from server.live.rooms import Cursor, Outlet, Room
from server.metrics import LiveMetrics
from server.protocol.codec import framed
from server.protocol.server_messages import Live, Out

logger = logging.getLogger(__name__)

LEAVING = (MemberLeft, MemberKicked, MemberBanned)
WHY_OUT: Mapping[type[Fact], str] = {
    MemberLeft: "left",
    MemberKicked: "kicked",
    MemberBanned: "banned",
}
"""What a leaver is told."""
IDLE_ROOMS = 2_000
"""Rooms kept in memory without anybody in them, so that coming back is cheap."""

OnLive = Callable[[Outlet, str], None]
OnOut = Callable[[str, PlayerId], None]


class Hub:
    """Every room that is followed on this node. Used on the loop only."""

    def __init__(
        self, log: Log, open_text: Open, poll_s: float, metrics: LiveMetrics | None = None
    ) -> None:
        self._log = log
        self._open = open_text
        self._poll_s = poll_s
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Room]] = {}
        self._held: dict[str, list[Recorded[Fact]]] = {}
        self._hinted: dict[str, int] = {}
        self._mending: set[Room] = set()
        self._mender: asyncio.Task[None] | None = None
        self._followed: dict[Outlet, tuple[Cursor, ...]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_live: list[OnLive] = []
        self._on_out: list[OnOut] = []
        self._metrics = metrics or LiveMetrics()
        self._shown_events = self._shown_frames = 0
        self.outlets: dict[PlayerId, set[Outlet]] = {}

    @property
    def room_count(self) -> int:
        """How many squads are in memory."""
        return len(self._rooms)

    def on_live(self, listener: OnLive) -> None:
        """Call ``listener`` with the connection and the squad whenever one has reached the head."""
        self._on_live.append(listener)

    def on_out(self, listener: OnOut) -> None:
        """Call ``listener`` with the squad and the player whenever one is no longer in it."""
        self._on_out.append(listener)

    # Events

    def publish(self, facts: Sequence[Recorded[Fact]]) -> None:
        """Show what was just committed to whoever follows its squad: one write for each of them,
        however many facts there are."""
        fresh: dict[Room, list[Recorded[Fact]]] = {}
        for fact in facts:
            if not fact.stream.startswith("squad-"):
                continue
            squad = fact.stream.removeprefix("squad-")
            if squad in self._loading:
                self._held.setdefault(squad, []).append(fact)
                continue
            room = self._rooms.get(squad)
            if room is not None:
                fresh.setdefault(room, []).append(fact)
        for room, of_room in fresh.items():
            self._show(room, of_room)
        self._count()

    def hint(self, heads: Mapping[str, int]) -> None:
        """Another node says how far squads are; what is not here yet is read from the log.

        A squad in which nobody is is read when somebody comes in.
        """
        for squad, n in heads.items():
            if squad in self._loading:
                self._hinted[squad] = max(n, self._hinted.get(squad, 0))
                continue
            room = self._rooms.get(squad)
            if room is not None:
                self._hint(room, n)

    def _hint(self, room: Room, n: int) -> None:
        room.hinted_n = max(n, room.hinted_n)
        if room.cursors and room.head < n:
            self._mending.add(room)
            # One read at a time, of all rooms: what is hinted at meanwhile is in the next one.
            if self._mender is None or self._mender.done():
                self._mender = self._spawn(self._mend_to_hints())

    def _show(self, room: Room, facts: Sequence[Recorded[Fact]]) -> None:
        """Take in what comes next in a room, and show it; what does not come next is looked for."""
        shown: list[Frames] = []
        for recorded in facts:
            if recorded.n <= room.head:
                continue
            if recorded.n > room.head + 1:
                self._hint(room, recorded.n)
                break
            forgotten_at = room.forgotten_at
            shown.append(room.add(recorded))
            if room.forgotten_at != forgotten_at:
                # What may be seen of the past has changed: also for whoever came between the two.
                self._show_anew(room)
            left = recorded.fact
            if isinstance(left, LEAVING):
                # Their sight ends right here, whatever comes after it in this batch (INV-S6).
                self._write(room, shown)
                shown = []
                self._show_out(room, left.player, WHY_OUT[type(left)])
        self._write(room, shown)

    def _write(self, room: Room, shown: Sequence[Frames]) -> None:
        """Write consecutive events to all who miss nothing else; the same bytes to most of them."""
        if not shown or not room.abreast:
            return
        try:
            common = b"".join([frames.common for frames in shown])
            apart = {
                player: b"".join([frames.frame(player) for frames in shown])
                for one in shown
                for player in one.apart
                if player in self.outlets
            }
        except Exception:
            # They miss it now, and are caught up when it can be read: asked for at each poll.
            logger.exception("what happened in a squad cannot be shown")
            for cursor in list(room.abreast):
                cursor.fall_behind(shown[0].n - 1)
            return
        if len(common) > LARGEST_BYTES:
            # More than anybody should take in one go; what catches up goes by their pace.
            for cursor in list(room.abreast):
                cursor.fall_behind(shown[0].n - 1)
                self.start(cursor)
            return
        self._shown_events += len(shown)
        self._shown_frames += len(shown) * len(room.abreast)
        # A list: a connection that this is too much for falls behind while it is written to.
        if apart:
            for cursor, send in list(room.abreast.items()):
                send(apart.get(cursor.outlet.player, common))
        else:
            for send in list(room.abreast.values()):
                send(common)

    def _count(self) -> None:
        """Tell the metrics, once for a batch: they cost as much as showing an event."""
        self._metrics.published(self._shown_events, self._shown_frames)
        self._shown_events = self._shown_frames = 0

    def _show_out(self, room: Room, player: PlayerId, why: str) -> None:
        """End a leaver's sight within the same step."""
        for cursor in [c for c in room.cursors if c.outlet.player == player]:
            cursor.outlet.write(framed(Out(s=room.squad, why=why)))
            self.unfollow(cursor.outlet, room.squad)
        for listener in self._on_out:
            listener(room.squad, player)

    # Followers

    def join(self, outlet: Outlet) -> None:
        """A connection has been welcomed."""
        self._followed[outlet] = ()
        self.outlets.setdefault(outlet.player, set()).add(outlet)

    def leave(self, outlet: Outlet) -> None:
        """A connection is gone."""
        for cursor in self._followed.pop(outlet, ()):
            cursor.room.leave(cursor)
        mine = self.outlets.get(outlet.player, set())
        mine.discard(outlet)
        if not mine:
            self.outlets.pop(outlet.player, None)

    async def follow(self, outlet: Outlet, squad: str, n: int | None) -> Cursor:
        """Put a cursor into a squad's room; ``start`` then sends what is missing.

        Raises:
            Refusal: FORBIDDEN for whoever is not a member (an unknown squad is one, too).
        """
        has_seat, head = await asyncio.to_thread(self._look, outlet.player, squad)
        if not has_seat:
            # Asked before the room is loaded: a stranger's guesses cost one look-up each.
            raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.", field="s")
        room = await self._room(squad)
        # Another node may have let them in; nobody reads on in a room that is idle.
        before = -1
        while before < room.head < max(head, room.hinted_n):
            before = room.head
            await self._mend([room])
        # It may have been forgotten as idle since it was loaded; nothing is awaited from here on.
        room = self._rooms.setdefault(squad, room)
        if outlet.player not in room.members:
            raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.", field="s")
        if outlet not in self._followed:
            raise Refusal(RefusalCode.WRONG_STATE, "The connection is gone.")
        self.unfollow(outlet, squad)
        cursor = Cursor(outlet, room, n)
        room.cursors.add(cursor)
        self._followed[outlet] += (cursor,)
        return cursor

    def unfollow(self, outlet: Outlet, squad: str) -> None:
        """Take a connection's cursor out of a room."""
        cursors = self._followed.get(outlet, ())
        for cursor in cursors:
            if cursor.room.squad == squad:
                self._followed[outlet] = tuple(other for other in cursors if other is not cursor)
                cursor.room.leave(cursor)

    def start(self, cursor: Cursor) -> None:
        """Send what is missing, and ``live`` at the head."""
        if not cursor.is_abreast and not cursor.is_busy and cursor.outlet.is_writable:
            # At once, not when the task first runs: two tasks would send everything twice.
            cursor.is_busy = True
            self._spawn(self._catch_up(cursor))

    def paused(self, outlet: Outlet) -> None:
        """A connection takes no bytes for now: nothing is queued for it, it falls behind."""
        for cursor in self._followed.get(outlet, ()):
            cursor.fall_behind()

    def redirect(self, outlet: Outlet) -> None:
        """What happens next reaches a connection by its ``send`` of now."""
        for cursor in self._followed.get(outlet, ()):
            if cursor.is_abreast:
                cursor.room.abreast[cursor] = outlet.send

    def resumed(self, outlet: Outlet) -> None:
        """A connection takes bytes again: catch up wherever it fell behind."""
        for cursor in self._followed.get(outlet, ()):
            self.start(cursor)

    def followed(self, outlet: Outlet) -> dict[str, int]:
        """The squads that a connection follows, with their heads."""
        return {cursor.room.squad: cursor.room.head for cursor in self._followed.get(outlet, ())}

    def follows(self, outlet: Outlet, squad: str) -> bool:
        """Whether a connection follows a squad, at the head or not yet."""
        return any(cursor.room.squad == squad for cursor in self._followed.get(outlet, ()))

    @property
    def followed_squads(self) -> set[str]:
        """The squads that somebody follows here."""
        return {squad for squad, room in self._rooms.items() if room.cursors}

    def is_followed(self, squad: str) -> bool:
        """Whether somebody follows a squad here."""
        room = self._rooms.get(squad)
        return room is not None and bool(room.cursors)

    def has_member(self, squad: str, player: PlayerId) -> bool:
        """Whether a player is in a squad that is in memory, as far as is known here."""
        room = self._rooms.get(squad)
        return room is not None and player in room.members

    def followers(self, squad: str) -> list[Outlet]:
        """The connections that are at the head of a squad."""
        room = self._rooms.get(squad)
        return [] if room is None else [c.outlet for c in room.cursors if c.is_live]

    def forget(self, player: PlayerId) -> list[str]:
        """Drop every frame that may hold an erased player's words, and name the squads.

        Whoever follows one of them gets a snapshot: what they may see of the past has changed.
        """
        rooms = [room for room in self._rooms.values() if player in room.people]
        for room in rooms:
            room.ring.clear()
            self._show_anew(room)
        return [room.squad for room in rooms]

    def _show_anew(self, room: Room) -> None:
        for cursor in list(room.cursors):
            cursor.start_anew()
            self.start(cursor)

    # Keeping up

    async def run(self) -> None:
        """Compare the rooms with the log's heads now and then (P4), until cancelled."""
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                await self.poll()
            except Exception:
                # P4 hangs on this loop: whatever failed is tried again at the next turn.
                logger.exception("the log's heads could not be read")

    async def poll(self) -> None:
        """Read the heads once, and whatever no hint has brought."""
        followed = [room for room in self._rooms.values() if room.cursors]
        heads = await asyncio.to_thread(self._log.heads, [f"squad-{r.squad}" for r in followed])
        for room in followed:
            room.hinted_n = max(room.hinted_n, heads[f"squad-{room.squad}"])
        self._mending.update(room for room in followed if room.head < room.hinted_n)
        await self._mend_to_hints()
        for room in followed:
            for cursor in list(room.cursors):
                self.start(cursor)  # a read that failed has left it behind: try again

    async def close(self) -> None:
        """Cancel whatever is being sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _catch_up(self, cursor: Cursor) -> None:
        try:
            while cursor.is_attached and cursor.outlet.is_writable:
                if cursor.wants_snapshot:
                    await self._send_snapshot(cursor)
                elif cursor.n < cursor.room.head:
                    for part in await next_frames(self._log, cursor, self._open):
                        if not self._deliver(cursor, *part):
                            break
                        self._metrics.caught_up(1)
                else:
                    # Nothing is awaited since this was found: going live needs no lock.
                    self._go_live(cursor)
                    return
        finally:
            cursor.is_busy = False

    async def _send_snapshot(self, cursor: Cursor) -> None:
        # Taken off before the reading: whoever asks for a snapshot meanwhile wants a newer one.
        cursor.wants_snapshot = False
        is_sent = False
        try:
            is_sent = self._deliver(cursor, *await snapshot(self._log, cursor, self._open))
        finally:
            if is_sent:
                self._metrics.sent_snapshot()
            else:
                cursor.wants_snapshot = True

    def _deliver(self, cursor: Cursor, frame: bytes, n: int) -> bool:
        if not cursor.is_attached or not cursor.outlet.is_writable:
            return False  # paused meanwhile: what was read is read again when it resumes
        cursor.come_to(n)
        cursor.outlet.write(frame)
        return True

    def _go_live(self, cursor: Cursor) -> None:
        cursor.draw_level()
        if cursor.is_live:
            return
        cursor.is_live = True
        squad = cursor.room.squad
        cursor.outlet.write(framed(Live(s=squad, n=cursor.n)))
        for listener in self._on_live:
            listener(cursor.outlet, squad)

    async def _mend(self, rooms: Sequence[Room]) -> None:
        """Read and show what comes next in each room, in one go."""
        after = {room.squad: room.head for room in rooms}
        fresh = await asyncio.to_thread(read_each, self._log, after)
        for room in rooms:
            self._show(room, fresh.get(room.squad, ()))
        self._count()

    async def _mend_to_hints(self) -> None:
        """Read on up to what was hinted at. A hint that the log does not bear out is let go."""
        while rooms := list(self._mending):
            self._mending.clear()
            before = [room.head for room in rooms]
            try:
                await self._mend(rooms)
            finally:
                for room, head in zip(rooms, before, strict=True):
                    if room.head == head:
                        room.hinted_n = head
                    elif room.head < room.hinted_n:
                        self._mending.add(room)

    def _look(self, player: PlayerId, squad: str) -> tuple[bool, int]:
        """Whether a player has a seat in a squad, and how far others may have taken it. Blocks."""
        seats = self._log.find_claims_under("seat", player)
        has_seat = squad in [seat.owner for seat in seats]
        if not (has_seat and self._log.is_shared):
            return has_seat, 0
        stream = f"squad-{squad}"
        return True, self._log.heads([stream])[stream]

    async def _room(self, squad: str) -> Room:
        room = self._rooms.get(squad)
        if room is not None:
            self._rooms.move_to_end(squad)
        else:
            task = self._loading.get(squad)
            if task is None:
                task = self._loading[squad] = asyncio.create_task(self._load(squad))
            room = await asyncio.shield(task)
        return room

    async def _load(self, squad: str) -> Room:
        try:
            facts = await asyncio.to_thread(read, self._log, squad)
            room = Room(squad, self._open)
            for fact in facts:
                room.pass_by(fact)
            for fact in self._held.pop(squad, ()):
                if fact.n == room.head + 1:
                    room.pass_by(fact)
            room.hinted_n = self._hinted.pop(squad, 0)
            self._rooms[squad] = room
            self._trim(squad)
            return room
        finally:
            self._held.pop(squad, None)
            self._hinted.pop(squad, None)
            del self._loading[squad]

    def _trim(self, fresh: str) -> None:
        """Forget rooms that nobody is in, but not the one that somebody is about to enter."""
        if len(self._rooms) <= IDLE_ROOMS:
            return
        idle = [s for s, room in self._rooms.items() if not room.cursors and s != fresh]
        for squad in idle[: len(self._rooms) - IDLE_ROOMS]:
            del self._rooms[squad]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("catching up failed", exc_info=task.exception())
