"""Links by Redis; imported only where there is one, since redis-py costs 0.1 s and 4 MB."""

from collections.abc import Callable

from server.bus.links import Links
from server.bus.places import places_at
from server.bus.redis_bus import RedisBus
from server.bus.redis_leases import RedisLeases
from server.bus.redis_rates import RedisRates
from server.clock import Clock
from server.metrics import BusMetrics


def redis_links(
    url: str, game: str, clock: Clock, metrics: BusMetrics, hide: Callable[[str], str]
) -> Links:
    """Links by the Redis at a URL, which is not waited for.

    Args:
        game: keeps two games on one Redis apart.
        hide: makes of an address what Redis may know.
    """
    places = places_at(url, game)
    bus = RedisBus(places, clock, metrics)
    return Links(
        bus=bus,
        leases=RedisLeases(places, bus.node),
        rates=RedisRates(places, clock, hide),
    )
