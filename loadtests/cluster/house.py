"""A house of several nodes: one PostgreSQL, one Redis or a cluster of them, and servers on both."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from loadtests.cluster.postgres import Postgres, postgres_server
from loadtests.cluster.redis_servers import Cluster, RedisServer, one_redis, redis_cluster
from loadtests.node import Node

SECRET = "what all nodes of a house have in common"
"""Nothing in such a house outlives it."""


class House:
    """What runs: ``nodes`` may be killed, frozen and started anew, and so may what they share."""

    def __init__(
        self, postgres: Postgres, redis: RedisServer | Cluster, nodes: Sequence[Node]
    ) -> None:
        self.postgres = postgres
        self.redis = redis
        self.nodes = nodes

    def gutsy(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """``gutsy verify`` and the like, on what the nodes share."""
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *command],
            env=self.nodes[0].environment(),
            capture_output=True,
            text=True,
            check=False,
        )


@asynccontextmanager
async def house(
    count: int,
    settings: Mapping[str, str],
    *,
    is_clustered: bool = True,
    tell: Callable[[str, str], None] = lambda _part, _place: None,
) -> AsyncIterator[House]:
    """So many nodes, all of which serve.

    Args:
        count: of nodes.
        settings: more of the servers' own, by their environment variables.
        is_clustered: whether Redis is three primaries with a replica each, or one server.
        tell: hears of each part that is up, and where.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gutsy-house-")))
        postgres = stack.enter_context(postgres_server())
        tell("PostgreSQL", f"127.0.0.1:{postgres.port}")
        redis: RedisServer | Cluster
        if is_clustered:
            redis = await stack.enter_async_context(redis_cluster(folder))
        else:
            redis = await stack.enter_async_context(one_redis(folder))
        tell("Redis Cluster" if is_clustered else "Redis", redis.url)
        shared = {
            "GUTSY_DATABASE_URL": postgres.place(),
            "GUTSY_KEYS_URL": postgres.place(),
            "GUTSY_REDIS_URL": redis.url,
            "GUTSY_SECRET": SECRET,
            **settings,
        }
        nodes = [Node(folder / f"node-{number}", shared) for number in range(count)]
        for node in nodes:
            stack.callback(node.kill)
        # The first makes the tables.
        for number, node in enumerate(nodes, 1):
            # Not in the thread: it would start one more while all of this is being ended.
            node.launch()
            await asyncio.to_thread(node.wait_until_ready)
            tell(f"node {number}", node.url)
        yield House(postgres, redis, nodes)
