"""A session, without a socket: what is answered, what closes it, and when."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from domain.ids import PlayerId
from server.edge.auth import SESSION_LASTS_MS, TICKET_LASTS_MS
from server.edge.session import EXPIRY_NOTICE_MS, HELD_BYTES, HELD_MESSAGES
from server.eventlog.log import LogUnavailable
from server.eventlog.memory import MemoryLog
from tests.server.world import MONDAY_NOON, Client, World, done, running, until

NOBODY = PlayerId("7" * 26)
BESIDE = ("view", "pres")
"""What may come between a squad's events at any time."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


# Hello


async def test_hello_is_answered_by_welcome(world: World) -> None:
    """Who one is, which log this is, the limits, and the heads of one's squads."""
    squad, (maya,) = await world.squad_of("Maya")

    assert await Client(world, maya).hello() == {
        "t": "welcome",
        "v": 1,
        "u": maya,
        "l": world.log.log_id,
        "now": MONDAY_NOON,
        "exp": MONDAY_NOON + TICKET_LASTS_MS,
        "ping": 25_000,
        "max": 16_384,
        "s": {squad: 2},
    }


async def test_a_squad_that_one_is_not_in_is_minus_one(world: World) -> None:
    """Whether or not there is one of that name; nothing more is sent of it."""
    squad, _ = await world.squad_of("Maya")
    sam = await world.register("Sam")
    client = Client(world, sam)
    welcome = await client.hello({squad: 0, "0" * 26: None, "nonsense": 3})
    await client.first("view")

    assert (welcome["s"], {"welcome", "view"}) == (
        {squad: -1, "0" * 26: -1, "nonsense": -1},
        {message["t"] for message in client.messages},
    )


async def test_all_of_ones_squads_are_in_welcome_and_those_asked_for_are_followed(
    world: World,
) -> None:
    """Others are followed by ``sub``."""
    first, (maya,) = await world.squad_of("Maya")
    second = await world.create_squad(maya)
    client = Client(world, maya)
    welcome = await client.hello({first: 2})
    await client.first("live")

    assert ({first: 2, second: 2}, [first]) == (
        welcome["s"],
        [message["s"] for message in client.of("live")],
    )


async def test_the_view_of_oneself_follows_the_welcome(world: World) -> None:
    """Without being asked for."""
    maya = await world.register("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.hello()
    view = await client.first("view")

    assert (view["k"], view["b"]["handle"], view.get("s")) == ("me", "Maya", None)


async def test_a_board_follows_live(world: World) -> None:
    """The week's, of that squad."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.follow(squad)
    week = await until(lambda: [m for m in client.of("view") if m["k"] == "week"])
    kinds = [m["t"] for m in client.messages]

    assert (squad, "2026-W48", True) == (
        week[0]["s"],
        week[0]["b"]["week"],
        kinds.index("live") < len(kinds) - 1 - kinds[::-1].index("view"),
    )


async def test_a_cookie_signs_in_without_a_ticket(world: World) -> None:
    """For browsers; the socket has seen it in the handshake."""
    maya = await world.register("Maya")
    value = world.auth.cookie(world.auth.begin(maya))
    client = Client(world, maya, cookie=world.auth.by_cookie(f"gutsy_session={value}"))
    welcome = await client.hello(a=None)

    assert (maya, MONDAY_NOON + SESSION_LASTS_MS) == (welcome["u"], welcome["exp"])


@pytest.mark.parametrize("ticket", [None, "", "nonsense", "a.b.c"])
async def test_without_a_sign_in_there_is_no_welcome(world: World, ticket: str | None) -> None:
    """4401: not to be tried again as it is."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=ticket)

    assert client.close_code == 4401


async def test_a_ticket_that_is_over_is_none(world: World) -> None:
    """At that very instant."""
    maya = await world.register("Maya")
    ticket, expires_at = world.auth.ticket(world.auth.begin(maya))
    world.clock.pass_ms(expires_at - MONDAY_NOON)
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=ticket)

    assert client.close_code == 4401


