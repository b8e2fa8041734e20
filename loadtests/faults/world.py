"""What a fault can be done to: the house, the proxy in front of it, and the players."""

import random
from collections.abc import Sequence

from loadtests.cluster.house import House
from loadtests.cluster.redis_servers import Cluster, RedisServer
from loadtests.faults.clients import Player
from loadtests.faults.proxy import Handle
from loadtests.node import Node


class World:
    """One run's world; all chance in it comes of its ``dice``."""

    def __init__(
        self, house: House, net: Handle, players: Sequence[Player], dice: random.Random
    ) -> None:
        self.house = house
        self.net = net
        self.players = players
        self.dice = dice
        self.node: Node = house.nodes[0]
        """The one that is ill, or was last."""

    @property
    def cluster(self) -> Cluster:
        """The house's Redis, where it is many."""
        assert isinstance(self.house.redis, Cluster), "this needs a cluster"
        return self.house.redis

    @property
    def plain_redis(self) -> RedisServer:
        """The house's Redis, where it is one server."""
        assert isinstance(self.house.redis, RedisServer), "this needs a plain one"
        return self.house.redis

    def choose_node(self) -> Node:
        """The next one to fall ill."""
        self.node = self.dice.choice(self.house.nodes)
        return self.node
