"""Rooms: a squad's head, its recent frames, its members, and the cursors of whoever follows it.

A connection is a cursor into the log, not a queue: ``n`` is the last event written to it.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import (
    JoinCancelled,
    JoinRequested,
    MemberBanned,
    MemberForgotten,
    MemberJoined,
    MemberKicked,
    MemberLeft,
)
from server.live.frames import Frames, Open

RING = 256
"""Recent events kept ready per room: a resume within them reads no log."""


class Outlet(Protocol):
    """One connection, as live sees it."""

    player: PlayerId

    @property
    def is_writable(self) -> bool:
        """Whether a frame written now would leave soon."""
        ...

    def write(self, frame: bytes) -> None:
        """Queue a frame; what was queued in a turn of the loop goes out in one write."""
        ...


class Cursor:
    """How far one connection has come in one squad."""

    __slots__ = ("is_attached", "is_busy", "is_live", "n", "outlet", "room", "wants_snapshot")

    def __init__(self, outlet: Outlet, room: "Room", n: int | None) -> None:
        self.outlet = outlet
        self.room = room
        self.n = n or 0
        # Whoever was away while somebody was erased still holds their name and words.
        self.wants_snapshot = n is None or n < room.forgotten_at
        self.is_attached = True
        self.is_live = False
        self.is_busy = False

    @property
    def is_behind(self) -> bool:
        """Whether something is missing on the other side."""
        return self.wants_snapshot or self.n < self.room.head or not self.is_live


class Room:
    """One squad as this node follows it. Changed only on the loop."""

    def __init__(self, squad: str, open_text: Open) -> None:
        self.squad = squad
        self.head = 0
        self.ring: deque[Frames] = deque(maxlen=RING)
        self.members: set[PlayerId] = set()
        self.people: set[PlayerId] = set()
        """Everybody whose name or words may be in the squad's history."""
        self.cursors: set[Cursor] = set()
        self.forgotten_at = 0
        """The number of the last event by which somebody erased was out; 0 if nobody was."""
        self._open = open_text

    def add(self, recorded: Recorded[Fact]) -> Frames:
        """Take in the next event, and give its frames."""
        assert recorded.n == self.head + 1, "a room takes every event, in order"
        match recorded.fact:
            case MemberJoined(player=player):
                self.members.add(player)
                self.people.add(player)
            case MemberLeft(player=player, by=by):
                self.members.discard(player)
                if by is None:
                    self.forgotten_at = recorded.n
            case MemberKicked(player=player):
                self.members.discard(player)
            case MemberBanned(player=player):
                self.members.discard(player)
            case JoinRequested(player=player):
                self.people.add(player)
            case JoinCancelled(by=None):
                self.forgotten_at = recorded.n
            case MemberForgotten():
                self.forgotten_at = recorded.n
            case _:
                pass
        frames = Frames(recorded, self.squad, self._open)
        self.ring.append(frames)
        self.head = recorded.n
        return frames

    def recent(self, after: int, limit: int) -> Sequence[Frames] | None:
        """The frames after a number, at most ``limit``; None when they are no longer in memory."""
        if not self.ring or after + 1 < self.ring[0].n:
            return None  # nobody was here for a while, or it is too long ago
        start = after + 1 - self.ring[0].n
        return [self.ring[i] for i in range(start, min(len(self.ring), start + limit))]
