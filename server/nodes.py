"""This node among the others: what it tells them, and what it does when they tell it something.

All of it leads to reading the log, which is also done now and then without being told.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from domain.facts import Fact, Recorded
from domain.players.events import PlayerErased
from server.bus.bus import Bus
from server.bus.hints import Hint
from server.live.hub import Hub
from server.runner import Runner

logger = logging.getLogger(__name__)

Look = Callable[[], Coroutine[Any, Any, None]]


class Nodes:
    """``run`` until cancelled by whoever started it. On the loop only.

    Args:
        react: somebody may have been erased: look.
        look_at_endings: sign-ins may have been ended: look.
        poll_s: how often to look without being told.
    """

    def __init__(
        self,
        bus: Bus,
        hub: Hub,
        runner: Runner,
        *,
        react: Callable[[], None],
        look_at_endings: Look,
        poll_s: float,
    ) -> None:
        self._bus = bus
        self._hub = hub
        self._runner = runner
        self._react = react
        self._look_at_endings = look_at_endings
        self._poll_s = poll_s
        self._wake = asyncio.Event()
        self._is_gap = False
        bus.on_hint(self.hear)
        bus.on_gap(self._missed)

    def committed(self, facts: Sequence[Recorded[Fact]]) -> None:
        """Tell the others where there is something new. Waits for nobody."""
        if not facts:
            return  # nobody knows what was written: all of them look now and then
        self._bus.tell(
            Hint(
                seq=facts[-1].seq,
                # In order, so that the last number of a squad is the one that stays.
                heads={
                    fact.stream.removeprefix("squad-"): fact.n
                    for fact in facts
                    if fact.stream.startswith("squad-")
                },
                has_erased=any(isinstance(fact.fact, PlayerErased) for fact in facts),
            )
        )

    def ended(self) -> None:
        """Tell the others that a sign-in was ended."""
        self._bus.tell(Hint(has_ended=True))

    def hear(self, hint: Hint) -> None:
        """Another node has seen something move."""
        self._hub.hint(hint.heads)
        if hint.seq > self._runner.position:
            self._runner.notify(())
        if hint.has_erased:
            self._react()
        if hint.has_ended:
            self._wake.set()

    async def run(self) -> None:
        """Look for what no hint has brought, and at once where hints may have been missed."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.look()
            except Exception:
                # As with the hub's poll: the next turn tries again.
                logger.exception("what other nodes have done could not be looked at")

    async def look(self) -> None:
        """Do what hints should have led to, were there any."""
        is_gap, self._is_gap = self._is_gap, False
        await self._look_at_endings()
        # Every node has to forget the keys of who was erased. The runner looks by itself.
        self._react()
        if is_gap:
            await self._hub.poll()

    def _missed(self) -> None:
        self._is_gap = True
        self._wake.set()
