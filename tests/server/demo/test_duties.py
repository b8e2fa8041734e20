"""What a client owes a server in trouble: one that drains, restarts, fails, or has another log.

The far end is a few lines of script on a real socket, since no healthy server does these things.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from server.clock import Clock, Dice
from server.demo.account import Account
from server.demo.client import Client
from server.demo.known import Known
from server.demo.line import Ended
from tests.server.world import LIMIT_S, Message

SQUAD = "01M89E2CYAPG6MBMZ8PC20NCDV"
FAR = 1 << 50


class FarEnd:
    """A server that hears everything and says what the test tells it to."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Message] = asyncio.Queue()
        self.socket: ServerConnection | None = None

    async def meet(self, socket: ServerConnection) -> None:
        """Listen to a connection until it ends."""
        self.socket = socket
        async for data in socket:
            assert isinstance(data, bytes)
            self.heard.put_nowait(msgspec.msgpack.decode(data))

    async def hear(self, t: str) -> Message:
        """The next message, which must be of this kind."""
        async with asyncio.timeout(LIMIT_S):
            message = await self.heard.get()
        assert message["t"] == t, message
        return message

    async def say(self, t: str, **fields: Any) -> None:  # noqa: ANN401 whatever the wire takes
        """Send a message."""
        assert self.socket is not None
        await self.socket.send(msgspec.msgpack.encode({"t": t, **fields}))

    async def welcome(self, head: int | None = None, log: str = "log-1") -> Message:
        """Hear the hello and welcome its sender."""
        hello = await self.hear("hello")
        squads = {} if head is None else {SQUAD: head}
        numbers = {"v": 1, "now": 0, "exp": FAR, "ping": 25_000, "max": 16_384}
        await self.say("welcome", u="mia", l=log, s=squads, **numbers)
        return hello


@asynccontextmanager
async def meeting(known: Known | None = None) -> AsyncIterator[tuple[FarEnd, Client]]:
    """A far end, and a client that connects to it."""
    far = FarEnd()
    server: Server
    async with serve(
        far.meet, "127.0.0.1", 0, subprotocols=[Subprotocol("gutsy.v1")], compression=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        account = Account(
            url=f"http://127.0.0.1:{port}",
            player="mia",
            handle="Mia",
            cookie="",
            ticket="ticket",
            expires_at=FAR,
        )
        client = Client(account, dice=Dice(1), clock=Clock(), heard=lambda _: None)
        client.known = known
        task = asyncio.create_task(client.run())
        try:
            yield far, client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("end", ["drain", "restart", "overload"])
async def test_a_command_without_an_answer_is_sent_again_on_the_next_socket(end: str) -> None:
    """Under the id that it was given once."""
    async with meeting() as (far, client):
        await far.welcome()
        doing = asyncio.create_task(client.do("squad.leave", {}, SQUAD))
        first = await far.hear("cmd")
        if end == "drain":
            await far.say("drain", by=1_000, lo=0, hi=10)
        else:
            assert far.socket is not None
            await far.socket.close(*((1012, "") if end == "restart" else (1013, "retry=10")))
        await far.welcome()
        again = await far.hear("cmd")
        await far.say("ack", id=again["id"], s=SQUAD, n=1)
        ack = await doing

        assert (first, first["id"]) == (again, ack.id)


@pytest.mark.parametrize("code", ["BUSY", "INTERNAL"])
async def test_an_answer_that_is_not_final_is_asked_for_again(code: str) -> None:
    async with meeting() as (far, client):
        await far.welcome()
        doing = asyncio.create_task(client.do("squad.leave", {}, SQUAD))
        first = await far.hear("cmd")
        await far.say("err", id=first["id"], c=code, m="Not now.", w=5)
        again = await far.hear("cmd")
        await far.say("ack", id=again["id"])
        await doing

        assert first == again


async def test_what_is_held_beyond_a_gap_is_asked_for_from_where_it_begins() -> None:
    async with meeting(Known(squad=SQUAD, n=3)) as (far, _):
        hello = await far.welcome(9)
        await far.say("ev", s=SQUAD, n=6)
        sub = await far.hear("sub")

        assert ({SQUAD: 3}, SQUAD, 3) == (hello["s"], sub["s"], sub["n"])


@pytest.mark.slow
async def test_whoever_stays_behind_a_pings_head_asks_again() -> None:
    """It can prove that it missed nothing; a `sub` that came too soon waits as it is told."""
    async with meeting(Known(squad=SQUAD, n=3)) as (far, _):
        await far.welcome(3)
        await far.say("ping", now=0, h={SQUAD: 4})
        await far.hear("pong")
        sub = await far.hear("sub")
        await far.say("err", id=sub["id"], c="BUSY", m="Not now.", w=5)
        again = await far.hear("sub")

        assert 3 == sub["n"] == again["n"]


async def test_another_log_means_to_begin_anew() -> None:
    async with meeting(Known(squad=SQUAD, n=3)) as (far, client):
        first = await far.welcome(3)
        await far.say("drain", by=1_000, lo=0, hi=10)
        second = await far.welcome(1, "log-2")
        await far.say("ping", now=0, h={})
        await far.hear("pong")

        assert (None, "log-1") == (first.get("l"), second["l"])
        assert client.known is not None
        assert client.known.n is None


async def test_presence_is_shown_once_live_and_when_it_changes() -> None:
    async with meeting(Known(squad=SQUAD, n=3)) as (far, client):
        await far.welcome(3)
        await far.say("live", s=SQUAD, n=3)
        here = await far.hear("act")
        await client.show(3)
        await client.show(3)
        going_in = await far.hear("act")
        await far.say("pres", s=SQUAD, b={"pim": 1})
        await client.until(lambda: client.present == {"pim": 1})

        assert (1, 3) == (here["st"], going_in["st"])
        assert far.heard.empty()


@pytest.mark.parametrize("way", ["out", "welcome", "close"])
async def test_whoever_is_put_out_stops(way: str) -> None:
    async with meeting(Known(squad=SQUAD, n=3)) as (far, client):
        await far.welcome(-1 if way == "welcome" else 3)
        if way == "out":
            await far.say("out", s=SQUAD, why="kicked")
        if way == "close":
            assert far.socket is not None
            await far.socket.close(4403, "no")
        with pytest.raises(Ended):
            await client.reached(99)

        assert client.has_ended


async def test_a_message_of_a_newer_server_is_ignored() -> None:
    """Instead of being the last that is heard."""
    async with meeting() as (far, client):
        await far.welcome()
        await far.say("confetti", s=SQUAD)
        doing = asyncio.create_task(client.do("squad.leave", {}, SQUAD))
        command = await far.hear("cmd")
        await far.say("ack", id=command["id"])
        ack = await doing

        assert (command["id"], False) == (ack.id, client.has_ended)