async def test_a_cookie_is_no_ticket(world: World) -> None:
    """Each is signed for its own use."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=world.auth.cookie(world.auth.begin(maya)))

    assert client.close_code == 4401


async def test_a_ticket_for_nobody_is_not_enough(world: World) -> None:
    """The log may be another than the one in which they registered."""
    client = Client(world, NOBODY)
    client.send("hello", v=1, c="test", a=world.ticket(NOBODY))
    await until(lambda: client.close_code)

    assert client.close_code == 4401


@pytest.mark.parametrize("t", ["cmd", "sub", "pong", "auth", "unsub"])
async def test_hello_comes_first(world: World, t: str) -> None:
    """Whatever else comes before it is malformed."""
    client = Client(world, NOBODY)
    client.send(t, id="1", s="s", k="k", a="a")

    assert client.close_code == 4400


async def test_what_comes_between_hello_and_welcome_is_answered_after_it(world: World) -> None:
    """A client need not wait: nothing is lost, and the order stands."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=world.ticket(maya))
    client.send("cmd", id="0" * 26, k="squad.create", b={"name": "Owls", "tz": "UTC"})
    await client.answer("0" * 26)

    assert [m["t"] for m in client.messages if m["t"] in ("welcome", "ack")] == ["welcome", "ack"]


