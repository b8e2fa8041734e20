"""The table of faults, and the one that is any of them."""

from collections.abc import Mapping, Sequence

from loadtests.faults import net_faults, node_faults, postgres_faults, redis_faults
from loadtests.faults.fault import Fault
from loadtests.faults.world import World

ALL: Sequence[type[Fault]] = (
    Fault,
    net_faults.Cut,
    net_faults.CutBeforeAnswer,
    net_faults.NetGone,
    net_faults.Delay,
    net_faults.HalfOpen,
    net_faults.AnswersLost,
    net_faults.Duplicates,
    net_faults.SlowReaders,
    node_faults.NodeKilled,
    node_faults.NodesKilled,
    node_faults.NodeFrozen,
    node_faults.NodesRestarted,
    redis_faults.RedisKilled,
    redis_faults.RedisFlushed,
    redis_faults.PrimaryKilled,
    redis_faults.PrimaryFrozen,
    redis_faults.RedisFailedOver,
    redis_faults.RedisResharded,
    postgres_faults.PostgresRestarted,
    postgres_faults.PostgresCrashed,
    postgres_faults.PostgresProcessKilled,
    postgres_faults.PostgresFrozen,
)


class AtRandom(Fault):
    """Another one each time."""

    name = "at random"
    says = "one of the others each time"
    hold_s = 3.0
    late_s = None

    def __init__(self) -> None:
        self._fault = Fault()

    async def inject(self, world: World) -> None:
        """Let one of them begin."""
        self._fault = world.dice.choice(ALL[1:])()
        await self._fault.inject(world)

    async def heal(self, world: World) -> None:
        """Let it end."""
        await self._fault.heal(world)


EVERY: Sequence[type[Fault]] = (*ALL, AtRandom, redis_faults.PlainRedisGone)
KINDS: Mapping[str, type[Fault]] = {kind.name: kind for kind in EVERY}
