"""Presence over several nodes: each renews its leases for the others, and shows theirs.

The bus tells where others are around than before; the leases say who, and presence shows it.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from contextlib import suppress

from server.bus.bus import Bus
from server.bus.hints import Hint
from server.bus.leases import LASTS_S, RENEWED_S, Leases, States
from server.clock import Clock
from server.live.hub import Hub
from server.live.presence import Presence
from server.live.rooms import Outlet

logger = logging.getLogger(__name__)

RETRY_S = 1.0
CLOSE_S = 1.0
PACE_S = 0.1
"""Time between two exchanges: what changes meanwhile shares one."""


class Elsewhere:
    """``run`` until cancelled by whoever started it, and then ``close``. On the loop only."""

    def __init__(
        self, presence: Presence, hub: Hub, bus: Bus, leases: Leases, clock: Clock
    ) -> None:
        self._presence = presence
        self._hub = hub
        self._bus = bus
        self._leases = leases
        self._clock = clock
        self._due: set[str] = set()
        self._wake = asyncio.Event()
        self._put: dict[str, States] = {}
        self._looked_s: dict[str, float] = {}
        self._renewed_s = clock.steady()
        presence.on_change(self._changed)
        hub.on_live(self._came)
        bus.on_hint(self._hear)
        bus.on_gap(self._start_anew)

    async def run(self) -> None:
        """Exchange what is due, and everything now and then."""
        while True:
            rest_s = self._renewed_s + RENEWED_S - self._clock.steady()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, rest_s)):
                    await self._wake.wait()
            self._wake.clear()
            try:
                is_done = await self.step()
            except Exception:
                # They are only copies: the next exchange brings newer ones.
                logger.exception("who is around elsewhere could not be shown")
                is_done = False
            if not is_done:
                self._wake.set()
            await asyncio.sleep(PACE_S if is_done else RETRY_S)

    async def step(self) -> bool:
        """Exchange what is due, and say whether all of it was; what was not stays due.

        Nobody is shown whose lease was not confirmed for as long as one lasts.
        """
        now_s = self._clock.steady()
        if now_s - self._renewed_s >= RENEWED_S:
            self._renewed_s = now_s
            self._due |= self._presence.squads | self._hub.followed_squads | set(self._looked_s)
        due, self._due = self._due, set()
        missed = await self._exchange(due)
        self._due |= missed
        for squad, at_s in self._looked_s.items():
            if now_s - at_s >= LASTS_S:
                self._presence.show_others(squad, {})
        return not missed

    async def close(self) -> None:
        """End what this node has put, so that it does not have to run out."""
        held: dict[str, States] = {squad: {} for squad, states in self._put.items() if states}
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._leases.exchange(held)

    async def _exchange(self, squads: Collection[str]) -> set[str]:
        """Returns those of the squads where that could not be done."""
        own = {squad: self._presence.own(squad) for squad in squads}
        found = await self._leases.exchange(own) if own else {}
        now_s = self._clock.steady()
        news = frozenset(squad for squad in found if own[squad] != self._put.get(squad, {}))
        for squad, others in found.items():
            self._presence.show_others(squad, others)
            self._put[squad] = own[squad]
            self._looked_s[squad] = now_s
            if not own[squad] and not self._hub.is_followed(squad):
                self._forget(squad)
        if news:
            self._bus.tell(Hint(around=news))
        missed = set(squads) - set(found)
        for squad in missed:
            self._put.pop(squad, None)  # it may be lost: once it is there again, that is news
        return missed

    def _forget(self, squad: str) -> None:
        self._presence.show_others(squad, {})
        del self._put[squad], self._looked_s[squad]

    def _hear(self, hint: Hint) -> None:
        self._look_at(squad for squad in hint.around if squad in self._looked_s)

    def _start_anew(self) -> None:
        """Redis may have lost all there was, and others' hints are lost."""
        self._look_at(self._put)
        self._put.clear()

    def _changed(self, squads: Collection[str]) -> None:
        self._look_at(
            squad for squad in squads if self._presence.own(squad) != self._put.get(squad, {})
        )

    def _came(self, _outlet: Outlet, squad: str) -> None:
        if squad not in self._looked_s:
            self._look_at([squad])

    def _look_at(self, squads: Iterable[str]) -> None:
        self._due.update(squads)
        if self._due:
            self._wake.set()