async def test_only_so_much_is_held_before_welcome(world: World) -> None:
    """Memory is bounded."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=world.ticket(maya))
    for _ in range(HELD_MESSAGES + 1):
        client.send("pong")

    assert client.close_code == 4503


async def test_only_so_many_bytes_are_held_before_welcome(world: World) -> None:
    """However few the messages are."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=world.ticket(maya))
    large = b"x" * (HELD_BYTES // 4)
    codes = []
    for n in range(4):
        client.send("cmd", id=f"{n:026d}", k="squad.leave", b={"x": large})
        codes.append(client.close_code)

    assert codes == [None, None, None, 4503]


async def test_a_log_that_cannot_be_read_is_trouble_of_a_moment() -> None:
    """1013 says when to come back."""

    class Broken(MemoryLog):
        """A log whose heads cannot be read any more."""

        is_broken = False

        def heads(self, streams: object) -> dict[str, int]:
            if self.is_broken:
                raise LogUnavailable("locked")
            return super().heads(streams)  # type: ignore[arg-type]  # passed on as it came

    log = Broken()
    async with running(log) as world:
        maya = await world.register("Maya")
        log.is_broken = True
        client = Client(world, maya)
        client.send("hello", v=1, c="test", a=world.ticket(maya))
        await until(lambda: client.far_end.closed)

    assert client.far_end.closed == (1013, "retry=1000")


# Messages


MALFORMED = {
    "no bytes": b"",
    "no map": msgspec.msgpack.encode([1]),
    "a number as a key": msgspec.msgpack.encode({1: 2}),
    "no t": msgspec.msgpack.encode({"id": "1"}),
    "t is no text": msgspec.msgpack.encode({"t": 5}),
    "a field of another type": msgspec.msgpack.encode({"t": "sub", "id": "1", "s": 5}),
    "a missing field": msgspec.msgpack.encode({"t": "sub", "id": "1"}),
    "a state that is no number": msgspec.msgpack.encode({"t": "act", "s": "s", "st": "in"}),
    "two messages": msgspec.msgpack.encode({"t": "pong"}) * 2,
    "half a message": msgspec.msgpack.encode({"t": "pong"})[:-1],
    "text that is not UTF-8": b"\x81\xa1t\xa2\xff\xff",
    "very deep": b"\x91" * 10_000,
    "deep in a command": b"\x84\xa1t\xa3cmd\xa2id\xa11\xa1k\xa1k\xa1b\x81\xa1x" + b"\x91" * 5_000,
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
async def test_what_is_no_message_is_malformed(world: World, name: str) -> None:
    """4400: no well-made client sends it."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send_bytes(MALFORMED[name])

    assert client.close_code == 4400


async def test_an_unknown_message_with_an_id_is_answered(world: World) -> None:
    """A newer client learns that this server does not know it."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("dance", id="42", with_whom="Sam")

    assert await client.answer("42") == {
        "t": "err",
        "id": "42",
        "c": "UNKNOWN_KIND",
        "m": "Unknown message.",
    }


@pytest.mark.parametrize("fields", [{}, {"id": 5}, {"b": {"x": [1, None]}}])
async def test_an_unknown_message_without_an_id_is_ignored(
    world: World, fields: dict[str, object]
) -> None:
    """Newer clients may say more than this server knows."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    await client.first("view")
    client.forget()
    client.send("dance", **fields)

    assert (client.messages, client.close_code) == ([], None)


async def test_unknown_fields_are_ignored(world: World) -> None:
    """Newer clients may send them."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello(app="web 9", colour="blue")
    client.send("pong", colour="blue")

    assert client.close_code is None


async def test_a_command_is_acknowledged_after_its_commit(world: World) -> None:
    """With its places and its body; ``dup`` is there only when it is true."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("cmd", id="0" * 26, k="squad.create", b={"name": "Owls", "tz": "UTC"})
    ack = await client.answer("0" * 26)
    squad = ack["b"]["squad"]

    assert ack == {
        "t": "ack",
        "id": "0" * 26,
        "s": squad,
        "n": 2,
        "q": world.log.last_seq(),
        "b": {"squad": squad},
    }


async def test_a_command_sent_again_is_a_dup(world: World) -> None:
    """Also by another connection."""
    maya = await world.register("Maya")
    acks = []
    for _ in range(2):
        client = Client(world, maya)
        await client.hello()
        client.send("cmd", id="0" * 26, k="squad.create", b={"name": "Owls", "tz": "UTC"})
        acks.append(await client.answer("0" * 26))

    assert {**acks[0], "dup": True} == acks[1]


async def test_a_refused_command_is_an_err_with_its_field(world: World) -> None:
    """The connection stays."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("cmd", id="0" * 26, k="squad.create", b={"name": "Owls", "tz": "Mars"})
    err = await client.answer("0" * 26)

    assert (err["c"], err["f"], client.close_code) == ("BAD_INPUT", "tz", None)


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        ({"k": "squad.dance"}, "UNKNOWN_KIND", "k"),
        ({"k": "timer.ring", "b": {"dare": "x"}}, "UNKNOWN_KIND", "k"),
        ({"k": "player.register"}, "UNKNOWN_KIND", "k"),
        ({"k": "squad.create", "b": {"name": 5, "tz": "UTC"}}, "BAD_INPUT", "name"),
        ({"k": "squad.leave", "b": {"x": {1: 2}}}, "BAD_INPUT", "b"),
        ({"k": "squad.leave", "id": "nonsense"}, "BAD_INPUT", "id"),
        ({"k": "squad.leave", "id": "o" * 26}, "BAD_INPUT", "id"),
    ],
)
async def test_a_command_that_is_none_is_refused_and_not_kept(
    world: World, command: dict[str, object], code: str, field: str
) -> None:
    """What the edge refuses may be sent again under the same id."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    before = dict(world.log._answers)  # type: ignore[attr-defined]  # the memory log's own
    message = {"id": "0" * 26, **command}
    client.send("cmd", **message)
    err = await client.answer(str(message["id"]))

    assert (code, field, before) == (err["c"], err.get("f"), world.log._answers)  # type: ignore[attr-defined]  # as above


async def test_a_message_counts_from_when_it_was_whole(world: World) -> None:
    """``at`` of an event is the arrival of its command, however long the queue was."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    client = Client(world, maya)
    await client.hello()
    client.send(
        "cmd", id="0" * 26, s=squad, k="dare.issue", b={"target": sam, "card": "which-apple"}
    )
    world.clock.pass_ms(1000)
    await client.answer("0" * 26)

    assert world.facts(squad)[-1].fact.at == MONDAY_NOON


