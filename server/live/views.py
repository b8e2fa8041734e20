"""Views: read models pushed whole, and only the newest: what changed twice is sent once.

``view week`` and ``view battle`` are read and encoded once for all of a squad who are to have them,
``view me`` for all connections of its player: a node that restarts is asked by everybody at once. A
connection that takes no bytes gets the newest when it does again.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec import Struct

from domain.battles.state import OVER
from domain.ids import PlayerId
from projections import battles, ledger, live_dares, roster, weekly_board
from projections.rows import Changed
from projections.stores.store import StoreError
from server.eventlog.log import LogUnavailable
from server.live.hub import Hub
from server.live.read_models import ReadModels
from server.live.rooms import Outlet
from server.metrics import LiveMetrics
from server.protocol.codec import framed
from server.protocol.server_messages import View
from server.protocol.views import BattleTable, Me, Week

logger = logging.getLogger(__name__)

ME, WEEK, BATTLE = "me", "week", "battle"
Topic = tuple[str, str]
"""A view of somebody or something: (ME, player), (WEEK, squad) or (BATTLE, squad)."""
REST_S = 0.25
"""A battle's table is pushed at most once in this time (rules §8); the newest is never dropped."""
AGAIN_S = 1.0
"""When a view is read once more that could not be, since rows or log were not to be had."""
TOGETHER = 64
"""Views read in one visit to a thread: the visit costs about as much as reading one (ADR 18)."""


class _Frames(Struct):
    """A view as it goes on the wire, and who took part in the battle that it shows to be over."""

    frames: Sequence[bytes] = ()
    ended: Sequence[PlayerId] = ()


class _Read(Struct):
    """Views that were read, and those that could not be just now."""

    views: dict[Topic, _Frames] = {}
    later: list[Topic] = []


