"""Presence: who is around, whole, to whoever follows, and never longer than they are."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.ids import PlayerId
from server.live.presence import ACTIVE, AWAY, GOING_IN, GRACE_S
from tests.server.world import Client, World, done, running, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work; presence is published by hand."""
    async with running() as world:
        yield world


async def following(world: World, player: PlayerId, squad: str) -> Client:
    """A connection that is live in a squad."""
    client = Client(world, player)
    await client.follow(squad)
    return client


def sets(client: Client) -> list[dict[str, int]]:
    """The sets that have come."""
    return [message["b"] for message in client.of("pres")]


def published(world: World, *clients: Client) -> list[list[dict[str, int]]]:
    """What each of these got with the next turn of the pace."""
    for client in clients:
        client.forget()
    world.presence.publish()
    return [sets(client) for client in clients]


async def pair(world: World) -> tuple[str, Client, Client]:
    """Maya's and Sam's connections to their squad."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    return squad, await following(world, maya, squad), await following(world, sam, squad)


# What is shown


async def test_whoever_comes_gets_the_set_as_it_is_an_empty_one_too(world: World) -> None:
    """After ``live``: it replaces what the client still has from before."""
    squad, (maya,) = await world.squad_of("Maya")
    client = await following(world, maya, squad)

    assert [m for m in client.messages if m["t"] in ("live", "pres")] == [
        {"t": "live", "s": squad, "n": 2},
        {"t": "pres", "s": squad, "b": {}},
    ]


async def test_whoever_never_acts_is_in_no_set(world: World) -> None:
    """Following is not being around: a bot follows, too."""
    squad, maya, sam = await pair(world)
    maya.send("act", s=squad, st=ACTIVE)

    assert published(world, maya, sam) == [[{maya.player: ACTIVE}]] * 2


async def test_many_acts_are_one_set_and_the_same_bytes_for_all(world: World) -> None:
    """Of each only the last counts; it is encoded once."""
    squad, maya, sam = await pair(world)
    for state in (ACTIVE, AWAY, GOING_IN) * 4:
        for client in (maya, sam):
            client.send("act", s=squad, st=state)
    got = published(world, maya, sam)

    assert got == [[{maya.player: GOING_IN, sam.player: GOING_IN}]] * 2
    assert maya.far_end.frames[0] is sam.far_end.frames[0]


async def test_a_set_that_is_as_before_is_not_sent_again(world: World) -> None:
    """However often a client says the same."""
    squad, maya, sam = await pair(world)
    maya.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    maya.send("act", s=squad, st=AWAY)
    maya.send("act", s=squad, st=ACTIVE)

    assert published(world, sam) == [[]]


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ((ACTIVE, AWAY), ACTIVE),
        ((AWAY, ACTIVE), ACTIVE),
        ((GOING_IN, ACTIVE), GOING_IN),
        ((AWAY, GOING_IN), GOING_IN),
        ((AWAY, AWAY), AWAY),
    ],
)
async def test_of_two_connections_the_one_that_is_more_there_is_shown(
    world: World, states: tuple[int, int], shown: int
) -> None:
    """Going in beats active beats away."""
    squad, (maya,) = await world.squad_of("Maya")
    clients = [await following(world, maya, squad) for _ in states]
    for client, state in zip(clients, states, strict=True):
        client.send("act", s=squad, st=state)

    assert published(world, *clients) == [[{maya: shown}]] * 2


async def test_each_squad_has_its_own_set(world: World) -> None:
    """One is active where one is."""
    first, (maya,) = await world.squad_of("Maya")
    second = await world.create_squad(maya)
    client = Client(world, maya)
    await client.hello({first: None, second: None})
    await until(lambda: len(client.of("live")) == 2)
    client.send("act", s=first, st=ACTIVE)
    client.send("act", s=second, st=AWAY)
    published(world, client)

    assert {m["s"]: m["b"] for m in client.of("pres")} == {
        first: {maya: ACTIVE},
        second: {maya: AWAY},
    }


# What is passed over


@pytest.mark.parametrize("state", [0, 4, -1, 10**9])
async def test_a_state_that_is_none_is_passed_over(world: World, state: int) -> None:
    """A newer client may know more of them; the lease stays as it was."""
    squad, maya, sam = await pair(world)
    maya.send("act", s=squad, st=AWAY)
    maya.send("act", s=squad, st=state)

    assert published(world, sam) == [[{maya.player: AWAY}]]
    assert maya.close_code is None


async def test_an_act_where_one_does_not_follow_is_passed_over(world: World) -> None:
    """A stranger's, and a member's who has not asked for the squad."""
    squad, maya, sam = await pair(world)
    kim = Client(world, await world.register("Kim"))
    beside = Client(world, sam.player)
    await kim.hello()
    await beside.hello()
    for client in (kim, beside):
        client.send("act", s=squad, st=ACTIVE)
        client.send("act", s="nonsense", st=ACTIVE)

    assert published(world, maya) == [[]]
    assert (kim.close_code, world.presence._leases) == (None, {})


# Ends


async def test_a_lost_connection_is_shown_a_moment_longer(world: World) -> None:
    """Then it is gone, without anybody's word."""
    squad, maya, sam = await pair(world)
    sam.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    sam.session.lost()
    world.clock.pass_ms(int(GRACE_S * 1000) - 1)
    before = published(world, maya)
    world.clock.pass_ms(1)

    assert (before, published(world, maya)) == ([[]], [[{}]])


