"""The port of the bus, and the adapter for several nodes in one process.

A node that is alone has no bus: what it commits goes straight to its own hub and runner.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from server.bus.hints import Hint

logger = logging.getLogger(__name__)

OnHint = Callable[[Hint], None]
OnGap = Callable[[], None]


class Bus(ABC):
    """Carries hints to all other nodes. On the loop only.

    Delivery: at most once and in no order, as long as it is up; what could not be sent is kept in
    one merged hint and goes out when that works again. A node does not hear its own hints.
    """

    def __init__(self) -> None:
        self._on_hint: list[OnHint] = []
        self._on_gap: list[OnGap] = []

    @property
    def failure(self) -> str | None:
        """Why hints do not come and go just now, in words; None while they do."""
        return None

    def on_hint(self, listener: OnHint) -> None:
        """Call ``listener`` with each hint of another node."""
        self._on_hint.append(listener)

    def on_gap(self, listener: OnGap) -> None:
        """Call ``listener`` whenever hints come again after a time in which they may not have."""
        self._on_gap.append(listener)

    @abstractmethod
    def tell(self, hint: Hint) -> None:
        """Let all others know. Never waits and never fails."""

    @abstractmethod
    async def run(self) -> None:
        """Carry hints, until cancelled by whoever started it."""

    def _deliver(self, hint: Hint) -> None:
        for listener in self._on_hint:
            try:
                listener(hint)
            except Exception:
                # The next one may do better; and there is the poll.
                logger.exception("a hint of another node could not be followed")

    def _tell_of_gap(self) -> None:
        for listener in self._on_gap:
            listener()


class MemoryBus(Bus):
    """Connects nodes that share a process, as in tests. The reference."""

    def __init__(self, beside: "MemoryBus | None" = None) -> None:
        super().__init__()
        self._all: list[MemoryBus] = [] if beside is None else beside._all
        self._all.append(self)

    def tell(self, hint: Hint) -> None:
        loop = asyncio.get_running_loop()
        for other in self._all:
            if other is not self:
                loop.call_soon(other._deliver, hint)

    async def run(self) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._all.remove(self)
