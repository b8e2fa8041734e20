"""Whole servers on PostgreSQL and Redis: what one does is seen at the other without a poll."""

from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from loadtests.cluster.postgres import Postgres
from loadtests.cluster.redis_servers import one_redis
from server.live.presence import GOING_IN
from server.protocol.errors import CloseCode
from tests.contracts.buses import up
from tests.server.serving import Served
from tests.server.test_nodes import House, moved, told_no

pytestmark = pytest.mark.slow


async def all_up(*nodes: Served) -> None:
    """Wait until every node hears the others."""
    buses = [node.services.bus for node in nodes]
    await up(*(bus for bus in buses if bus is not None))

    assert None not in buses


async def test_two_nodes_are_one_house(postgres: Postgres, tmp_path: Path) -> None:
    """Events, who is around, and a device that is signed out."""
    house = House(postgres, tmp_path)
    async with one_redis(tmp_path) as redis:
        house.settings |= {"redis_url": redis.url, "heads_poll_ms": 60_000}
        async with house.two() as (a, b), a.guest("Maya") as maya, b.guest("Sam") as sam:
            await all_up(a, b)
            squad, _ = await told_no(maya, sam)
            there, sams = await moved(maya, b), await moved(sam, a)
            async with (
                there.http,
                there.socket({squad: None}) as hers,
                sam.socket({squad: None}) as his,
            ):
                for socket in (hers, his):
                    await socket.hear("live")
                await maya.do("squad.rename", squad, name="Larks")
                renamed = [await socket.hear("ev", k="squad.renamed") for socket in (hers, his)]
                async with sams.http, sams.socket({squad: None}) as elsewhere:
                    await elsewhere.hear("live")
                    await elsewhere.say("act", s=squad, st=GOING_IN)
                    await hers.hear("pres", b={sam.player: GOING_IN})
                await maya.http.delete("/api/session")
                with pytest.raises(ConnectionClosed) as closed:
                    await hers.hear("nothing more")

    assert renamed[0] == renamed[1]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.NOT_SIGNED_IN
