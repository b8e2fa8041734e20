"""A house of several nodes: one PostgreSQL, one Redis or a cluster of them, and servers on both."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
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
async def house(count: int, *, is_clustered: bool = True, **settings: str) -> AsyncIterator[House]:
    """So many nodes, all of which serve.

    Args:
        count: of nodes.
        is_clustered: whether Redis is three primaries with a replica each, or one server.
        settings: more of the servers' own, by their environment variables.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gutsy-house-")))
        postgres = stack.enter_context(postgres_server())
        redis: RedisServer | Cluster = await (
            stack.enter_async_context(redis_cluster(folder))
            if is_clustered
            else stack.enter_async_context(one_redis(folder))
        )
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
        for node in nodes:
            await asyncio.to_thread(node.start)
        yield House(postgres, redis, nodes)
