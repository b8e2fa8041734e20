"""All sockets of this node: counted by address, and ticked by one wheel."""

import asyncio
import logging
from collections import Counter

from domain.ids import PlayerId
from server.clock import Clock
from server.edge.auth import Denied
from server.edge.rates import Buckets
from server.edge.session import Session
from server.eventlog.sign_ins import Ending
from server.protocol.codec import framed
from server.protocol.errors import CloseCode
from server.protocol.server_messages import Drain
from server.settings import Settings

logger = logging.getLogger(__name__)

TICK_S = 0.25
LOOK_S = 1.0
"""How often a session looks at the time: a second is little to a ping of 25 s, and thousands of
sessions look in four turns."""
FULL_MS = 10_000
"""When to come again where an address has all its sockets."""


class Sessions:
    """The sessions that are open. ``run`` until cancelled by whoever started it."""

    is_draining = False
    """Whether this node is about to end: nobody comes in any more, whoever is here is served."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._open: set[Session] = set()
        self._by_address: Counter[str] = Counter()
        self._settings = settings
        self._clock = clock
        per_s = settings.handshakes_per_min / 60
        self._handshakes = Buckets(clock, per_s, settings.handshakes_per_min)
        self.messages = Buckets(clock, settings.messages_per_s, settings.message_burst)

    def __len__(self) -> int:
        return len(self._open)

    def refusal(self, address: str) -> int:
        """0 if an address may open one more socket, else how many ms it should wait."""
        wait_ms = self._handshakes.take(address)  # also of one that finds no room
        if not wait_ms and self._by_address[address] >= self._settings.sockets_per_ip:
            return FULL_MS
        return wait_ms

    def add(self, session: Session, address: str) -> None:
        """A socket has opened."""
        self._open.add(session)
        self._by_address[address] += 1

    def remove(self, session: Session, address: str) -> None:
        """A socket has closed."""
        self._open.discard(session)
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def end(self, player: PlayerId) -> None:
        """Close every socket of somebody who is not there any more."""
        for session in [session for session in self._open if session.player == player]:
            session.close(CloseCode.NOT_SIGNED_IN, "nobody by this name")

    def drain(self, by_ms: int) -> None:
        """Let nobody in any more, and ask whoever is here to move on within ``by_ms``; 0: ask not.

        They leave at random instants of the first half, so that the second is left for coming in
        elsewhere, and for those that had to try twice.
        """
        self.is_draining = True
        frame = framed(Drain(by=by_ms, lo=0, hi=by_ms // 2))
        for session in list(self._open) if by_ms else ():
            session.drain(frame)

    def sign_out(self, ending: Ending) -> None:
        """Close every socket whose sign-in was ended, also one that has not said hello yet."""
        for session in list(self._open):
            sign_in = session.sign_in
            if isinstance(sign_in, Denied):
                continue
            if ending.covers(sign_in.player, sign_in.id, sign_in.since):
                session.close(CloseCode.NOT_SIGNED_IN, Denied.SIGNED_OUT.value)

    async def run(self) -> None:
        """Let every session know that time passes."""
        while True:
            await asyncio.sleep(TICK_S)
            now_s = self._clock.steady()
            for session in [session for session in self._open if session.look_at_s <= now_s]:
                session.look_at_s = now_s + LOOK_S
                try:
                    session.tick()
                except Exception:
                    logger.exception("a session's clock failed", extra=session.about)
                    session.close(CloseCode.SERVER_ERROR, "server error")
