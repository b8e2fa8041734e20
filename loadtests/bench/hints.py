"""``python -m loadtests.bench.hints redis://…``: what it costs to tell another node, by a Redis.

Two nodes in one process on one core: one commits (as far as the bus can tell), the other hears. So
a hint's time is that of both, and of redis-py on both sides.
"""

import asyncio
import resource
import statistics
import time
from contextlib import suppress

import click

from server.bus.hints import Hint
from server.bus.places import places_at
from server.bus.redis_bus import RedisBus
from server.clock import Clock

LONE = 300
"""Hints told one after the other, with a pause between."""
PAUSE_S = 0.02
BUSY_S = 5.0
A_TURN = 7
"""Hints in each ms of a busy time, each of another squad: about what one node commits at most."""
REST_S = 5.0
"""After which the rest counts as lost: what waits is bounded."""


@click.command()
@click.argument("url")
def main(url: str) -> None:
    """Measure by the Redis at URL."""
    asyncio.run(_measure(url))


async def _measure(url: str) -> None:
    nodes = [RedisBus(places_at(url, "bench"), Clock()) for _ in range(2)]
    tasks = [asyncio.create_task(node.run()) for node in nodes]
    one, other = nodes
    heard, squads, came = 0, 0, asyncio.Event()
    for node in nodes:
        node.on_gap(came.set)
    while one.failure or other.failure:
        came.clear()
        await came.wait()

    def hear(hint: Hint) -> None:
        nonlocal heard, squads
        heard += 1
        squads += len(hint.heads)
        came.set()

    other.on_hint(hear)
    lone: list[float] = []
    for seq in range(LONE):
        await asyncio.sleep(PAUSE_S)
        came.clear()
        began = time.perf_counter()
        one.tell(Hint(seq=seq, heads={f"squad {seq}": seq}))
        await came.wait()
        lone.append((time.perf_counter() - began) * 1000)
    centiles = statistics.quantiles(lone, n=100)
    print(f"a lone hint: p50 {centiles[49]:.2f} ms, p99 {centiles[98]:.2f} ms")

    heard = squads = told = 0
    began, busy = time.perf_counter(), _busy_s()
    while (spent := time.perf_counter() - began) < BUSY_S:
        due = int(spent * 1000) * A_TURN
        for n in range(told, due):
            one.tell(Hint(seq=n, heads={f"squad {n}": n}))
        told = max(told, due)
        await asyncio.sleep(0.001)
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_S):
            while squads < told:
                came.clear()
                await came.wait()
    busy = _busy_s() - busy
    print(
        f"busy: {squads} of {told} squads heard in {heard} messages, {told / BUSY_S:,.0f}/s;"
        f" both nodes' part of a core: {busy / BUSY_S:.0%}"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _busy_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
