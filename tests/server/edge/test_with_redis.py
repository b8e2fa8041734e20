"""A whole server that has a Redis: what it tells by it, and that it serves without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loadtests.cluster.redis_servers import RedisServer, one_redis
from server.bus.places import places_at
from server.bus.redis_bus import RedisBus
from server.clock import Clock
from tests.contracts.buses import Ear, up
from tests.server.serving import Served, fresh_id, registration, serving
from tests.server.world import until


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis that is there."""
    async with one_redis(tmp_path) as server:
        yield server


@pytest.fixture
async def served(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Served]:
    """A server on it."""
    async with serving(tmp_path / "data", redis_url=redis.url, guests_per_hour=3) as served:
        bus = served.services.bus
        assert bus is not None
        await up(bus)
        yield served


@asynccontextmanager
async def another_node(redis: RedisServer, served: Served) -> AsyncIterator[Ear]:
    """Somebody else on the same log, as far as Redis is concerned."""
    ear = Ear(RedisBus(places_at(redis.url, served.services.log.log_id), Clock()))
    task = asyncio.create_task(ear.bus.run())
    await up(ear.bus)
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ready(served: Served) -> tuple[int, str]:
    """The status of ``/readyz``, and what it says of other nodes."""
    async with served.http() as http:
        answer = await http.get("/readyz")
    return answer.status_code, answer.json()["bus"]


async def test_others_hear_of_commits_presence_endings_and_erasure(
    redis: RedisServer, served: Served
) -> None:
    """Each is a hint, and none says who or what."""
    async with another_node(redis, served) as ear, served.guest("Maya") as maya:
        squad = await maya.squad()
        async with maya.socket({squad: 0}) as socket:
            await socket.hear("live")
            await socket.say("act", s=squad, st=1)
            await until(lambda: [hint for hint in ear.hints if squad in hint.around])
        await maya.http.post("/api/link")
        await maya.http.delete("/api/session")
        await until(lambda: [hint for hint in ear.hints if hint.has_ended])
        async with served.guest("Sam") as sam:
            await sam.do("player.erase", confirm="Sam")
        await until(lambda: [hint for hint in ear.hints if hint.has_erased])

        assert max(hint.heads.get(squad, 0) for hint in ear.hints) == 2


async def test_a_server_without_its_redis_is_ready_and_says_so(
    redis: RedisServer, served: Served
) -> None:
    """A balancer that took it away would take all of them away."""
    before = await ready(served)
    redis.kill()
    await until(lambda: served.services.bus and served.services.bus.failure)
    status, reason = await ready(served)
    async with served.guest("Maya") as maya:
        squad = await maya.squad()
        async with maya.socket({squad: 0}) as socket:
            await socket.hear("live")
            metrics = (await maya.http.get("/metrics")).text

    assert ((200, "ok"), 200) == (before, status)
    assert "connect" in reason
    assert 'gutsy_failing{part="bus"} 1.0' in metrics


async def test_a_server_comes_up_without_its_redis(tmp_path: Path) -> None:
    """And serves."""
    async with serving(tmp_path, redis_url="redis://127.0.0.1:1") as served:
        async with served.guest("Maya") as maya:
            assert await maya.squad()
        assert (await ready(served))[0] == 200


async def test_a_lone_server_says_that_it_is_alone(tmp_path: Path) -> None:
    """Nothing is amiss."""
    async with serving(tmp_path) as served:
        assert (200, "alone") == await ready(served)


async def come_in(served: Served, count: int) -> list[int]:
    """The statuses of so many guests who come in from one address."""
    statuses = []
    async with served.http() as http:
        for _ in range(count):
            answer = await http.post("/api/guest", json=registration(f"Guest {fresh_id()[-8:]}"))
            statuses.append(answer.status_code)
    return statuses


async def test_guests_of_an_address_are_limited_with_redis_and_without(
    redis: RedisServer, served: Served
) -> None:
    """Three an hour; and it does not begin anew when Redis is gone."""
    with_redis = await come_in(served, 2)
    redis.kill()
    without = await come_in(served, 2)

    assert ([201, 201], [201, 503]) == (with_redis, without)
