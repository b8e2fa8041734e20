"""Shared rates in Redis: one number for each key, gone by itself when it says nothing more."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from server.bus.hints import partition_of
from server.bus.places import UNABLE, Places
from server.bus.rates import Rate, SharedRates
from server.clock import Clock

logger = logging.getLogger(__name__)

ANSWER_S = 0.25
"""How long somebody who signs in may wait for Redis."""
REST_S = 1.0
"""After a failure, how long it is not asked again: so at most one in a second waits for it."""

# The instant at which the bucket would be full again is all there is to know (GCRA), in Redis' own
# time, since the nodes' clocks may differ.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local each, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = full - now - slack
if wait > 0 then
  return math.ceil(wait)
end
full = full + each
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 0
"""


class RedisRates(SharedRates):
    """``hide`` makes of an address or a player what Redis may know: no log of who was where."""

    def __init__(self, places: Places, clock: Clock, hide: Callable[[str], str]) -> None:
        self._places = places
        self._clock = clock
        self._hide = hide
        self._rests_until_s = clock.steady()

    async def take(self, rate: Rate, key: str) -> int | None:
        if self._clock.steady() < self._rests_until_s:
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._take(rate, self._hide(key))
        except UNABLE as error:
            logger.debug("a rate cannot be shared: %s", error)  # said aloud by the bus
            self._rests_until_s = self._clock.steady() + REST_S
            self._places.doubt()
            return None

    async def _take(self, rate: Rate, name: str) -> int:
        partition = partition_of(name, self._places.count)
        key = self._places.key(partition, "rate", rate.kind, name)
        each_ms = 1000 / rate.per_s
        slack_ms = (rate.burst - 1) * each_ms
        answer: Any = self._places.client(partition).eval(TAKE, 1, key, each_ms, slack_ms)
        wait_ms: int = await answer
        return wait_ms