async def test_whoever_comes_back_in_time_does_not_flicker(world: World) -> None:
    """What the lost connection said does not outlive the first word of the new one."""
    squad, maya, sam = await pair(world)
    sam.send("act", s=squad, st=GOING_IN)
    world.presence.publish()
    sam.session.lost()
    back = await following(world, sam.player, squad)
    still = published(world, maya)
    back.send("act", s=squad, st=ACTIVE)
    again = published(world, maya)
    world.clock.pass_ms(int(GRACE_S * 1000))

    assert (still, again, published(world, maya)) == ([[]], [[{sam.player: ACTIVE}]], [[]])


async def test_unsub_ends_it_at_once(world: World) -> None:
    """In that squad."""
    squad, maya, sam = await pair(world)
    sam.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    sam.send("unsub", id="1", s=squad)

    assert published(world, maya, sam) == [[{}], []]


async def test_subscribing_anew_does_not_end_it(world: World) -> None:
    """As a client does that found a gap."""
    squad, maya, sam = await pair(world)
    sam.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    sam.forget()
    sam.send("sub", id="1", s=squad, n=0)
    await sam.first("pres")

    assert sets(sam) == [{sam.player: ACTIVE}]
    assert published(world, maya) == [[]]


@pytest.mark.parametrize("way_out", ["squad.leave", "squad.kick", "squad.ban"])
async def test_whoever_is_out_is_shown_no_more_on_any_connection(
    world: World, way_out: str
) -> None:
    """Nor as one who was lost a moment ago; and nothing more is shown to them."""
    squad, maya, sam = await pair(world)
    lost = await following(world, sam.player, squad)
    for client in (sam, lost):
        client.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    lost.session.lost()
    by, body = (sam, {}) if way_out == "squad.leave" else (maya, {"player": sam.player})
    done(await world.do(by.player, way_out, body, squad=squad))
    sam.send("act", s=squad, st=GOING_IN)
    got = published(world, maya, sam)

    assert got == [[{}], []]


async def test_a_silent_connection_is_shown_until_its_silence_is_its_end(world: World) -> None:
    """The session's own limit; nobody renews a lease."""
    squad, maya, sam = await pair(world)
    sam.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    world.clock.pass_ms(34_000)
    maya.send("pong")
    world.tick()
    during = published(world, maya)
    world.clock.pass_ms(1_001)
    world.tick()
    world.clock.pass_ms(int(GRACE_S * 1000))

    assert (during, sam.close_code, published(world, maya)) == ([[]], 4502, [[{}]])


# Bounds


async def test_a_paused_connection_gets_only_the_newest_set(world: World) -> None:
    """When it takes bytes again."""
    squad, maya, sam = await pair(world)
    maya.pause()
    maya.forget()
    for state in (ACTIVE, AWAY, GOING_IN):
        sam.send("act", s=squad, st=state)
        world.presence.publish()
    during = sets(maya)
    maya.resume()

    assert (during, sets(maya)) == ([], [{sam.player: GOING_IN}])


async def test_what_was_missed_of_a_squad_that_one_left_is_not_sent(world: World) -> None:
    """Though it was wanted while the connection was paused."""
    squad, maya, sam = await pair(world)
    sam.pause()
    maya.send("act", s=squad, st=ACTIVE)
    world.presence.publish()
    done(await world.do(sam.player, "squad.leave", squad=squad))
    sam.forget()
    sam.resume()

    assert sets(sam) == []


async def test_when_everybody_is_gone_nothing_is_kept(world: World) -> None:
    """Neither leases nor what was shown or missed."""
    squad, maya, sam = await pair(world)
    for client in (maya, sam):
        client.send("act", s=squad, st=ACTIVE)
    sam.pause()
    world.presence.publish()
    for client in (maya, sam):
        client.session.lost()
    world.clock.pass_ms(int(GRACE_S * 1000))
    world.presence.publish()
    presence = world.presence

    assert [
        presence._leases,
        presence._shown,
        presence._lost,
        presence._held,
        presence._missed,
    ] == [{}] * 5


async def test_presence_never_enters_the_log(world: World) -> None:
    """Nor any number of it."""
    squad, maya, _ = await pair(world)
    before = world.log.last_seq()
    maya.send("act", s=squad, st=ACTIVE)
    world.presence.publish()

    assert world.log.last_seq() == before


async def test_leases_of_another_node_are_shown_like_ours(world: World) -> None:
    """Whatever names its connections."""
    squad, maya, sam = await pair(world)
    world.presence.put(squad, sam.player, "node 2, connection 7", AWAY)
    put = published(world, maya)
    world.presence.drop(squad, sam.player, "node 2, connection 7")

    assert (put, published(world, maya)) == ([[{sam.player: AWAY}]], [[{}]])


async def test_the_pace_goes_on_after_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next change sends newer sets."""
    squad, maya, sam = await pair(world)
    monkeypatch.setattr("server.live.presence.PACE_S", 0)
    frame, failures = world.presence._frame, [ZeroDivisionError()]

    def failing(of: str) -> bytes:
        if failures:
            raise failures.pop()
        return frame(of)

    monkeypatch.setattr(world.presence, "_frame", failing)
    task = asyncio.create_task(world.presence.run())
    sam.send("act", s=squad, st=ACTIVE)
    await until(lambda: not failures)
    sam.send("act", s=squad, st=GOING_IN)
    await until(lambda: {sam.player: GOING_IN} in sets(maya))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [record.message for record in caplog.records] == ["presence could not be published"]
