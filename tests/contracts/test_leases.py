"""The leases that nodes show each other, on every adapter."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.ids import PlayerId
from server.bus.leases import LASTS_S, Leases, MemoryLeases, States
from server.bus.places import places_at
from server.bus.redis_leases import RedisLeases
from tests.contracts.buses import KINDS, bus_of, up
from tests.server.world import HandClock

MAYA, SAM = PlayerId("maya"), PlayerId("sam")
SQUADS = [f"squad {number}" for number in range(500)]
"""More than go into one call."""
SHORT_S = 0.2


class Nodes:
    """Nodes that show each other leases, and a way to let those run out."""

    def __init__(self, kind: str, url: str | None) -> None:
        self._kind = kind
        self._url = url
        self._clock = HandClock()
        self._first: MemoryLeases | None = None
        self.tasks: list[asyncio.Task[None]] = []

    def make(self, node: str, lasts_s: float = LASTS_S) -> Leases:
        """A node's leases."""
        if self._url is None:
            made = MemoryLeases(self._clock, node, beside=self._first)
            self._first = self._first or made
            return made
        places = places_at(self._url, "game")
        self.tasks.append(asyncio.create_task(places.run()))
        return RedisLeases(places, node, lasts_s)

    def pass_by(self) -> None:
        """Let a lease's time pass; in Redis it does so by itself."""
        self._clock.pass_ms(int(LASTS_S * 1000))


@pytest.fixture(
    params=[pytest.param(kind, marks=[pytest.mark.slow] * (kind == "cluster")) for kind in KINDS]
)
async def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Nodes of each kind."""
    async with bus_of(request.param, tmp_path) as maker:
        await up(maker.make())
        nodes = Nodes(request.param, maker.url)
        try:
            yield nodes
        finally:
            for task in nodes.tasks:
                task.cancel()
            await asyncio.gather(*nodes.tasks, return_exceptions=True)


async def exchange(
    leases: Leases, own: dict[str, States]
) -> dict[str, dict[str, dict[PlayerId, int]]]:
    """What others hold, once all of it can be had: a place is asked for first."""
    async with asyncio.timeout(10):
        while True:
            found = await leases.exchange(own)
            if set(found) == set(own):
                return {s: {n: dict(h) for n, h in others.items()} for s, others in found.items()}
            await asyncio.sleep(0.01)


async def test_each_sees_the_others_leases_and_not_its_own(nodes: Nodes) -> None:
    """By squad and by node."""
    one, two, three = (nodes.make(name) for name in ("one", "two", "three"))
    await exchange(one, {"owls": {MAYA: 1, SAM: 3}, "larks": {MAYA: 2}})
    await exchange(two, {"owls": {MAYA: 2}})
    found = await exchange(three, {"owls": {}, "larks": {}, "nobody's": {}})
    seen_by_two = await exchange(two, {"owls": {MAYA: 2}})

    assert {
        "owls": {"one": {MAYA: 1, SAM: 3}, "two": {MAYA: 2}},
        "larks": {"one": {MAYA: 2}},
        "nobody's": {},
    } == found
    assert {"owls": {"one": {MAYA: 1, SAM: 3}}} == seen_by_two


async def test_a_lease_is_replaced_whole_and_ends_with_nobody_in_it(nodes: Nodes) -> None:
    """Whoever is not named any more is not there."""
    one, two = nodes.make("one"), nodes.make("two")
    seen = []
    for states in ({MAYA: 1, SAM: 1}, {SAM: 2}, {}):
        await exchange(one, {"owls": states})
        seen.append((await exchange(two, {"owls": {}}))["owls"])

    assert [{"one": {MAYA: 1, SAM: 1}}, {"one": {SAM: 2}}, {}] == seen


async def test_a_lease_that_is_not_renewed_ends_by_itself(nodes: Nodes) -> None:
    """Of a node that was killed; another's, which is renewed, stays."""
    gone, stays, third = (nodes.make(name, SHORT_S) for name in ("gone", "stays", "third"))
    await exchange(gone, {"owls": {MAYA: 1}})
    both = []
    for _ in range(1_000):
        await exchange(stays, {"owls": {SAM: 1}})
        both.append(set((await exchange(third, {"owls": {}}))["owls"]))
        if both[-1] != {"gone", "stays"}:
            break
        await asyncio.sleep(0.01)
        nodes.pass_by()

    assert ({"gone", "stays"}, {"stays"}) == (both[0], both[-1])


async def test_many_squads_are_exchanged_at_once(nodes: Nodes) -> None:
    """Each has its own."""
    one, two = nodes.make("one"), nodes.make("two")
    await exchange(one, {squad: {MAYA: n % 3 + 1} for n, squad in enumerate(SQUADS)})
    found = await exchange(two, {squad: {} for squad in SQUADS})

    assert {squad: {"one": {MAYA: n % 3 + 1}} for n, squad in enumerate(SQUADS)} == found
