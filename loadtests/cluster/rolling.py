"""A rolling restart: one node after the other, as an operator does it, while the others serve."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from loadtests.cluster.balancer import Balancer
from loadtests.cluster.waiting import until
from loadtests.node import Node

LIMIT_S = 30.0

Tell = Callable[[str, str], None]


async def roll(nodes: Sequence[Node], balancer: Balancer, tell: Tell) -> None:
    """End every node by SIGTERM, and start it again when its players have moved on."""
    for number, node in enumerate(nodes, 1):
        began = time.monotonic()
        tell(f"node {number}", "drains")
        await asyncio.to_thread(node.stop)
        drained_s = time.monotonic() - began
        node.launch()
        await asyncio.to_thread(node.wait_until_ready)
        await until(partial(_hears, node), LIMIT_S)
        await balancer.until_serving(len(nodes))
        took_s = time.monotonic() - began
        tell(f"node {number}", f"is back after {took_s:.1f} s, {drained_s:.1f} s of them draining")


def _hears(node: Node) -> bool:
    with suppress(OSError):
        return node.hears_others()
    return False