class Views:
    """Pushes views. ``run`` until cancelled by whoever started it."""

    def __init__(
        self,
        hub: Hub,
        models: ReadModels,
        position: Callable[[], int],
        metrics: LiveMetrics | None = None,
    ) -> None:
        self._hub = hub
        self._models = models
        self._position = position
        self._changed: dict[Topic, None] = {}
        self._wanted: dict[Topic, set[Outlet]] = {}
        """Who is still to have a view, whether or not it changes."""
        self._resting: set[Topic] = set()
        self._newest = 0
        self._wake = asyncio.Event()
        # Its own: the pool that all share gives each visit to another thread, whose pages are cold.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="views")
        self._metrics = metrics or LiveMetrics()
        hub.on_live(self._went_live)

    def _went_live(self, outlet: Outlet, squad: str) -> None:
        self.want(outlet, (WEEK, squad))
        self.want(outlet, (BATTLE, squad))

    def want(self, outlet: Outlet, topic: Topic) -> None:
        """Send a view to one connection."""
        self._wanted.setdefault(topic, set()).add(outlet)
        self._wake.set()

    def refresh(self, topic: Topic) -> None:
        """A view shows something else now, though no row has changed."""
        self._changed[topic] = None
        self._wake.set()

    def resumed(self, _outlet: Outlet) -> None:
        """A connection takes bytes again: what it missed is still wanted."""
        if self._wanted:
            self._wake.set()

    async def run(self) -> None:
        """Send whatever changed or is wanted."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._send_changed()
            for topics in _some_at_a_time(list(self._wanted)):
                ready = {topic: self._ready(topic) for topic in topics}
                await self._send({topic: only for topic, only in ready.items() if only})
                # However many are waiting for a first look, what happens now is told now.
                await self._send_changed()

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=True)

    async def _send_changed(self) -> None:
        due = [topic for topic in self._changed if topic not in self._resting]
        for topics in _some_at_a_time(due):
            for topic in topics:
                del self._changed[topic]
                self._rest(topic)
            await self._send(dict.fromkeys(topics))

    def _ready(self, topic: Topic) -> Collection[Outlet]:
        """Take out who can be sent a view now; those who take no bytes stay, the gone do not."""
        here = self._wanted.pop(topic) & set(self._audience(topic))
        ready = {outlet for outlet in here if outlet.is_writable}
        if here - ready:
            self._wanted[topic] = here - ready
        return ready

    def _rest(self, topic: Topic) -> None:
        """A battle that was told of waits a little before it is told of again."""
        if topic[0] == BATTLE:
            self._let_rest(topic, REST_S)

    def _let_rest(self, topic: Topic, seconds: float) -> None:
        self._resting.add(topic)
        asyncio.get_running_loop().call_later(seconds, self._rested, topic)

    def _rested(self, topic: Topic) -> None:
        self._resting.discard(topic)
        if topic in self._changed:
            self._wake.set()

    def note(self, changed: Changed) -> None:
        """Rows have been written: the views that show them are out of date."""
        for table, key in changed.rows:
            for topic in self._topics(table, key):
                if self._audience(topic):
                    self._changed[topic] = None
        if self._changed:
            self._wake.set()

    def _topics(self, table: str, key: tuple[str, ...]) -> Iterable[Topic]:
        """Which views a changed row is part of."""
        if table == ledger.ACCOUNTS.name:
            return [(ME, key[0])]
        if table in (weekly_board.SCORES.name, weekly_board.FINALS.name):
            return [(WEEK, key[0])]
        if table == battles.BATTLES.name:
            return [(BATTLE, key[0])]
        if table == roster.MEMBERS.name:
            return [(WEEK, key[0]), (ME, key[1])]
        if table == roster.SQUADS.name:
            followers = self._hub.followers(key[0])
            return [(WEEK, key[0]), *((ME, outlet.player) for outlet in followers)]
        if table == roster.REQUESTS.name:
            return [(ME, key[0])]
        if table == live_dares.LIVE_DARES.name:
            return [(ME, key[0])]
        return []

    def _audience(self, topic: Topic) -> list[Outlet]:
        kind, whose = topic
        if kind == ME:
            return list(self._hub.outlets.get(PlayerId(whose), ()))
        return self._hub.followers(whose)

    async def _send(self, topics: Mapping[Topic, Collection[Outlet] | None]) -> None:
        """Send views, each to all who may have it, or to some of them."""
        if not topics:
            return
        # Rows that a crash of the database took back are folded again from before: to clients what
        # comes later is the newest all the same.
        position = self._newest = max(self._newest, self._position())
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(self._thread, self._read, topics, position)
        for topic in read.later:
            # It may have changed for the last time: nothing else would ever bring it.
            self._changed[topic] = None
            self._let_rest(topic, AGAIN_S)
        for topic, view in read.views.items():
            only = topics[topic]
            if only is None and view.ended:
                # What somebody has of a battle is on their own page for as long as it goes on.
                self._changed |= {(ME, p): None for p in view.ended if self._audience((ME, p))}
                self._wake.set()
            self._push(topic, view.frames, only)

    def _push(self, topic: Topic, frames: Sequence[bytes], only: Collection[Outlet] | None) -> None:
        pushed = 0
        # Asked after the reading: whoever has left meanwhile gets nothing.
        for outlet in self._audience(topic):
            if only is not None and outlet not in only:
                continue
            if outlet.is_writable:
                for frame in frames:
                    outlet.write(frame)
                pushed += len(frames)
            else:
                self._wanted.setdefault(topic, set()).add(outlet)
        self._metrics.pushed(pushed)

    def _read(self, topics: Iterable[Topic], position: int) -> _Read:
        """Views as they go on the wire; runs in a thread, which reads them all in one go."""
        read = _Read()
        for player, me in self._own_pages([PlayerId(t[1]) for t in topics if t[0] == ME], read):
            read.views[ME, player] = _Frames([_frame(ME, None, position, me)])
        for topic in topics:
            if topic[0] == ME:
                continue
            try:
                read.views[topic] = self._of_squad(topic, position)
            except Exception as error:
                self._note_failure(read, topic, error)
        return read

    def _own_pages(self, players: Sequence[PlayerId], read: _Read) -> Sequence[tuple[PlayerId, Me]]:
        try:
            return list(self._models.own_pages(players).items())
        except Exception as error:
            if len(players) > 1 and not _is_passing(error):
                # One by one: a page that cannot be read is to keep no other from being read.
                return [page for one in players for page in self._own_pages([one], read)]
            for player in players:
                self._note_failure(read, (ME, player), error)
            return []

    def _note_failure(self, read: _Read, topic: Topic, error: Exception) -> None:
        """A view is only a copy: what a defect keeps from being read, the next change may bring."""
        logger.error("a view could not be read", exc_info=error)
        if _is_passing(error):
            read.later.append(topic)

    def _of_squad(self, topic: Topic, position: int) -> _Frames:
        kind, whose = topic
        if kind == BATTLE:
            battle = self._models.battle(whose)
            if battle is None:
                return _Frames()
            ended = [PlayerId(row.player) for row in battle.rows] if battle.state in OVER else []
            return _Frames([_frame(BATTLE, whose, position, battle)], ended)
        weeks = self._models.weeks_shown(whose)
        return _Frames([_frame(WEEK, whose, position, week) for week in weeks])


def _is_passing(error: Exception) -> bool:
    """Whether it is the database that fails, and not what is read from it."""
    return isinstance(error, (StoreError, LogUnavailable))


def _some_at_a_time(topics: Sequence[Topic]) -> Iterator[Sequence[Topic]]:
    for start in range(0, len(topics), TOGETHER):
        yield topics[start : start + TOGETHER]


def _frame(kind: str, squad: str | None, position: int, body: Me | Week | BattleTable) -> bytes:
    return framed(View(k=kind, s=squad, r=position, b=msgspec.Raw(msgspec.msgpack.encode(body))))
