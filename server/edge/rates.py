"""Rates: token buckets per socket, player and address, in bounded memory.

Those that keep people and their codes safe are counted over all nodes: coming in, joining, looking
codes up, and sign-ins. Those that keep a node safe are its own: sockets, messages, commands.
"""

from collections import OrderedDict

from server.bus.rates import Rate, SharedRates
from server.clock import Clock
from server.settings import Settings

KEPT_BUCKETS = 100_000
"""Buckets held at once. The least used go first, which forgives whoever was quiet longest."""


class Bucket:
    """So many at once, and so many a second after that."""

    __slots__ = ("_burst", "_level", "_per_s", "_seen_at")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._level = burst
        self._seen_at = now_s

    def take(self, now_s: float) -> int:
        """0 and one fewer left, or how many ms to wait."""
        self._level = min(self._burst, self._level + (now_s - self._seen_at) * self._per_s)
        self._seen_at = now_s
        if self._level >= 1:
            self._level -= 1
            return 0
        return max(1, int((1 - self._level) / self._per_s * 1000))


class Buckets:
    """One bucket for each key."""

    def __init__(self, clock: Clock, per_s: float, burst: float) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._by_key: OrderedDict[str, Bucket] = OrderedDict()

    def bucket(self) -> Bucket:
        """A bucket of this kind that nobody else shares."""
        return Bucket(self._per_s, self._burst, self._clock.steady())

    def take(self, key: str) -> int:
        """0, or how many ms the owner of this key has to wait."""
        bucket = self._by_key.get(key)
        if bucket is None:
            bucket = self._by_key[key] = self.bucket()
            if len(self._by_key) > KEPT_BUCKETS:
                self._by_key.popitem(last=False)
        self._by_key.move_to_end(key)
        return bucket.take(self._clock.steady())


class SharedBuckets:
    """One bucket for each key, over all nodes.

    A node's own comes first: it never lets pass what the shared one would not, is there when that
    cannot be asked, and keeps whoever storms one node away from it.
    """

    def __init__(self, clock: Clock, rate: Rate, shared: SharedRates | None = None) -> None:
        self._own = Buckets(clock, rate.per_s, rate.burst)
        self._rate = rate
        self._shared = shared

    async def take(self, key: str) -> int:
        """0, or how many ms the owner of this key has to wait."""
        return self.take_own(key) or await self.take_shared(key)

    @property
    def is_shared(self) -> bool:
        """Whether there is more to ask than this node's own."""
        return self._shared is not None

    def take_own(self, key: str) -> int:
        """As ``take``, of this node's bucket only."""
        return self._own.take(key)

    async def take_shared(self, key: str) -> int:
        """As ``take``, of the bucket of all nodes only."""
        wait_ms = None if self._shared is None else await self._shared.take(self._rate, key)
        return wait_ms or 0


class CallRates:
    """What an address may call without a sign-in."""

    def __init__(self, settings: Settings, clock: Clock, shared: SharedRates | None = None) -> None:
        self.guests = SharedBuckets(clock, per_hour("guests", settings.guests_per_hour), shared)
        self.lookups = SharedBuckets(clock, per_min("lookups", settings.lookups_per_min), shared)


def per_min(kind: str, count: int) -> Rate:
    """So many a minute, all of them at once if they come so."""
    return Rate(kind=kind, per_s=count / 60, burst=count)


def per_hour(kind: str, count: int) -> Rate:
    """So many an hour, all of them at once if they come so."""
    return Rate(kind=kind, per_s=count / 3600, burst=count)
