"""The edge's small parts: who calls from where, how often, and on whose behalf."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.ids import PlayerId
from server.edge.auth import Auth, Denied
from server.edge.endings import Endings
from server.edge.peers import client_address, is_allowed_origin
from server.edge.rates import Bucket, Buckets
from server.edge.session import Session
from server.protocol.bodies import PlayerRegister
from server.secret import Secret
from server.settings import Settings
from tests.server.world import Client, HandClock, World, refusal, running, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, "peer"),
        ([], 1, "peer"),
        (["1.1.1.1"], 0, "peer"),
        (["1.1.1.1"], 1, "1.1.1.1"),
        (["6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
        (["6.6.6.6, 1.1.1.1, 2.2.2.2"], 2, "1.1.1.1"),
        (["6.6.6.6", "1.1.1.1"], 1, "1.1.1.1"),
        (["6.6.6.6, 1.1.1.1", "2.2.2.2"], 2, "1.1.1.1"),
        (["1.1.1.1"], 3, "1.1.1.1"),
        ([""], 1, "peer"),
        ([", "], 1, "peer"),
        (["1.1.1.1:5678"], 1, "1.1.1.1"),
        (["[::1]:80"], 1, "::/64"),
        (["[2001:db8::1]"], 1, "2001:db8::/64"),
        (["2001:db8::1"], 1, "2001:db8::/64"),
        (["fe80::1%a"], 1, "fe80::/64"),
        (["[::ffff:1.1.1.1]:80"], 1, "1.1.1.1"),
        (["unknown"], 1, "peer"),
        (["unknown:5678"], 1, "peer"),
        (["1.1.1.1:5678:9"], 1, "peer"),
    ],
)
def test_an_address_is_believed_as_far_as_proxies_are_trusted(
    forwarded: list[str], proxies: int, address: str
) -> None:
    """Each trusted one appends one, perhaps with a port; the rest is a stranger's word."""

    assert client_address("peer", forwarded, proxies) == address


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://a.example", "a.example", True),
        ("https://a.example:8000", "a.example:8000", True),
        ("http://a.example", "b.example", False),
        ("http://a.example", None, False),
        ("http://a.example:80", "a.example", False),
        ("ftp://a.example", "a.example", False),
        ("null", "a.example", False),
        ("http://[", "a.example", False),
        ("", "", False),
    ],
)
def test_by_default_only_the_servers_own_host_is_an_origin(
    origin: str, host: str | None, allowed: bool
) -> None:
    """Exactly."""

    assert is_allowed_origin(origin, host, Settings()) == allowed


def test_a_cookie_header_that_cannot_be_read_names_nobody() -> None:
    """However strange."""
    auth = Auth(Secret(b"secret"), HandClock(), Endings())

    assert [
        auth.by_cookie(header)
        for header in (None, "", "a=b", "gutsy_session=\x7f; x", "gutsy\x00_session=[]=;,=")
    ] == [Denied.UNKNOWN] * 5


def test_a_sign_in_by_another_secret_is_none() -> None:
    """Nor one that is signed but says something else, as those of the first version did."""
    mine, theirs = (Auth(Secret(s), HandClock(), Endings()) for s in (b"mine", b"theirs"))
    ticket, _ = theirs.ticket(theirs.begin(PlayerId("0" * 26)))
    strange = [5, ["x"], ["0" * 26, 2**60], ["0" * 26, 2**60, "random"]]

    assert [
        mine.by_ticket(ticket)
        for ticket in (ticket, *(mine._tickets.dumps(one) for one in strange))
    ] == [Denied.UNKNOWN] * 5


def test_a_bucket_gives_a_burst_and_then_a_rate() -> None:
    """And says how long to wait."""
    bucket = Bucket(per_s=2, burst=3, now_s=0)
    taken = [bucket.take(0) for _ in range(4)]

    assert (taken, bucket.take(0.5), bucket.take(0.5)) == ([0, 0, 0, 500], 0, 500)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    """However long it rests."""
    bucket = Bucket(per_s=2, burst=3, now_s=0)

    assert [bucket.take(1_000) for _ in range(4)] == [0, 0, 0, 500]


def test_each_key_has_its_own_bucket_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one that was quiet longest is forgiven."""
    monkeypatch.setattr("server.edge.rates.KEPT_BUCKETS", 2)
    buckets = Buckets(HandClock(), per_s=1, burst=1)
    taken = [buckets.take(key) for key in ("a", "b", "a", "c", "b", "c")]

    assert taken == [0, 0, 1000, 0, 0, 1000]


async def test_a_session_whose_clock_fails_is_closed_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The wheel does not stop."""
    monkeypatch.setattr("server.edge.sessions.TICK_S", 0.001)
    maya = await world.register("Maya")
    broken, sound = Client(world, maya), Client(world, maya)
    await broken.hello()
    await sound.hello()
    for client in (broken, sound):
        world.sessions.add(client.session, "address")

    tick = Session.tick

    def tick_or_fail(session: Session) -> None:
        if session is broken.session:
            raise ZeroDivisionError
        tick(session)

    monkeypatch.setattr(Session, "tick", tick_or_fail)
    wheel = asyncio.create_task(world.sessions.run())
    await until(lambda: broken.close_code)
    world.clock.pass_ms(25_000)
    await until(lambda: sound.of("ping"))
    wheel.cancel()
    await asyncio.gather(wheel, return_exceptions=True)

    assert (broken.close_code, sound.close_code, len(caplog.records) >= 1) == (1011, None, True)


async def test_a_guest_whose_words_have_no_canonical_form_is_refused(world: World) -> None:
    """As text that is no Unicode."""
    guest = PlayerRegister(handle="Maya \ud800", tz="UTC\ud800", adult=True)
    reply = await world.intake.register("a", guest)

    assert refusal(reply) == "BAD_INPUT"
