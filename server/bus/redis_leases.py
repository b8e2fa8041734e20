"""Leases in Redis: a hash for each squad, beside the channel of its partition."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.ids import PlayerId
from server.bus.hints import partition_of
from server.bus.leases import LASTS_S, Leases, States
from server.bus.places import UNABLE, Places

logger = logging.getLogger(__name__)

AT_ONCE = 200
"""Squads in one call: Redis does nothing else meanwhile, about 1 ms."""

# When a lease ends is said in Redis' own time: the nodes' clocks may differ. Hashes' fields end by
# themselves only from Redis 7.4 on.
EXCHANGE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local node, lasts = ARGV[1], tonumber(ARGV[2])
local found = {}
for i, key in ipairs(KEYS) do
  local own = ARGV[i + 2]
  if own == '' then
    redis.call('HDEL', key, node)
  else
    redis.call('HSET', key, node, string.format('%013d', now + lasts) .. own)
    redis.call('PEXPIRE', key, lasts)
  end
  local all, others = redis.call('HGETALL', key), {}
  for j = 1, #all, 2 do
    if tonumber(string.sub(all[j + 1], 1, 13)) <= now then
      redis.call('HDEL', key, all[j])
    elseif all[j] ~= node then
      table.insert(others, all[j])
      table.insert(others, string.sub(all[j + 1], 14))
    end
  end
  found[i] = others
end
return found
"""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[PlayerId, int]).decode


class RedisLeases(Leases):
    """``node`` names this one among the others; ``lasts_s`` is shorter in tests."""

    def __init__(self, places: Places, node: str, lasts_s: float = LASTS_S) -> None:
        self._places = places
        self._node = node
        self._lasts_ms = int(lasts_s * 1000)

    async def exchange(self, own: Mapping[str, States]) -> Mapping[str, Mapping[str, States]]:
        by_partition: dict[int, dict[str, States]] = {}
        for squad, states in own.items():
            number = partition_of(squad, self._places.count)
            by_partition.setdefault(number, {})[squad] = states
        found = await asyncio.gather(*(self._try(*part) for part in by_partition.items()))
        return {squad: others for part in found for squad, others in part.items()}

    async def _try(
        self, partition: int, own: Mapping[str, States]
    ) -> Mapping[str, Mapping[str, States]]:
        """As ``exchange``, in one partition: one that cannot be reached leaves the others alone."""
        found: dict[str, Mapping[str, States]] = {}
        squads = list(own)
        try:
            for start in range(0, len(squads), AT_ONCE):
                some = squads[start : start + AT_ONCE]
                others = await self._exchange(partition, {squad: own[squad] for squad in some})
                found |= zip(some, map(_read, others), strict=True)
        except UNABLE as error:
            logger.debug("leases cannot be exchanged: %s", error)  # said aloud by the bus
            self._places.doubt()
        return found

    async def _exchange(
        self, partition: int, own: Mapping[str, States]
    ) -> Sequence[Sequence[bytes]]:
        client = self._places.client(partition)
        keys = [self._places.key(partition, "around", squad) for squad in own]
        values = [_encode(states) if states else b"" for states in own.values()]
        answer: Any = client.eval(EXCHANGE, len(keys), *keys, self._node, self._lasts_ms, *values)
        others: Sequence[Sequence[bytes]] = await answer
        return others


def _read(others: Sequence[bytes]) -> Mapping[str, States]:
    pairs = zip(others[::2], others[1::2], strict=True)
    return {node.decode(): _decode(states) for node, states in pairs}
