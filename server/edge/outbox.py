"""The outbox: what a turn of the loop brings to each connection leaves in one write at its end.

One for all sockets of a node, so that a turn costs one callback, not one for each connection.
"""

import asyncio
from typing import Protocol


class Sender(Protocol):
    """Whoever has something queued."""

    def flush(self) -> None:
        """Send it; must not fail."""
        ...


class Outbox:
    """Who has something to send at the end of this turn. On the loop only."""

    def __init__(self) -> None:
        self._waiting: list[Sender] = []

    def add(self, sender: Sender) -> None:
        """Flush ``sender`` in the next turn, once: it adds itself when its queue was empty."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(sender)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for sender in waiting:
            sender.flush()
