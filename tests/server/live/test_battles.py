"""``view battle``: the whole table, to all who follow the squad, conflated and never lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.battles.state import BattleState
from domain.ids import BattleId
from server.live.replay import table
from server.live.views import BATTLE
from server.protocol.views import BattleScore
from tests.server.fights import Fight, fight_of
from tests.server.world import MINUTE_MS, Client, Message, World, done, running, until

FOR_EVER_S = 86_400.0


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


@pytest.fixture
async def fight(world: World) -> Fight:
    """Maya's and Sam's battle is live."""
    fight = await fight_of(world, "Maya", "Sam")
    await fight.begin()
    await world.folded()
    return fight


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told of rests until the test says otherwise."""
    monkeypatch.setattr("server.live.views.REST_S", FOR_EVER_S)


def tables(client: Client) -> list[Message]:
    """The tables that have come."""
    return [message["b"] for message in client.of("view") if message["k"] == "battle"]


def points(view: Message) -> dict[str, int]:
    """Who has what in a table."""
    return {row["player"]: row["points"] for row in view["rows"]}


async def newest(client: Client, fight: Fight) -> Message:
    """The table as of the last event, once it has come."""
    n = len(fight.world.facts(fight.squad))
    return (await until(lambda: [one for one in tables(client) if one["n"] == n]))[-1]


def due(fight: Fight) -> list[BattleScore]:
    """The rows that the log amounts to."""
    handles = dict(zip(fight.players, ("Maya", "Sam"), strict=False))
    return table(fight.room().battles.by_id[BattleId(fight.battle)], handles.get)


async def test_whoever_follows_a_squad_is_sent_its_table(fight: Fight) -> None:
    """At once, though nothing changes."""
    await fight.tell(fight.host, "REJECTED")
    await fight.world.folded()
    client = Client(fight.world, fight.players[1])
    await client.follow(fight.squad)
    (view,) = await until(lambda: tables(client))
    rest = {"reports": 0, "points": 0, "rejections": 0, "rank": 2}

    assert view == {
        "battle": fight.battle,
        "state": "LIVE",
        "n": len(fight.world.facts(fight.squad)),
        "rows": [
            {
                "player": fight.host,
                "handle": "Maya",
                "points": 3,
                "rejections": 1,
                "reports": 1,
                "rank": 1,
            },
            {"player": fight.players[1], "handle": "Sam", **rest},
        ],
    }


async def test_a_squad_without_a_battle_has_no_table(world: World) -> None:
    """Nor one whose battle was called off."""
    first, second = await fight_of(world, "Maya"), await fight_of(world, "Sam")
    await second.open()
    done(await second.say(second.host, "cancel"))
    await world.folded()
    clients = []
    for fight in (first, second):
        client = Client(world, fight.host)
        await client.follow(fight.squad)
        await until(lambda client=client: [m for m in client.of("view") if m["k"] == "week"])  # type: ignore[misc]  # bound at once
        clients.append(client)
    done(await first.ask(first.host, "open"))
    await until(lambda: tables(clients[0]))

    assert tables(clients[1]) == []


