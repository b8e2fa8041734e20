"""The rates that nodes share, on every adapter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from server.bus.places import places_at
from server.bus.rates import MemoryRates, Rate, SharedRates
from server.bus.redis_rates import RedisRates
from server.clock import Clock
from tests.contracts.buses import KINDS, bus_of, up

SLOW = Rate(kind="joins", per_s=1 / 3600, burst=5)
QUICK = Rate(kind="joins", per_s=20, burst=2)

Make = Callable[[], SharedRates]


@pytest.fixture(
    params=[pytest.param(kind, marks=[pytest.mark.slow] * (kind == "cluster")) for kind in KINDS]
)
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a node's rates, of each kind."""
    async with bus_of(request.param, tmp_path) as maker:
        await up(maker.make())
        memory = MemoryRates(Clock())
        tasks: list[asyncio.Task[None]] = []

        def node() -> SharedRates:
            if maker.url is None:
                return memory
            places = places_at(maker.url, "game")
            tasks.append(asyncio.create_task(places.run()))
            return RedisRates(places, Clock(), lambda address: f"hidden {address}")

        yield node
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def take(rates: SharedRates, rate: Rate, key: str) -> int:
    """What is said, as soon as something is: a place is asked for first."""
    async with asyncio.timeout(10):
        while True:
            said = await rates.take(rate, key)
            if said is not None:
                return said
            await asyncio.sleep(0.05)


async def test_what_may_come_at_once_is_counted_over_all_nodes(make: Make) -> None:
    """And whoever comes after it is told when to come again, by each of them."""
    one, other = make(), make()
    took = [await take(node, SLOW, "somewhere") for node in (one, other, one, other, one)]
    waits = [await take(node, SLOW, "somewhere") for node in (one, other)]

    assert [0] * 5 == took
    assert [True, True] == [3_500_000 < wait_ms <= 3_600_000 for wait_ms in waits]


async def test_one_comes_free_after_another(make: Make) -> None:
    """Whoever waits as long as they are told may."""
    rates = make()
    took = [await take(rates, QUICK, "somewhere") for _ in range(2)]
    async with asyncio.timeout(10):
        while wait_ms := await take(rates, QUICK, "somewhere"):
            assert wait_ms <= 50
            await asyncio.sleep(wait_ms / 1000)

    assert [0, 0] == took


async def test_addresses_and_kinds_are_counted_apart(make: Make) -> None:
    """One that has had enough holds up no other."""
    rates = make()
    looks = Rate(kind="lookups", per_s=SLOW.per_s, burst=1)
    took = [
        await take(rates, rate, key) for key in ("here", "there") for rate in (looks, *[SLOW] * 5)
    ]

    assert [0] * 12 == took
