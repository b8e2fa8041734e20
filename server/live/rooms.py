"""Rooms: a squad's head, its recent frames, its members, and the cursors of whoever follows it.

A connection is a cursor into the log, not a queue: ``n`` is the last event written to it.
"""

from collections import deque
from collections.abc import Callable, Sequence
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
ABOUT_PEOPLE = (
    MemberJoined,
    MemberLeft,
    MemberKicked,
    MemberBanned,
    MemberForgotten,
    JoinRequested,
    JoinCancelled,
)
"""Facts that change who is in a room, or whose words are."""


class Outlet(Protocol):
    """One connection, as live sees it."""

    player: PlayerId
    send: Callable[[bytes], None]
    """Writes frames now, after what is queued and together with it. Whoever changes it tells the
    hub (``redirect``)."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Queues a frame; what was queued in a turn of the loop goes out in one write."""
        ...

    @property
    def is_writable(self) -> bool:
        """Whether a frame written now would leave soon."""
        ...


class Cursor:
    """How far one connection has come in one squad.

    *Abreast* it misses nothing, and what comes next is written to it with everybody else; else it
    has everything up to ``n``, or wants a snapshot first, and is caught up on its own.
    """

    __slots__ = (
        "_n",
        "is_abreast",
        "is_attached",
        "is_busy",
        "is_live",
        "outlet",
        "room",
        "wants_snapshot",
    )

    def __init__(self, outlet: Outlet, room: "Room", n: int | None) -> None:
        self.outlet = outlet
        self.room = room
        self._n = n or 0
        # Whoever was away while somebody was erased still holds their name and words.
        self.wants_snapshot = n is None or n < room.forgotten_at
        self.is_abreast = False
        self.is_attached = True
        self.is_live = False
        """Whether it was told that it is at the head."""
        self.is_busy = False
        """Whether it is being caught up."""

    @property
    def n(self) -> int:
        """The last event written to it."""
        return self.room.head if self.is_abreast else self._n

    def come_to(self, n: int) -> None:
        """Being caught up, it has everything up to ``n`` now."""
        self._n = n

    def draw_level(self) -> None:
        """It misses nothing any more."""
        assert self._n == self.room.head, "whoever is abreast has everything"
        assert not self.wants_snapshot
        self.is_abreast = True
        self.room.abreast[self] = self.outlet.send

    def fall_behind(self, n: int | None = None) -> None:
        """From here on it is caught up on its own: from ``n``; None: it has everything so far."""
        if self.is_abreast:
            self._n = self.room.head if n is None else n
            self.is_abreast = False
            del self.room.abreast[self]

    def start_anew(self) -> None:
        """What it has shown no longer holds."""
        self.fall_behind()
        self.wants_snapshot = True


class Room:
    """One squad as this node follows it. Changed only on the loop."""

    def __init__(self, squad: str, open_text: Open) -> None:
        self.squad = squad
        self.head = 0
        self.hinted_n = 0
        """The farthest event that another node told of."""
        self.ring: deque[Frames] = deque(maxlen=RING)
        self.members: set[PlayerId] = set()
        self.people: set[PlayerId] = set()
        """Everybody whose name or words may be in the squad's history."""
        self.cursors: set[Cursor] = set()
        self.abreast: dict[Cursor, Callable[[bytes], None]] = {}
        """Those cursors that miss nothing, in the order in which they came to the head, and their
        connections' ``send``: to follow each of them there would be a tenth of an event's cost."""
        self.forgotten_at = 0
        """The number of the last event by which somebody erased was out; 0 if nobody was."""
        self._open = open_text

    def pass_by(self, recorded: Recorded[Fact]) -> None:
        """Take in the next event of the past: whoever is behind it reads the log.

        Most come in at the head, and would never ask for what the memory of every room is then.
        """
        assert recorded.n == self.head + 1, "a room takes every event, in order"
        if isinstance(recorded.fact, ABOUT_PEOPLE):
            self._note_people(recorded)
        self.head = recorded.n

    def add(self, recorded: Recorded[Fact]) -> Frames:
        """Take in the next event, and give its frames."""
        self.pass_by(recorded)
        frames = Frames(recorded, self.squad, self._open)
        self.ring.append(frames)
        return frames

    def leave(self, cursor: Cursor) -> None:
        """A cursor is no longer in the room."""
        cursor.fall_behind()
        cursor.is_attached = False
        self.cursors.discard(cursor)
        if not self.cursors:
            self.ring.clear()  # an idle room keeps its head and its members only

    def recent(self, after: int, limit: int) -> Sequence[Frames] | None:
        """The frames after a number, at most ``limit``; None when they are no longer in memory."""
        if not self.ring or after + 1 < self.ring[0].n:
            return None  # nobody was here for a while, or it is too long ago
        start = after + 1 - self.ring[0].n
        return [self.ring[i] for i in range(start, min(len(self.ring), start + limit))]

    def _note_people(self, recorded: Recorded[Fact]) -> None:
        match recorded.fact:
            case MemberJoined(player=player):
                self.members.add(player)
                self.people.add(player)
            case MemberLeft(player=player, by=by):
                self.members.discard(player)
                if by is None:
                    self.forgotten_at = recorded.n
            case MemberKicked(player=player) | MemberBanned(player=player):
                self.members.discard(player)
            case JoinRequested(player=player):
                self.people.add(player)
            case JoinCancelled(by=None) | MemberForgotten():
                self.forgotten_at = recorded.n
            case _:
                pass
