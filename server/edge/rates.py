"""Rates: token buckets per socket, player and address, in bounded memory."""

from collections import OrderedDict

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


class CallRates:
    """What an address may call without a sign-in."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.guests = Buckets(clock, settings.guests_per_hour / 3600, settings.guests_per_hour)
        self.lookups = Buckets(clock, settings.lookups_per_min / 60, settings.lookups_per_min)
