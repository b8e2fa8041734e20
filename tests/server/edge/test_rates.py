"""Rates over several nodes, and what stays of them when they cannot be shared."""

import pytest

from domain.refusals import Refusal
from server.bus.rates import MemoryRates, Rate, SharedRates
from server.edge.rates import SharedBuckets
from tests.server.world import HandClock, World, refusal, running

RATE = Rate(kind="joins", per_s=1, burst=3)


class Gone(SharedRates):
    """Nobody can be asked; counts how often somebody tried."""

    def __init__(self) -> None:
        self.asked = 0

    async def take(self, rate: Rate, key: str) -> int | None:
        self.asked += 1
        return None


async def taken(buckets: SharedBuckets, count: int) -> list[bool]:
    """Whether each of so many takes was let pass."""
    return [await buckets.take("somewhere") == 0 for _ in range(count)]


async def test_nodes_together_let_pass_what_one_would() -> None:
    """However they are chosen."""
    clock = HandClock()
    shared = MemoryRates(clock)
    one, other = (SharedBuckets(clock, RATE, shared) for _ in range(2))

    assert ([True, True], [True, False]) == (await taken(one, 2), await taken(other, 2))


async def test_while_nobody_can_be_asked_a_nodes_own_counts() -> None:
    """It has counted all along, and knows whom it has let pass."""
    gone = Gone()
    buckets = SharedBuckets(HandClock(), RATE, gone)

    assert [True, True, True, False, False] == await taken(buckets, 5)
    assert gone.asked == 3  # whoever is over the own one is not asked for


async def test_joins_are_counted_over_both_nodes_and_the_answer_says_so() -> None:
    """Of one address; who is over it joins later, by the same command's words."""
    clock = HandClock()
    shared = MemoryRates(clock)

    async def join(world: World, handle: str, code: str) -> str:
        player = await world.register(handle)
        reply = await world.do(player, "squad.join", {"code": code})
        return "in" if not hasattr(reply, "code") else refusal(reply)

    async with (
        running(clock=clock, rates=shared, joins_per_hour=2) as here,
        running(beside=here, rates=shared, joins_per_hour=2) as there,
    ):
        squad, (maya,) = await here.squad_of("Maya")
        code = await here.invite(maya, squad)
        came = [await join(here, "Sam", code), await join(there, "Ann", code)]
        late = [await join(there, "Bob", code), await join(here, "Eve", code)]

    assert (["in", "in"], ["BUSY", "BUSY"]) == (came, late)


async def test_sign_ins_of_one_player_are_counted_over_both_nodes() -> None:
    """Codes for another device, here."""
    clock = HandClock()
    shared = MemoryRates(clock)
    async with (
        running(clock=clock, rates=shared, player_sign_ins_per_min=2) as here,
        running(beside=here, rates=shared, player_sign_ins_per_min=2) as there,
    ):
        maya = here.auth.begin(await here.register("Maya"))
        for node in (here, there):
            await node.sign_ins.link(maya)

        with pytest.raises(Refusal, match="Too many tries"):
            await there.sign_ins.link(maya)
