"""Shared rates when Redis fails, and what they tell it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loadtests.cluster.redis_servers import RedisServer, one_redis
from server.bus.places import places_at
from server.bus.rates import Rate
from server.bus.redis_rates import REST_S, RedisRates
from tests.server.world import HandClock

RATE = Rate(kind="guesses", per_s=1 / 60, burst=5)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis that is there."""
    async with one_redis(tmp_path) as server:
        yield server


@asynccontextmanager
async def rates_on(server: RedisServer, clock: HandClock) -> AsyncIterator[RedisRates]:
    """A node's rates."""
    places = places_at(server.url, "game")
    task = asyncio.create_task(places.run())
    try:
        yield RedisRates(places, clock, lambda key: str(len(key)))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_redis_that_failed_is_left_alone_for_a_while(server: RedisServer) -> None:
    """So that of many who come at once one waits for it; then it is asked again."""
    clock = HandClock()
    async with rates_on(server, clock) as rates:
        before = await rates.take(RATE, "somewhere")
        server.kill()
        failed = await rates.take(RATE, "somewhere")
        await server.start()
        rested = await rates.take(RATE, "somewhere")
        clock.pass_ms(int(REST_S * 1000))
        after = await rates.take(RATE, "somewhere")

    assert (0, None, None, 0) == (before, failed, rested, after)


async def test_a_redis_that_hangs_is_not_waited_for_long(server: RedisServer) -> None:
    """Its connection stands, and it answers nobody."""
    async with rates_on(server, HandClock()) as rates:
        before = await rates.take(RATE, "somewhere")
        server.stop()
        hung = await rates.take(RATE, "somewhere")
        server.go_on()

    assert (0, None) == (before, hung)


async def test_redis_learns_no_address_and_keeps_nothing_for_long(server: RedisServer) -> None:
    """Only what was made of it, until it says nothing more."""
    async with rates_on(server, HandClock()) as rates:
        await rates.take(RATE, "192.0.2.7")
        (key,) = await server.ask("KEYS", "*")
        ends_in_ms = await server.ask("PTTL", key)

    assert b"192.0.2.7" not in key
    assert 0 < ends_in_ms <= 60_000
