"""Presence: who is around in a squad, as leases of connections; sent whole, never in the log.

The session says ``act``, ``let_go`` and ``leave``; the hub says who follows, who has come to the
head and who is out. Who is around by another node's connections comes in by ``show_others``.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast

from domain.ids import PlayerId
from server.clock import Clock
from server.live.hub import Hub
from server.live.rooms import Outlet
from server.protocol.codec import framed
from server.protocol.server_messages import Pres

States = Mapping[PlayerId, int]
"""Who is around, and as what."""
OnChange = Callable[[Collection[str]], None]

logger = logging.getLogger(__name__)

ACTIVE, AWAY, GOING_IN = 1, 2, 3
RANK = {AWAY: 1, ACTIVE: 2, GOING_IN: 3}
"""Over a player's connections the highest is shown: one is somewhere if one is there at all."""
PACE_S = 0.25
"""Time between two sets of a squad, however often somebody acts: what 50 people do in it is sent
to 50 people once."""
GRACE_S = 5.0
"""How long a connection that is lost is still shown: a page that is loaded anew, a phone between
two nets and a drained node do not make anybody flicker."""


Key = tuple[PlayerId, object]
"""A player and one of their connections, by whatever names it."""


class Presence:
    """The leases of every squad, and who is told. On the loop only; ``run`` until cancelled.

    Bounded: a lease needs a follower, so there are at most as many as cursors, and those of the
    last seconds' lost connections; nothing is queued for a connection but the names of squads.
    Ends at once with ``unsub`` and with being out, ``GRACE_S`` after a connection was lost. A
    connection that is silent is lost, by the session's own limit.
    """

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._leases: dict[str, dict[Key, int]] = {}
        self._elsewhere: dict[str, Mapping[str, States]] = {}
        self._shown: dict[str, dict[PlayerId, int]] = {}
        self._changed: set[str] = set()
        self._lost: dict[tuple[str, Key], float] = {}
        self._held: dict[Outlet, set[str]] = {}
        self._missed: dict[Outlet, set[str]] = {}
        self._on_change: list[OnChange] = []
        hub.on_live(self._came)
        hub.on_out(self._out)

    # What connections of this node say

    def act(self, outlet: Outlet, squad: str, state: int) -> None:
        """A connection says how it is in a squad; passed over if it does not follow that squad.

        So is a state that is none: a newer client may know more of them than we do.
        """
        if state not in RANK or not self._hub.follows(outlet, squad):
            return
        self._held.setdefault(outlet, set()).add(squad)
        self.put(squad, outlet.player, outlet, state)

    def let_go(self, outlet: Outlet, squad: str) -> None:
        """A connection follows a squad no more."""
        self._held.get(outlet, set()).discard(squad)
        self._missed.get(outlet, set()).discard(squad)
        self.drop(squad, outlet.player, outlet)

    def leave(self, outlet: Outlet) -> None:
        """A connection is gone; perhaps its player comes back by another in a moment."""
        self._missed.pop(outlet, None)
        ends_s = self._clock.steady() + GRACE_S
        for squad in self._held.pop(outlet, ()):
            self._lost[squad, (outlet.player, outlet)] = ends_s

    def resumed(self, outlet: Outlet) -> None:
        """A connection takes bytes again: it gets the newest of what it missed."""
        for squad in self._missed.pop(outlet, ()):
            self._give(outlet, squad, self._frame(squad))

    # Other nodes

    def on_change(self, listener: OnChange) -> None:
        """Call ``listener`` with the squads in which something may have changed, at a pace."""
        self._on_change.append(listener)

    @property
    def squads(self) -> set[str]:
        """Where somebody is around by a connection of this node."""
        return set(self._leases)

    def own(self, squad: str) -> States:
        """Who is around in a squad by connections of this node."""
        return self._highest(self._leases.get(squad, {}).items())

    def show_others(self, squad: str, nodes: Mapping[str, States]) -> None:
        """Show whoever is around in a squad by other nodes, in place of whoever was before.

        Whoever is there is back: what they had here by a lost connection ends.
        """
        if nodes == self._elsewhere.get(squad, {}):
            return
        self._elsewhere.pop(squad, None)
        if nodes:
            self._elsewhere[squad] = nodes
        self._changed.add(squad)
        there = {player for states in nodes.values() for player in states}
        for where, key in [lost for lost in self._lost if lost[0] == squad]:
            if key[0] in there:
                self.drop(where, *key)

    # Leases of this node

    def put(self, squad: str, player: PlayerId, connection: object, state: int) -> None:
        """Set a connection's lease. Whoever acts is back: what they had by a lost one ends."""
        leases = self._leases.setdefault(squad, {})
        leases[player, connection] = state
        self._lost.pop((squad, (player, connection)), None)
        self._changed.add(squad)
        for other in [key for key in leases if key[0] == player and (squad, key) in self._lost]:
            self.drop(squad, *other)

    def drop(self, squad: str, player: PlayerId, connection: object) -> None:
        """End a connection's lease, if it has one."""
        self._lost.pop((squad, (player, connection)), None)
        leases = self._leases.get(squad, {})
        if leases.pop((player, connection), None) is not None:
            self._changed.add(squad)
            if not leases:
                del self._leases[squad]

    # Telling

    async def run(self) -> None:
        """Publish what has changed, at a pace."""
        while True:
            await asyncio.sleep(PACE_S)
            try:
                self.publish()
            except Exception:
                # The sets are only copies: the next change sends newer ones.
                logger.exception("presence could not be published")

    def publish(self) -> None:
        """Send each set that shows something else than last time to its squad's live followers."""
        now_s = self._clock.steady()
        for squad, key in [lost for lost, ends_s in self._lost.items() if ends_s <= now_s]:
            self.drop(squad, *key)
        changed, self._changed = self._changed, set()
        for squad in changed:
            shown, before = self._set(squad), self._shown.pop(squad, {})
            if shown:
                self._shown[squad] = shown
            if shown != before:
                frame = self._frame(squad)
                for outlet in self._hub.followers(squad):
                    self._give(outlet, squad, frame)
        for listener in self._on_change if changed else ():
            listener(changed)

    def _set(self, squad: str) -> dict[PlayerId, int]:
        """Each player who is around, and as what."""
        leases = self._leases.get(squad, {})
        if squad not in self._elsewhere:
            return self._highest(leases.items())
        # Another node may not know yet that somebody is out.
        others = [
            ((player, node), state)
            for node, states in self._elsewhere[squad].items()
            for player, state in states.items()
            if state in RANK and self._hub.has_member(squad, player)
        ]
        return self._highest([*leases.items(), *others])

    def _highest(self, leases: Iterable[tuple[Key, int]]) -> dict[PlayerId, int]:
        shown: dict[PlayerId, int] = {}
        for (player, _), state in leases:
            shown[player] = max(state, shown.get(player, AWAY), key=RANK.__getitem__)
        return shown

    def _frame(self, squad: str) -> bytes:
        return framed(Pres(s=squad, b=cast(dict[str, int], self._set(squad))))

    def _give(self, outlet: Outlet, squad: str, frame: bytes) -> None:
        if outlet.is_writable:
            outlet.write(frame)
        else:
            self._missed.setdefault(outlet, set()).add(squad)

    def _came(self, outlet: Outlet, squad: str) -> None:
        """Whoever is at the head now gets the set, an empty one too: it replaces what they have."""
        self._give(outlet, squad, self._frame(squad))

    def _out(self, squad: str, player: PlayerId) -> None:
        """A player is no longer in a squad: none of their connections is."""
        for key in [key for key in self._leases.get(squad, {}) if key[0] == player]:
            self.drop(squad, *key)
        for outlet in self._hub.outlets.get(player, ()):
            self.let_go(outlet, squad)
