"""How soon all is well again: after healing, and at the end, when no more comes."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from loadtests.faults.clients import Table

LOOK_S = 0.02
LIMIT_S = 60.0
"""After which it is never."""


def acknowledged(table: Table) -> int:
    """The last event of a squad that anybody there has heard of."""
    acked = (n for player in table.players for _, n in list(player.client.known.acked.values()))
    seen = (player.client.known.feeds[table.squad].have for player in table.players)
    return max([*acked, *seen])


async def until_level(tables: Sequence[Table], heads: Mapping[str, int]) -> float | None:
    """Seconds until every player is live and has these events; None if that takes too long."""
    since = time.monotonic()
    waiting = [(player, heads[table.squad]) for table in tables for player in table.players]
    while waiting and time.monotonic() < since + LIMIT_S:
        waiting = [(player, n) for player, n in waiting if not player.is_level(n)]
        await asyncio.sleep(LOOK_S)
    return None if waiting else time.monotonic() - since
