"""Real Redis servers: one, or a cluster of three primaries with a replica each.

Each on a port of its own and in a folder of its own, started here and ended by its own process.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from loadtests.node import free_port
from tests.provision.redis import redis_program

LIMIT_S = 30.0
"""How long a server or a cluster may take to be what it should be."""
NODE_TIMEOUT_MS = 1_000
"""After which a cluster's nodes call one of them dead."""
SLOTS = 16_384


class RedisServer:
    """One server. ``start`` and ``kill`` as often as you like; its data is gone with it."""

    def __init__(self, folder: Path, *, is_clustered: bool = False) -> None:
        self.port, self.gossip_port = free_port(), free_port()
        self._folder = folder
        self._is_clustered = is_clustered
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Run, and answer."""
        program = redis_program()
        self._folder.mkdir(exist_ok=True)
        command = [str(program.path), "--port", str(self.port), "--bind", "127.0.0.1"]
        quiet = ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            # At once done; what it starts is waited for below.
            self._process = subprocess.Popen(  # noqa: ASYNC220
                [*command, *quiet, *(self._clustered() if self._is_clustered else ())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=program.environment,
                process_group=0,
            )
        await until_redis(self.port, lambda client: client.ping())

    def _clustered(self) -> Sequence[str]:
        return (
            *("--cluster-enabled", "yes", "--cluster-port", str(self.gossip_port)),
            *("--cluster-node-timeout", str(NODE_TIMEOUT_MS)),
            # A replica takes over also where nothing was ever written.
            *("--cluster-replica-validity-factor", "0"),
            # Before the first ping a replica counts as not there.
            *("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"),
        )

    def kill(self) -> None:
        """End it as a failing machine would, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Let it hang: its connections stay, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it work again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def ask(self, *command: str | int | bytes) -> Any:  # noqa: ANN401 whatever it answers
        """One command's answer."""
        async with _client(self.port) as client:
            return await client.execute_command(*command)


class Cluster:
    """Three primaries, and a replica of each behind them: ``servers[n + 3]`` is that of ``n``."""

    def __init__(self, servers: Sequence[RedisServer]) -> None:
        self.servers = servers

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.servers[0].url}/?cluster=1"

    async def form(self) -> None:
        """Become one cluster."""
        first = self.servers[0]
        ids = [str(await server.ask("CLUSTER", "MYID"), "ascii") for server in self.servers]
        for epoch, server in enumerate(self.servers, 1):
            # Each has one of its own before they meet.
            await server.ask("CLUSTER", "SET-CONFIG-EPOCH", epoch)
        for server in self.servers[1:]:
            await server.ask("CLUSTER", "MEET", "127.0.0.1", first.port, first.gossip_port)
        bounds = [0, SLOTS // 3, 2 * SLOTS // 3, SLOTS]
        for server, start, end in zip(self.servers, bounds, bounds[1:], strict=False):
            await server.ask("CLUSTER", "ADDSLOTSRANGE", start, end - 1)
        for server, primary in zip(self.servers[3:], ids, strict=False):
            await self._until_known(server, ids)
            await server.ask("CLUSTER", "REPLICATE", primary)
        for server in self.servers:
            await until_redis(server.port, _is_whole)

    async def _until_known(self, server: RedisServer, ids: Sequence[str]) -> None:
        async def knows_all(client: "Redis") -> bool:
            known = str(await client.execute_command("CLUSTER NODES"))
            return all(one in known for one in ids)

        await until_redis(server.port, knows_all)

    def kill(self) -> None:
        """End all of them."""
        for server in self.servers:
            server.kill()


@asynccontextmanager
async def one_redis(folder: Path) -> AsyncIterator[RedisServer]:
    """A server that runs."""
    server = RedisServer(folder / "redis")
    try:
        await server.start()
        yield server
    finally:
        server.kill()


@asynccontextmanager
async def redis_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """A cluster that is whole."""
    cluster = Cluster(
        [RedisServer(folder / f"redis-{number}", is_clustered=True) for number in range(6)]
    )
    try:
        for server in cluster.servers:
            await server.start()
        await cluster.form()
        yield cluster
    finally:
        cluster.kill()


async def _is_whole(client: "Redis") -> bool:
    if (await client.cluster("info"))["cluster_state"] != "ok":
        return False
    slots = await client.execute_command("CLUSTER SLOTS")
    link = (await client.info("replication")).get("master_link_status", "up")
    return [len(nodes) for _first, _last, *nodes in slots] == [2, 2, 2] and link == "up"


def _client(port: int) -> "Redis":
    return Redis(host="127.0.0.1", port=port, retry=Retry(NoBackoff(), 0), protocol=2)


async def until_redis(port: int, is_so: Callable[["Redis"], Any]) -> None:
    """Wait until a server answers, and what it says is so."""
    async with asyncio.timeout(LIMIT_S), _client(port) as client:
        while True:
            with suppress(RedisError, OSError):
                if await is_so(client):
                    return
            await asyncio.sleep(0.02)