# Sub and unsub


async def test_sub_is_answered_with_the_head_and_then_the_rest(world: World) -> None:
    """The ack comes before what it announces."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("sub", id="7", s=squad, n=0)
    await client.first("live")
    about = [m for m in client.messages if m.get("s") == squad and m["t"] not in BESIDE]

    assert [message["t"] for message in about] == ["ack", "evs", "live"]
    assert about[0] == {"t": "ack", "id": "7", "s": squad, "b": {"head": 2}}


@pytest.mark.parametrize("n", [None, 3, 10**6])
async def test_sub_without_a_number_or_beyond_the_head_brings_a_snapshot(
    world: World, n: int | None
) -> None:
    """Such a client knows nothing that can be gone on from."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("sub", id="7", s=squad, n=n)
    await client.first("live")

    assert [m["t"] for m in client.of("evs", "ev", "snap", "live")] == ["snap", "live"]


@pytest.mark.parametrize(("squad", "code"), [("nonsense", "BAD_INPUT"), ("0" * 26, "FORBIDDEN")])
async def test_sub_to_another_squad_is_refused(world: World, squad: str, code: str) -> None:
    """An unknown one is one that one is not in."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.send("sub", id="7", s=squad)
    err = await client.answer("7")

    assert (code, "s", None) == (err["c"], err["f"], client.close_code)


async def test_sub_to_more_squads_than_allowed_is_refused() -> None:
    """One that is followed already may be asked for again."""
    async with running(squads_per_connection=1) as world:
        first, (maya,) = await world.squad_of("Maya")
        second = await world.create_squad(maya)
        client = Client(world, maya)
        await client.follow(first, 0)
        client.send("sub", id="1", s=second)
        client.send("sub", id="2", s=first, n=2)
        answers = [await client.answer("1"), await client.answer("2")]

    assert [(a["t"], a.get("c")) for a in answers] == [("err", "BAD_INPUT"), ("ack", None)]


async def test_after_unsub_nothing_comes_of_that_squad(world: World) -> None:
    """Until it is asked for again."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 0)
    client.send("unsub", id="8", s=squad)
    ack = await client.answer("8")
    client.forget()
    await world.invite(maya, squad)
    await world.folded()
    client.send("sub", id="9", s=squad, n=2)
    await client.first("live")

    assert ({"t": "ack", "id": "8", "s": squad}, ["ack", "ev", "live"]) == (
        ack,
        [m["t"] for m in client.messages if m["t"] not in BESIDE],
    )


# Time


async def test_without_hello_a_connection_is_closed(world: World) -> None:
    """After five seconds, not before."""
    client = Client(world, NOBODY)
    world.clock.pass_ms(5_000)
    world.tick()
    before = client.close_code
    world.clock.pass_ms(1)
    world.tick()

    assert (before, client.close_code) == (None, 4502)


async def test_a_ping_holds_the_heads_of_what_is_followed(world: World) -> None:
    """By it a client can tell that it missed nothing."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.create_squad(maya)
    client = Client(world, maya)
    await client.follow(squad)
    world.clock.pass_ms(25_000)
    world.tick()

    assert client.of("ping") == [{"t": "ping", "now": MONDAY_NOON + 25_000, "h": {squad: 2}}]


async def test_pings_come_every_25_seconds(world: World) -> None:
    """However often the wheel turns."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    for _ in range(100):
        world.clock.pass_ms(1_000)
        client.send("pong")
        world.tick()

    assert len(client.of("ping")) == 4


async def test_silence_after_a_ping_closes(world: World) -> None:
    """4502, ten seconds after it."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    world.clock.pass_ms(35_000)
    world.tick()
    before = client.close_code
    world.clock.pass_ms(1)
    world.tick()

    assert (before, client.close_code) == (None, 4502)


async def test_any_bytes_are_a_sign_of_life(world: World) -> None:
    """Not only a pong."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    for _ in range(4):
        world.clock.pass_ms(30_000)
        client.session.heard()
        world.tick()

    assert client.close_code is None


