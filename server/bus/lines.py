"""A line: one partition's way out to Redis and back, and the probe that it is one.

Redis forgets a subscriber without a word (a slot that moved, a connection that hangs half open), so
a node listens for itself: what it sends must come back. Two silent intervals, and the line is laid
anew.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import msgspec
from redis.asyncio.client import PubSub

from server.bus.hints import NOTHING, Hint, merged
from server.bus.places import ANSWER_S, UNABLE, Places
from server.clock import Clock
from server.metrics import BusMetrics

logger = logging.getLogger(__name__)

RETRY_S = 0.5
PACE_S = 0.01
"""Time between two messages: what is told meanwhile shares one, and a lone hint goes at once."""
MISSED = 2
"""Probes that may stay out: one can have been on its way when a slot moved."""

Message = tuple[str, Hint]
"""The node that sends, and what it says. Nothing to say: a probe."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


class Silent(ConnectionError):
    """What was sent does not come back."""


class Line:
    """``run`` until cancelled by whoever started it.

    Args:
        deliver: is called with each hint of another node.
        gap: is called when the line is up again, or for the first time.
    """

    def __init__(
        self,
        places: Places,
        partition: int,
        node: str,
        *,
        probe_s: float,
        clock: Clock,
        metrics: BusMetrics,
        deliver: Callable[[Hint], None],
        gap: Callable[[], None],
    ) -> None:
        self._places = places
        self._partition = partition
        self._node = node
        self._probe_s = probe_s
        self._clock = clock
        self._metrics = metrics
        self._deliver = deliver
        self._gap = gap
        self._channel = places.key(partition, "hints")
        self._waiting = NOTHING
        self._wake = asyncio.Event()
        self._heard_s = 0.0
        self.failure: str | None = "Redis has not answered yet"

    def tell(self, hint: Hint) -> None:
        """Send a hint with the next message."""
        self._waiting = merged(self._waiting, hint)
        self._wake.set()

    async def run(self) -> None:
        """Send and listen."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._again(self._send))
            both.create_task(self._again(self._listen))

    async def _again(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it anew after a failure, whatever it was: a node without a bus still serves."""
        while True:
            try:
                await work()
            except Silent as error:
                self._metrics.lost()
                self._fail(error)
            except UNABLE as error:
                self._fail(error)
                await asyncio.sleep(RETRY_S)
            except Exception as error:
                logger.exception("a line to Redis failed")
                self._fail(error)
                await asyncio.sleep(RETRY_S)

    async def _send(self) -> None:
        """Send what waits; and if nothing does for a while, that."""
        while True:
            if self._waiting == NOTHING:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._probe_s):
                        await self._wake.wait()
            self._wake.clear()
            hint, self._waiting = self._waiting, NOTHING
            try:
                await self._publish(_encode((self._node, hint)))
            except BaseException:
                self._waiting = merged(hint, self._waiting)
                raise
            if hint != NOTHING:
                self._metrics.sent()
                await asyncio.sleep(PACE_S)

    async def _publish(self, data: bytes) -> None:
        client = self._places.client(self._partition)
        how = "SPUBLISH" if self._places.is_sharded else "PUBLISH"
        await client.execute_command(how, self._channel, data)

    async def _listen(self) -> None:
        """Hear what comes by one subscription, until its partition is elsewhere.

        Raises:
            Silent: nothing of our own has come back for too long.
            one of UNABLE: the connection is gone, or the partition is no longer there.
        """
        client = self._places.client(self._partition)
        subscription = client.pubsub()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._subscribe(subscription)
            self._heard_s = self._clock.steady()
            while self._places.client(self._partition) is client:
                # pubsub's wait for a message is what sets the pace of looking at the time.
                heard = await subscription.get_message(timeout=self._probe_s)
                if heard is not None:
                    self._hear(heard["type"], heard["data"])
                if self._clock.steady() - self._heard_s > MISSED * self._probe_s:
                    raise Silent("what is published to Redis does not come back")
            self._fail(ConnectionError("the partition has moved to another primary"))
        finally:
            await subscription.aclose()

    async def _subscribe(self, subscription: PubSub) -> None:
        if self._places.is_sharded:
            await subscription.ssubscribe(self._channel)
        else:
            await subscription.subscribe(self._channel)

    def _hear(self, kind: str, data: bytes) -> None:
        if kind in ("subscribe", "ssubscribe"):
            self._wake.set()  # a probe at once: the line is not up before one has come back
            return
        if kind == "sunsubscribe":
            raise Silent("the partition has moved to another primary")
        try:
            node, hint = _decode(data)
        except msgspec.MsgspecError:
            logger.warning("a hint cannot be read: is another version at work?")
            return
        if node == self._node:
            self._heard_s = self._clock.steady()
            self._come_up()
        elif hint != NOTHING:
            self._metrics.received()
            self._deliver(hint)

    def _come_up(self) -> None:
        if self.failure is not None:
            self.failure = None
            self._gap()

    def _fail(self, error: BaseException) -> None:
        self._places.doubt()
        self.failure = str(error) or type(error).__name__
