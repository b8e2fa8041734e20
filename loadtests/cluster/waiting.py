"""Waiting for what other processes do, which have no event for us."""

import asyncio
from collections.abc import Callable

LOOK_S = 0.05


async def until(is_so: Callable[[], bool], limit_s: float) -> None:
    """Wait until it is so; ``is_so`` may take its time, and is called in a thread.

    Raises:
        TimeoutError: it was not, within the limit.
    """
    async with asyncio.timeout(limit_s):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 as above
            await asyncio.sleep(LOOK_S)
