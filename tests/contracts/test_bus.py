"""The bus, on every adapter: in memory, on one Redis, on a Redis Cluster of three primaries."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.bus.hints import NOTHING, Hint, merged
from tests.contracts.buses import KINDS, BusMaker, Ear, bus_of, up
from tests.server.world import until

SQUADS = [f"squad {number}" for number in range(64)]


@pytest.fixture(
    params=[pytest.param(kind, marks=[pytest.mark.slow] * (kind == "cluster")) for kind in KINDS]
)
async def maker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BusMaker]:
    """A bus of each kind."""
    async with bus_of(request.param, tmp_path) as maker:
        yield maker


def all_of(ear: Ear) -> Hint:
    """Everything that was heard, as one hint."""
    whole = NOTHING
    for hint in ear.hints:
        whole = merged(whole, hint)
    return whole


async def test_a_hint_reaches_every_other_node_and_not_its_own(maker: BusMaker) -> None:
    """All of it, however it was split on the way: squads are in many partitions."""
    ears = [Ear(maker.make()) for _ in range(3)]
    await up(*(ear.bus for ear in ears))
    told = Hint(
        seq=7,
        heads={squad: n for n, squad in enumerate(SQUADS, 1)},
        around=frozenset(SQUADS[:5]),
        has_erased=True,
        has_ended=True,
    )
    ears[0].bus.tell(told)
    await until(lambda: all_of(ears[1]) == told and all_of(ears[2]) == told)

    assert [] == ears[0].hints


async def test_the_last_of_many_hints_arrives(maker: BusMaker) -> None:
    """In fewer messages than there were hints, or as many: what waits is merged."""
    one, other = Ear(maker.make()), Ear(maker.make())
    await up(one.bus, other.bus)
    for seq in range(1, 201):
        one.bus.tell(Hint(seq=seq, heads={"night owls": seq}))
    await until(lambda: all_of(other) == Hint(seq=200, heads={"night owls": 200}))

    assert len(other.hints) <= 200
