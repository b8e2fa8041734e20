"""Views: read models pushed whole, and only the newest: what changed twice is sent once.

``view week`` and ``view battle`` are read and encoded once for all of a squad who are to have them,
``view me`` for all connections of its player: a node that restarts is asked by everybody at once. A
connection that takes no bytes gets the newest when it does again.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable

import msgspec

from domain.ids import PlayerId
from projections import battles, ledger, live_dares, roster, weekly_board
from projections.rows import Changed
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
        self._wake = asyncio.Event()
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
            for topic in list(self._wanted):
                ready = self._ready(topic)
                if ready:
                    await self._try(topic, ready)
                # However many are waiting for a first look, what happens now is told now.
                await self._send_changed()

    async def _send_changed(self) -> None:
        for topic in [topic for topic in self._changed if topic not in self._resting]:
            del self._changed[topic]
            self._rest(topic)
            await self._try(topic)

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
            self._resting.add(topic)
            asyncio.get_running_loop().call_later(REST_S, self._rested, topic)

    def _rested(self, topic: Topic) -> None:
        self._resting.discard(topic)
        if topic in self._changed:
            self._wake.set()

    async def _try(self, topic: Topic, only: Collection[Outlet] | None = None) -> None:
        try:
            await self._send(topic, only)
        except Exception:
            # A view is only a copy: the next change sends a newer one.
            logger.exception("a view could not be sent")

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

    async def _send(self, topic: Topic, only: Collection[Outlet] | None = None) -> None:
        """Send a view to all who may have it, or to some of them."""
        kind, whose = topic
        position = self._position()
        if kind == ME:
            me = await asyncio.to_thread(self._models.me, PlayerId(whose))
            frames = [] if me is None else [_frame(ME, None, position, me)]
        elif kind == BATTLE:
            battle = await asyncio.to_thread(self._models.battle, whose)
            frames = [] if battle is None else [_frame(BATTLE, whose, position, battle)]
        else:
            weeks = await asyncio.to_thread(self._models.weeks_shown, whose)
            frames = [_frame(WEEK, whose, position, week) for week in weeks]
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


def _frame(kind: str, squad: str | None, position: int, body: Me | Week | BattleTable) -> bytes:
    return framed(View(k=kind, s=squad, r=position, b=msgspec.Raw(msgspec.msgpack.encode(body))))