async def test_inv_b0_every_table_is_the_fold_of_the_log_up_to_its_n(
    fight: Fight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each report brings one, down to the last."""
    monkeypatch.setattr("server.live.views.REST_S", 0.0)
    client = Client(fight.world, fight.host)
    await client.follow(fight.squad)
    expected: list[list[BattleScore]] = []
    shown: list[Message] = []
    for outcome in ("REJECTED", "IGNORED", "MIXED"):
        await fight.tell(fight.host, outcome)
        shown.append(await newest(client, fight))
        expected.append(due(fight))
        fight.world.clock.pass_ms(3 * MINUTE_MS)
    await fight.end()
    shown.append(await newest(client, fight))
    expected.append(due(fight))

    assert [rows_of(view) for view in shown] == expected
    assert shown[-1]["state"] == "FINISHED"


def rows_of(view: Message) -> list[BattleScore]:
    """A table's rows, typed again."""
    return [BattleScore(**row) for row in view["rows"]]


async def test_spectators_get_the_table(fight: Fight) -> None:
    """Members of the squad who take no part."""
    world = fight.world
    kim = await world.register("Kim")
    code = await world.invite(fight.host, fight.squad)
    done(await world.do(kim, "squad.join", {"code": code}))
    await world.folded()
    client = Client(world, kim)
    await client.follow(fight.squad)
    await until(lambda: tables(client))
    await fight.tell(fight.host, "MIXED")
    view = await newest(client, fight)

    assert points(view) == {fight.host: 2, fight.players[1]: 0}


async def test_whoever_has_left_the_squad_gets_no_table(fight: Fight) -> None:
    """Whatever happens after; the others do."""
    maya, sam = fight.players
    leaver, other = Client(fight.world, sam), Client(fight.world, maya)
    for client in (leaver, other):
        await client.follow(fight.squad)
        await until(lambda client=client: tables(client))  # type: ignore[misc]  # bound at once
    done(await fight.world.do(sam, "squad.leave", squad=fight.squad))
    left_at = len(fight.world.facts(fight.squad))
    await fight.tell(maya, "REJECTED")
    await newest(other, fight)

    assert [view["n"] for view in tables(leaver) if view["n"] > left_at] == []


# At most so often, and the newest is never lost


@pytest.mark.usefixtures("resting")
async def test_while_a_battle_rests_nothing_is_pushed_and_then_only_the_newest(
    fight: Fight,
) -> None:
    """However many reports there were."""
    client = Client(fight.world, fight.host)
    await client.follow(fight.squad)
    await until(lambda: tables(client))
    fight.world.views.refresh((BATTLE, fight.squad))
    await until(lambda: len(tables(client)) == 2)
    for player in fight.players * 10:
        dare = await fight.take(player)
        done(await fight.world.do(player, "dare.bail", {"dare": dare}, squad=fight.squad))
    await fight.tell(fight.host, "REJECTED")
    await fight.world.folded()
    await week_again(fight, client)
    while_resting = len(tables(client))
    fight.world.views._rested((BATTLE, fight.squad))
    view = await newest(client, fight)

    assert (while_resting, len(tables(client)), points(view)[fight.host]) == (2, 3, 3)


@pytest.mark.usefixtures("resting")
async def test_a_battle_that_did_not_change_while_it_rested_is_not_pushed_again(
    fight: Fight,
) -> None:
    """There is nothing to tell."""
    client = Client(fight.world, fight.host)
    await client.follow(fight.squad)
    await until(lambda: tables(client))
    fight.world.views.refresh((BATTLE, fight.squad))
    await until(lambda: len(tables(client)) == 2)
    fight.world.views._rested((BATTLE, fight.squad))
    await week_again(fight, client)

    assert len(tables(client)) == 2


@pytest.mark.usefixtures("resting")
async def test_whoever_comes_while_a_battle_rests_is_sent_it_at_once(fight: Fight) -> None:
    """The newest; the others wait for theirs."""
    first = Client(fight.world, fight.host)
    await first.follow(fight.squad)
    await until(lambda: tables(first))
    fight.world.views.refresh((BATTLE, fight.squad))
    await until(lambda: len(tables(first)) == 2)
    await fight.tell(fight.host, "IGNORED")
    await fight.world.folded()
    second = Client(fight.world, fight.players[1])
    await second.follow(fight.squad)
    view = await newest(second, fight)

    assert (points(view)[fight.host], len(tables(first))) == (2, 2)


@pytest.mark.usefixtures("resting")
async def test_the_battle_of_one_squad_does_not_rest_for_another(fight: Fight) -> None:
    """Each has its own four a second."""
    other = await fight_of(fight.world, "Kim", "Lou")
    await other.begin()
    await fight.world.folded()
    client = Client(fight.world, other.host)
    await client.follow(other.squad)
    await until(lambda: tables(client))
    fight.world.views.refresh((BATTLE, fight.squad))
    await week_again(other, client)
    before = tables(client)[-1]["n"]
    await other.take(other.host)
    await until(lambda: [one for one in tables(client) if one["n"] > before])

    assert {one["battle"] for one in tables(client)} == {other.battle}


async def test_a_battle_is_told_of_again_after_its_rest_by_itself(
    fight: Fight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed meanwhile comes without anything else happening."""
    monkeypatch.setattr("server.live.views.REST_S", 0.01)
    client = Client(fight.world, fight.host)
    await client.follow(fight.squad)
    for outcome in ("GRANTED", "MIXED", "REJECTED"):
        fight.world.clock.pass_ms(3 * MINUTE_MS)
        await fight.tell(fight.host, outcome)
    view = await newest(client, fight)

    assert rows_of(view) == due(fight)


async def week_again(fight: Fight, client: Client) -> None:
    """Let the views do a round: whatever was to be sent before has been."""
    weeks = [message for message in client.of("view") if message["k"] == "week"]
    fight.world.views.refresh(("week", fight.squad))
    await until(lambda: len([m for m in client.of("view") if m["k"] == "week"]) > len(weeks))


# Connections that come and go


async def test_a_stalled_connection_gets_the_newest_table_when_it_takes_bytes_again(
    fight: Fight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One, of all that it missed."""
    monkeypatch.setattr("server.live.views.REST_S", 0.0)
    client, other = Client(fight.world, fight.host), Client(fight.world, fight.players[1])
    for one in (client, other):
        await one.follow(fight.squad)
        await until(lambda one=one: tables(one))  # type: ignore[misc]  # bound at once
    client.pause()
    client.forget()
    for outcome in ("REJECTED", "REJECTED"):
        await fight.tell(fight.host, outcome)
        await newest(other, fight)
        fight.world.clock.pass_ms(3 * MINUTE_MS)
    await week_again(fight, other)
    client.resume()
    view = await newest(client, fight)

    assert (len(tables(client)), rows_of(view)) == (1, due(fight))


async def test_inv_b4_connections_that_come_and_go_change_no_score(fight: Fight) -> None:
    """The same commands with a net that is lost after each of them, and without."""
    quiet = await fight_of(fight.world, "Kim", "Lou")
    await quiet.begin()
    for outcome in ("REJECTED", "IGNORED", "MIXED"):
        for one in (fight, quiet):
            await one.tell(one.host, outcome)
        client = Client(fight.world, fight.host)
        await client.follow(fight.squad)
        view = await newest(client, fight)
        assert rows_of(view) == due(fight)
        client.session.lost()
        fight.world.clients.remove(client)
        fight.world.clock.pass_ms(3 * MINUTE_MS)

    assert list(fight.points().values()) == list(quiet.points().values()) == [9, 0]


# Replay


async def test_inv_b0_the_last_moment_of_a_replay_is_the_last_table(fight: Fight) -> None:
    """Each moment has the table of its time."""
    client = Client(fight.world, fight.players[1])
    await client.follow(fight.squad)
    await fight.tell(fight.host, "REJECTED")
    await fight.tell(fight.players[1], "MIXED")
    await fight.end()
    view = await newest(client, fight)
    replay = fight.world.models.replay(fight.squad, fight.battle)
    assert replay is not None
    kinds = [moment.kind for moment in replay.moments]

    assert replay.moments[-1].rows == rows_of(view) == due(fight)
    assert (replay.state, replay.moments[-1].n) == (BattleState.FINISHED, view["n"])
    assert kinds == [
        "battle.opened",
        "battle.joined",
        "battle.joined",
        "battle.countdown_started",
        "battle.went_live",
        "dare.reported",
        "dare.reported",
        "battle.grace_started",
        "battle.finished",
    ]


async def test_a_moment_tells_whose_it_was_and_the_table_then(fight: Fight) -> None:
    """A report with its outcome."""
    await fight.tell(fight.host, "REJECTED")
    await fight.world.folded()
    replay = fight.world.models.replay(fight.squad, fight.battle)
    assert replay is not None
    told: list[tuple[Any, ...]] = [
        (one.player, one.outcome, [row.points for row in one.rows]) for one in replay.moments
    ]
    maya, sam = fight.players

    assert told == [
        (maya, None, []),
        (maya, None, [0]),
        (sam, None, [0, 0]),
        (None, None, [0, 0]),
        (None, None, [0, 0]),
        (maya, "REJECTED", [3, 0]),
    ]


async def test_a_replay_has_nothing_of_another_battle_or_dare(fight: Fight) -> None:
    """Nor of what came after its end."""
    dare = await fight.world.dare(fight.host, fight.host, fight.squad)
    done(await fight.report(fight.host, dare, "REJECTED"))
    await fight.end()
    first, ended_n = fight.battle, len(fight.world.facts(fight.squad))
    await fight.begin()
    await fight.tell(fight.host, "REJECTED")
    await fight.world.folded()
    replay = fight.world.models.replay(fight.squad, first)
    assert replay is not None

    assert (replay.moments[-1].n, {r.points for m in replay.moments for r in m.rows}) == (
        ended_n,
        {0},
    )


async def test_a_battle_that_was_never_started_has_no_times(world: World) -> None:
    """Its replay is that of a lobby."""
    fight = await fight_of(world, "Maya")
    await fight.open()
    done(await fight.say(fight.host, "cancel"))
    await asyncio.wait_for(world.folded(), 10)
    replay = world.models.replay(fight.squad, fight.battle)
    assert replay is not None

    assert (replay.starts_at, replay.ends_at, replay.state) == (None, None, "CANCELLED")


async def test_there_is_no_replay_of_a_battle_of_another_squad(fight: Fight) -> None:
    """Nor of none at all."""
    other = await fight_of(fight.world, "Kim")
    models = fight.world.models

    assert (models.replay(other.squad, fight.battle), models.replay(fight.squad, "0" * 26)) == (
        None,
        None,
    )