async def test_messages_over_the_rate_close(world: World) -> None:
    """4503 says how long to wait; the burst is allowed."""
    async with running(messages_per_s=20, message_burst=40) as strict:
        maya = await strict.register("Maya")
        client = Client(strict, maya)
        await client.hello()
        for _ in range(39):
            client.send("pong")
        before = client.close_code
        client.send("pong")

    assert (before, client.far_end.closed) == (None, (4503, "retry=50"))


async def test_messages_at_the_rate_are_welcome(world: World) -> None:
    """For ever."""
    async with running(messages_per_s=20, message_burst=40) as strict:
        maya = await strict.register("Maya")
        client = Client(strict, maya)
        await client.hello()
        for _ in range(1_000):
            strict.clock.pass_ms(50)
            client.send("pong")

    assert client.close_code is None


async def test_commands_over_the_rate_are_busy_and_the_connection_stays() -> None:
    """``w`` says how long to wait, and the same id may be sent again."""
    async with running(commands_per_s=5, command_burst=2) as world:
        maya = await world.register("Maya")
        client = Client(world, maya)
        await client.hello()
        for n in range(3):
            client.send("cmd", id=f"{n:026d}", k="squad.create", b={"name": "A", "tz": "UTC"})
        err = await client.answer(f"{2:026d}")
        world.clock.pass_ms(err["w"])
        client.forget()
        client.send("cmd", id=f"{2:026d}", k="squad.create", b={"name": "A", "tz": "UTC"})
        again = await client.answer(f"{2:026d}")

    assert (err["c"], err["w"], again["t"], client.close_code) == ("BUSY", 200, "ack", None)


# Signing in anew


async def test_the_end_of_a_session_is_announced_and_then_comes(world: World) -> None:
    """``exp`` once, a minute before; then 4504."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    told = []
    for wait_ms in (TICKET_LASTS_MS - EXPIRY_NOTICE_MS - 1, 1, 1_000, EXPIRY_NOTICE_MS - 1_001, 1):
        world.clock.pass_ms(wait_ms)
        client.session.heard()
        world.tick()
        told.append((len(client.of("exp")), client.close_code))

    assert told == [(0, None), (1, None), (1, None), (1, None), (1, 4504)]


async def test_exp_says_how_long_it_still_is(world: World) -> None:
    """In ms."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    world.clock.pass_ms(TICKET_LASTS_MS - 42_000)
    client.session.heard()
    world.tick()

    assert client.of("exp") == [{"t": "exp", "in": 42_000}]


async def test_a_new_ticket_lets_a_session_go_on(world: World) -> None:
    """``auth`` on the live connection; the next end is announced again."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    world.clock.pass_ms(TICKET_LASTS_MS - 1_000)
    client.session.heard()
    world.tick()
    ticket, expires_at = world.auth.ticket(world.auth.begin(maya))
    client.send("auth", id="9", a=ticket)
    ack = await client.answer("9")
    world.clock.pass_ms(TICKET_LASTS_MS - 1_000)
    client.session.heard()
    world.tick()

    assert ({"exp": expires_at}, 2, None) == (ack["b"], len(client.of("exp")), client.close_code)


async def test_a_ticket_of_somebody_else_changes_nothing(world: World) -> None:
    """Nor one that is none; the connection stays as it was."""
    maya, sam = await world.register("Maya"), await world.register("Sam")
    client = Client(world, maya)
    await client.hello()
    client.send("auth", id="1", a=world.ticket(sam))
    client.send("auth", id="2", a="nonsense")
    answers = [await client.answer("1"), await client.answer("2")]

    assert (["UNAUTHENTICATED"] * 2, maya) == ([a["c"] for a in answers], client.session.player)


# Many connections


async def test_the_oldest_of_too_many_connections_goes() -> None:
    """4430: a newer one took its place."""
    async with running(connections_per_player=2) as world:
        maya = await world.register("Maya")
        clients = []
        for _ in range(4):
            client = Client(world, maya)
            await client.hello()
            clients.append(client)
            world.clock.pass_ms(10)
        codes = [client.close_code for client in clients]

    assert codes == [4430, 4430, None, None]


async def test_other_players_connections_stay() -> None:
    """The limit is each player's own."""
    async with running(connections_per_player=1) as world:
        clients = []
        for handle in ("Maya", "Sam", "Kim"):
            client = Client(world, await world.register(handle))
            await client.hello()
            clients.append(client)
        codes = [client.close_code for client in clients]

    assert codes == [None] * 3


