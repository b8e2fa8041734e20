"""Faults of Redis: it dies, hangs, forgets, is led by others, moves; no player should notice."""

from collections.abc import Mapping, Sequence

from redis.asyncio import Redis

from loadtests.cluster.redis_servers import RedisServer, until_redis
from loadtests.faults.fault import Fault
from loadtests.faults.world import World

MOVE_MS = 1_000
LEADING = b"master"
"""As Redis calls it."""
DATABASE = 0
"""The only one that a cluster has."""


class RedisKilled(Fault):
    """All of it is gone."""

    name = "Redis killed"
    says = "all six servers of the cluster get `kill -9`, and are started 4 s later, empty"
    hold_s = 4.0

    async def inject(self, world: World) -> None:
        """All at once."""
        world.cluster.kill()

    async def heal(self, world: World) -> None:
        """Until it is a cluster again."""
        for server in world.cluster.servers:
            await server.start()
        await until_whole(world.cluster.servers)


class PlainRedisGone(Fault):
    """The only server that there is, for a minute: everything still comes, later."""

    name = "plain Redis gone for a minute"
    says = "Redis is one server; it gets `kill -9`, and is started 60 s later; heads poll of 5 s"
    hold_s = 60.0
    rounds = 1
    is_of_plain_redis = True
    settings: Mapping[str, str] = {}
    late_s = 7.0
    """The heads poll as it is by default, and two seconds for a busy machine."""

    async def inject(self, world: World) -> None:
        """It is gone."""
        world.plain_redis.kill()

    async def heal(self, world: World) -> None:
        """Until it answers."""
        await world.plain_redis.start()


class RedisFlushed(Fault):
    """It has forgotten everything."""

    name = "Redis flushed"
    says = "every primary is emptied (FLUSHALL)"
    hold_s = 0.0

    async def inject(self, world: World) -> None:
        """Their replicas with them."""
        for server in await primaries(world.cluster.servers):
            await server.ask("FLUSHALL")


class PrimaryKilled(Fault):
    """Its replica takes over, without being told."""

    name = "Redis primary killed"
    says = "one primary of three gets `kill -9`, its replica takes over; it comes back 4 s later"
    hold_s = 4.0

    def __init__(self) -> None:
        self._gone: RedisServer | None = None

    async def inject(self, world: World) -> None:
        """Any of them."""
        self._gone = world.dice.choice(await primaries(world.cluster.servers))
        self._gone.kill()

    async def heal(self, world: World) -> None:
        """As a replica, for another has its place."""
        assert self._gone is not None, "injected before"
        await self._gone.start()
        await until_whole(world.cluster.servers)


class PrimaryFrozen(Fault):
    """It hangs: its connections stand. When it goes on it is a replica and has to find out."""

    name = "Redis primary frozen"
    says = "one primary of three is stopped for 4 s (SIGSTOP), its replica takes over; it goes on"
    hold_s = 4.0

    def __init__(self) -> None:
        self._frozen: RedisServer | None = None

    async def inject(self, world: World) -> None:
        """Any of them."""
        self._frozen = world.dice.choice(await primaries(world.cluster.servers))
        self._frozen.stop()

    async def heal(self, world: World) -> None:
        """It goes on."""
        assert self._frozen is not None, "injected before"
        self._frozen.go_on()
        await until_whole(world.cluster.servers)


class RedisFailedOver(Fault):
    """An operator has a replica take over."""

    name = "Redis failed over"
    says = "a replica takes its primary's place (CLUSTER FAILOVER)"
    hold_s = 0.0

    async def inject(self, world: World) -> None:
        """Any of them; what was sent to the old one meanwhile is held up, not lost."""
        servers = world.cluster.servers
        leading = await primaries(servers)
        chosen = world.dice.choice([server for server in servers if server not in leading])
        await chosen.ask("CLUSTER", "FAILOVER")
        await until_redis(chosen.port, _leads)

    async def heal(self, world: World) -> None:
        """All know it."""
        await until_whole(world.cluster.servers)


class RedisResharded(Fault):
    """What nodes listen on is elsewhere, and nobody tells them."""

    name = "Redis resharded"
    says = "a slot that nodes listen on moves to another primary, with its keys"
    hold_s = 0.0

    async def inject(self, world: World) -> None:
        """Any that somebody listens on."""
        leading = await primaries(world.cluster.servers)
        listening = {server: await channels(server) for server in leading}
        old = world.dice.choice([server for server, found in listening.items() if found])
        new = world.dice.choice([server for server in leading if server is not old])
        slot = int(await old.ask("CLUSTER", "KEYSLOT", world.dice.choice(listening[old])))
        old_id, new_id = [str(await one.ask("CLUSTER", "MYID"), "ascii") for one in (old, new)]
        await new.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", old_id)
        await old.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", new_id)
        while keys := await old.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            where = ("127.0.0.1", new.port, "", DATABASE, MOVE_MS)
            await old.ask("MIGRATE", *where, "REPLACE", "KEYS", *keys)
        for server in (new, old, *(one for one in leading if one not in (old, new))):
            await server.ask("CLUSTER", "SETSLOT", slot, "NODE", new_id)


async def primaries(servers: Sequence[RedisServer]) -> list[RedisServer]:
    """Those that lead now."""
    return [server for server in servers if await is_primary(server)]


async def is_primary(server: RedisServer) -> bool:
    """Whether a server leads."""
    role = await server.ask("ROLE")
    return bool(role[0] == LEADING)


async def channels(server: RedisServer) -> list[bytes]:
    """What somebody listens on at a server, in a fixed order."""
    found = await server.ask("PUBSUB", "SHARDCHANNELS")
    return sorted(found)


async def until_whole(servers: Sequence[RedisServer]) -> None:
    """Wait until each of them says that every slot is served."""
    for server in servers:
        await until_redis(server.port, _serves_all)


async def _serves_all(client: Redis) -> bool:
    info = await client.cluster("info")
    return bool(info["cluster_state"] == "ok")


async def _leads(client: Redis) -> bool:
    role = await client.execute_command("ROLE")
    return bool(role[0] == LEADING)
