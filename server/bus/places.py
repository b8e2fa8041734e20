"""Places: which Redis a partition lives on; one for all, or the primaries of a cluster.

redis-py's own cluster client is not used: it learns that a slot has moved from its own commands
only, reads all primaries in one round and lets a sick one stall the rest (ADR 19). Whatever
belongs to a partition carries its hash tag, so that a plain client for that place is all it takes.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

ANSWER_S = 2.0
"""How long a Redis may take to connect, and to answer, before it counts as gone."""
ASKED_S = 0.5
"""Between two times of asking where everything is."""
LOOK_S = 30.0
"""How often it is asked though nothing failed: a primary that was cut off and forgotten still takes
what is published to it."""
CLUSTER_PARTITIONS = 16
"""Fixed: every node must think the same. More than primaries, so that each has some."""
UNABLE = (RedisError, OSError, TimeoutError)
"""What says that a Redis cannot be used just now."""

Address = tuple[str, int]


class Places(ABC):
    """Where each partition is. ``name`` keeps two games on one Redis apart."""

    count: int
    is_sharded: bool

    def __init__(self, name: str) -> None:
        self._name = name

    def key(self, partition: int, *parts: str) -> str:
        """The name of a channel or key in a partition."""
        return ":".join(("gutsy", f"{self._name}{{{TAGS[partition]}}}", *parts))

    @abstractmethod
    def client(self, partition: int) -> Redis:
        """The Redis on which a partition is, as far as is known. Waits for nobody.

        Raises:
            RedisConnectionError: nobody has said so yet.
        """

    @abstractmethod
    def doubt(self) -> None:
        """Something failed: ask again where everything is."""

    @abstractmethod
    async def run(self) -> None:
        """Ask where there is a doubt, until cancelled; then let go of every connection."""


class OnePlace(Places):
    """One Redis, one partition."""

    count = 1
    is_sharded = False

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name)
        self._client = _client(options)

    def client(self, partition: int) -> Redis:
        return self._client

    def doubt(self) -> None:
        """It has nowhere to go."""

    async def run(self) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self._client.aclose()


class ClusterPlaces(Places):
    """The primaries of a Redis Cluster."""

    count = CLUSTER_PARTITIONS
    is_sharded = True

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name)
        self._options = options
        self._seed: Address = (options.get("host", "localhost"), options.get("port", 6379))
        self._clients: dict[Address, Redis] = {}
        self._by_partition: Sequence[Address] = ()
        self._known: Sequence[Address] = ()
        self._doubt = asyncio.Event()

    def client(self, partition: int) -> Redis:
        if not self._by_partition:
            raise RedisConnectionError("no node of the cluster has answered yet")
        return self._to(self._by_partition[partition])

    def doubt(self) -> None:
        self._doubt.set()

    async def run(self) -> None:
        try:
            while True:
                self._doubt.clear()
                try:
                    await self._ask()
                except UNABLE:
                    # Whoever uses the places of before finds out, and says so.
                    self._doubt.set()
                await asyncio.sleep(ASKED_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._doubt.wait()
        finally:
            await self._drop(set(self._clients))

    def _to(self, address: Address) -> Redis:
        client = self._clients.get(address)
        if client is None:
            host, port = address
            client = _client({**self._options, "host": host, "port": port, "db": 0})
            self._clients[address] = client
        return client

    async def _ask(self) -> None:
        """Whoever is in the majority says where everything is.

        A primary that was cut off still takes itself for one: then its cluster is down to it.
        """
        error: Exception = RedisConnectionError("no node of the cluster answers")
        for address in dict.fromkeys((*self._known, self._seed)):
            client = self._to(address)
            try:
                if (await client.cluster("info")).get("cluster_state") != "ok":
                    continue
                self._learn(address, await client.execute_command("CLUSTER SLOTS"))
            except UNABLE as failed:
                error = failed
                continue
            await self._drop(set(self._clients) - {*self._known, self._seed})
            return
        raise error

    def _learn(self, asked: Address, slots: Sequence[Sequence[Any]]) -> None:
        """Take in an answer to CLUSTER SLOTS: first slot, last slot, its primary, its replicas."""
        ranges = [
            (first, last, [_address(node, asked[0]) for node in nodes])
            for first, last, *nodes in slots
        ]
        places: list[Address] = []
        for tag in TAGS:
            slot = key_slot(tag.encode())
            found = [nodes[0] for first, last, nodes in ranges if first <= slot <= last]
            if not found:
                raise RedisConnectionError(f"nobody in the cluster has slot {slot}")
            places.append(found[0])
        self._by_partition = places
        # Whoever has answered first: one that hangs is asked only when all others do.
        self._known = [asked, *(node for *_, nodes in ranges for node in nodes)]

    async def _drop(self, addresses: set[Address]) -> None:
        for address in addresses:
            await self._clients.pop(address).aclose()


def places_at(url: str, name: str) -> Places:
    """The places behind ``GUTSY_REDIS_URL``. Connects to nothing yet."""
    options: dict[str, Any] = dict(parse_url(url))
    is_cluster = options.pop("cluster", "0") == "1"
    return ClusterPlaces(name, options) if is_cluster else OnePlace(name, options)


def _address(node: Sequence[Any], asked_host: str) -> Address:
    """A node's address; one that does not know its own has that at which it was asked."""
    host, port, *_ = node
    return (host.decode() if host else asked_host), port


def _client(options: Mapping[str, Any]) -> Redis:
    """A client that says at once when something is wrong: trying again is ours."""
    limits = {"socket_timeout": ANSWER_S, "socket_connect_timeout": ANSWER_S}
    pool = ConnectionPool(**{**limits, **options, "protocol": 2, "retry": Retry(NoBackoff(), 0)})
    return Redis.from_pool(pool)


def _tags() -> Sequence[str]:
    """A hash tag for each partition, spread evenly over the slots and so over the primaries.

    The numbers themselves would not be: of 16, seven can fall to one of three primaries.
    """
    share = REDIS_CLUSTER_HASH_SLOTS // CLUSTER_PARTITIONS
    found: dict[int, str] = {}
    number = 0
    while len(found) < CLUSTER_PARTITIONS:
        tag = f"p{number}"
        found.setdefault(key_slot(tag.encode()) // share, tag)
        number += 1
    return [tag for _, tag in sorted(found.items())]


TAGS = _tags()
