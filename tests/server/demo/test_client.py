"""A player's client against a real server: it gets in, waits when told to, and stops in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import PlayerId
from server.clock import Clock, Dice
from server.demo.account import Account, CallError, come_in, deck_of, renewed
from server.demo.client import Client, Refused
from server.demo.line import Ended
from server.edge.auth import TICKET_LASTS_MS, Auth
from server.edge.endings import Endings
from server.secret import load_secret
from tests.server.serving import serving
from tests.server.world import LIMIT_S


def somebody(url: str, handle: str = "Mia", number: int = 1) -> asyncio.Task[Account]:
    """Somebody who signs in."""
    coming = come_in(url, guest_id=f"{number:032x}", handle=handle, locale="en")
    return asyncio.create_task(coming)


@asynccontextmanager
async def connected(account: Account) -> AsyncIterator[Client]:
    """Their client, until it is not needed any more."""
    client = Client(account, dice=Dice(1), clock=Clock(), heard=lambda _: None)
    task = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_name_that_is_taken_leads_to_one_near_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        first, second = await somebody(served.url), await somebody(served.url, number=2)

        assert ("Mia", "Mia2") == (first.handle, second.handle)


async def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        with pytest.raises(CallError) as refused:
            await somebody(served.url, handle="M")

        assert ("BAD_INPUT", None) == (refused.value.code, refused.value.free)


async def test_the_cookie_gets_another_ticket(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        account = await somebody(served.url)
        again = await renewed(account)

        assert account.expires_at <= again.expires_at
        assert account.player == again.player


async def test_whoever_has_no_deck_in_their_language_plays_with_another(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert await deck_of(served.url, "en") == await deck_of(served.url, "tlh")


@pytest.mark.parametrize("expires_at", [0, 1 << 50], ids=["over", "not known to be over"])
async def test_a_ticket_that_is_no_good_is_replaced_on_the_way(
    tmp_path: Path, expires_at: int
) -> None:
    """By the cookie, as after a long time without a net."""
    async with serving(tmp_path) as served:
        account = await somebody(served.url)
        stale = replace(account, ticket="old", expires_at=expires_at)
        async with connected(stale) as client:
            ack = await client.do("squad.create", {"name": "Owls", "tz": "UTC"})

            assert "squad" in (ack.b or {})


async def test_whoever_is_signed_out_stops(tmp_path: Path) -> None:
    """Instead of knocking for ever."""
    async with serving(tmp_path) as served:
        account = await somebody(served.url)
        async with connected(replace(account, ticket="old", cookie="none")) as client:
            with pytest.raises(Ended):
                await client.do("squad.create", {"name": "Owls", "tz": "UTC"})

            assert client.has_ended


async def test_a_busy_server_is_waited_for(tmp_path: Path) -> None:
    """The same command again after the time it names: each is done, and once."""
    async with serving(tmp_path, commands_per_s=20, command_burst=1) as served:
        async with connected(await somebody(served.url)) as client:
            for _ in range(5):
                await client.do("squad.create", {"name": "Owls", "tz": "UTC"})
        seats = await asyncio.to_thread(
            served.services.log.find_claims_under, "seat", client.player
        )

        assert 5 == len(list(seats))


async def test_a_session_that_ends_soon_is_renewed_on_the_live_socket(tmp_path: Path) -> None:
    async with serving(tmp_path, ping_ms=100) as served:
        account = await somebody(served.url)
        earlier = Clock(30_000 - TICKET_LASTS_MS)
        secret = load_secret(None, tmp_path)
        auth = Auth(secret, earlier, Endings())
        short, _ = auth.ticket(auth.begin(PlayerId(account.player)))
        async with connected(replace(account, ticket=short, expires_at=1 << 50)) as client:
            await client.until(lambda: client.account.ticket != short)
            ack = await client.do("squad.create", {"name": "Owls", "tz": "UTC"})

            assert "squad" in (ack.b or {})


async def test_a_refusal_is_final(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with connected(await somebody(served.url)) as client:
            with pytest.raises(Refused) as refused:
                await client.do("squad.join", {"code": "0123456789"})

        assert "INVITE_INVALID" == refused.value.code


async def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    """A client that lost events notices at the next one, and gets them all."""
    async with serving(tmp_path) as served, connected(await somebody(served.url)) as client:
        ack = await client.do("squad.create", {"name": "Owls", "tz": "UTC"})
        squad = str((ack.b or {})["squad"])
        await client.follow(squad)
        for name in ("Bats", "Cats"):
            await client.do("squad.rename", {"name": name}, squad)
        assert client.known is not None
        await client.reached(4)
        client.known.n = 2
        client.known.view.name = "Owls"
        ack = await client.do("squad.rename", {"name": "Dogs"}, squad)
        await client.reached(ack.n or 0)

        assert (5, "Dogs") == (client.known.n, client.known.view.name)
        assert ["Bats", "Cats", "Dogs"] == [seen[5]["name"] for seen in client.known.view.feed[-3:]]