# The end


async def test_a_closed_session_says_and_hears_nothing_more(world: World) -> None:
    """Whatever was on its way."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad)
    client.send("cmd", id="0" * 26, s=squad, k="squad.invite")
    client.session.lost()
    client.forget()
    client.send("cmd", id="1" * 26, s=squad, k="squad.invite")
    await until(lambda: len(world.facts(squad)) == 3)
    await world.folded()
    world.clock.pass_ms(10**6)
    world.tick()

    assert (client.messages, client.close_code, world.hub.outlets) == ([], None, {})


async def test_a_connection_lost_before_its_welcome_leaves_nothing_behind(world: World) -> None:
    """The reading goes on in its thread and is for nobody."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    client.send("hello", v=1, c="test", a=world.ticket(maya))
    client.session.lost()
    other = Client(world, maya)
    await other.hello()

    assert ([], {maya: {other.session}}) == (client.messages, world.hub.outlets)


async def test_a_failure_of_ours_closes_that_connection_only(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """1011, and it is logged once."""
    squad, (maya,) = await world.squad_of("Maya")
    client, other = Client(world, maya), Client(world, maya)
    await client.hello()
    await other.hello()

    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.hub, "follow", fail)
    client.send("sub", id="1", s=squad)
    await until(lambda: client.close_code)

    assert (
        client.close_code,
        other.close_code,
        sum("failed" in record.message for record in caplog.records),
    ) == (1011, None, 1)


async def test_inv_s6_leaving_ends_sight_in_the_same_step(world: World) -> None:
    """The leave itself is the last event, then ``out``, then nothing of the squad."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    client = Client(world, sam)
    await client.follow(squad, 4)
    client.forget()
    done(await world.do(sam, "squad.leave", squad=squad))
    for _ in range(5):
        await world.invite(maya, squad)
    await world.folded()
    await asyncio.gather(*(world.do(maya, "squad.invite", squad=squad) for _ in range(5)))
    await world.folded()
    of_squad = [m for m in client.messages if m.get("s") == squad and m["t"] not in BESIDE]

    assert [(m["t"], m.get("n"), m.get("k")) for m in of_squad] == [
        ("ev", 5, "member.left"),
        ("out", None, None),
    ]
    assert of_squad[-1]["why"] == "left"
    assert client.messages[-1]["t"] != "ev"


async def test_whoever_left_gets_no_board_of_that_squad(world: World) -> None:
    """Also when they were paused while it changed."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    client = Client(world, sam)
    await client.follow(squad)
    await until(lambda: [m for m in client.of("view") if m["k"] == "week"])
    client.pause()
    dare = await world.dare(maya, maya, squad)
    done(await world.do(maya, "dare.report", {"dare": dare, "outcome": "MIXED"}, squad=squad))
    await world.folded()
    done(await world.do(sam, "squad.leave", squad=squad))
    await world.folded()
    client.forget()
    client.resume()
    await until(lambda: [m for m in client.of("view") if m["k"] == "me"])

    assert [m for m in client.messages if m.get("s") == squad] == []


async def test_all_of_a_leavers_connections_are_out(world: World) -> None:
    """On any socket."""
    squad, (_, sam) = await world.squad_of("Maya", "Sam")
    clients = [Client(world, sam) for _ in range(3)]
    for client in clients:
        await client.follow(squad)
    done(await world.do(sam, "squad.leave", squad=squad))

    assert [len(client.of("out")) for client in clients] == [1, 1, 1]
