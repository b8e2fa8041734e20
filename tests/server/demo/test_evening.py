"""The whole demo against a real server: a living squad, and a visitor who is made welcome."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from server.clock import Clock, Dice
from server.demo.evening import Evening
from server.demo.player import Player
from tests.server.serving import Guest, Process, Served, Socket, process, serving
from tests.server.world import LIMIT_S, Message

pytestmark = pytest.mark.slow

FAST = 200.0
"""Three minutes of the evening in a second, if the machine can."""
MOST_BEATS = 600
APPLE = {"card": "which-apple"}
RACES = {"NOT_FOUND", "QUOTA", "TARGET_UNAVAILABLE", "WRONG_STATE"}
"""What a person may be told who was not quick enough."""


def evening_at(url: str, seed: int = 7) -> Evening:
    """An evening in a hurry that tells nobody."""
    return Evening(url, dice=Dice(seed), clock=Clock(), tell=lambda _: None, speed=FAST)


@asynccontextmanager
async def an_evening(folder: Path, **settings: object) -> AsyncIterator[tuple[Served, Evening]]:
    """A served game with an evening in it that has been opened."""
    async with serving(folder, **settings) as served:
        evening = evening_at(served.url)
        try:
            await evening.open()
            yield served, evening
        finally:
            await evening.close()


async def play_until(evening: Evening, condition: Callable[[], bool]) -> None:
    """Beat after beat until something has come about."""
    for _ in range(MOST_BEATS):
        if condition():
            return
        _, longest_s = await evening.beat()
        await asyncio.sleep(longest_s / FAST)
    pytest.fail(f"it did not come about: {evening.counts}")


def told(evening: Evening, kind: str) -> list[Message]:
    """The bodies of the events of a kind that some of the cast have seen, once each."""
    found = {
        seen[0]: dict(seen[5])
        for player in evening.players
        for seen in player.friend.view.feed
        if seen[1] == kind
    }
    return [found[n] for n in sorted(found)]


async def test_a_squad_lives_within_a_few_beats(tmp_path: Path) -> None:
    """Dares of every way to end, several outcomes, cheers, and a board that moved."""
    async with an_evening(tmp_path) as (served, evening):
        done = evening.counts.done
        kinds = ("issue", "accept", "start", "report", "decline")
        outcomes: set[object] = set()

        def is_alive() -> bool:
            outcomes.update(body["outcome"] for body in told(evening, "dare.reported"))
            return (
                all(done.get(f"dare.{kind}", 0) for kind in kinds)
                and done.get("cheer", 0) > 2
                and len(outcomes) > 1
            )

        await play_until(evening, is_alive)
        squad = evening.players[0].squad
        board = served.services.models.week(squad)
        assert board is not None

        assert (len(evening.players) >= 5, "REJECTED" in outcomes) == (True, True)
        assert max(row.score for row in board.rows) > 0
        assert RACES >= {code for _, code in evening.counts.refused}


async def test_everything_that_a_player_knows_is_what_the_server_shows_them(
    tmp_path: Path,
) -> None:
    """The law of snapshots, for a whole evening: no gap, no double, no other order."""
    async with an_evening(tmp_path) as (served, evening):
        await play_until(evening, lambda: evening.counts.done.get("dare.report", 0) > 8)
        known = await all_that_is_known(evening)

        assert known == [await snapshot_of(served.url, player) for player in evening.players]


async def test_a_visitor_is_dared_and_cheered_and_answered(tmp_path: Path) -> None:
    """By the printed link, like anybody."""
    async with an_evening(tmp_path) as (served, evening), served.guest("Visitor") as visitor:
        squad = (await visitor.do("squad.join", code=evening.code))["b"]["squad"]

        def offers() -> list[Message]:
            return [b for b in told(evening, "dare.issued") if b["target"] == visitor.player]

        await play_until(evening, lambda: bool(offers()))
        offer = offers()[0]
        for _ in range(10):
            await evening.beat()
        offered = len(offers())
        await go_and_tell(visitor, squad, str(offer["dare"]))
        await play_until(evening, lambda: bool(cheers_for(evening, offer["dare"])))

        whom = evening.players[1].friend.player
        ack = await visitor.do("dare.issue", squad, target=whom, **APPLE)
        mine = ack["b"]["dare"]
        await play_until(
            evening, lambda: mine in [b["dare"] for b in told(evening, "dare.reported")]
        )

        assert (offer["difficulty"] <= 2, offer["categories"]) == (True, [])
        assert offered == 1, "nobody is pestered while they think"


async def all_that_is_known(evening: Evening) -> list[tuple[int, Message]]:
    """What each player has come to, once all have come as far."""
    knowns = [player.client.known for player in evening.players]
    head = max(known.n or 0 for known in knowns if known is not None)
    for player in evening.players:
        async with asyncio.timeout(LIMIT_S):
            await player.client.reached(head)
    views = [player.look().view.body() for player in evening.players]
    return [(head, msgspec.msgpack.decode(msgspec.msgpack.encode(view))) for view in views]


async def snapshot_of(url: str, player: Player) -> tuple[int, Message]:
    """What the server shows a player who knows nothing."""
    address = url.replace("http", "ws", 1) + "/ws"
    async with connect(address, subprotocols=[Subprotocol("gutsy.v1")], proxy=None) as connection:
        socket = Socket(connection)
        ticket = player.client.account.ticket
        await socket.say("hello", v=1, c="test", a=ticket, s={player.squad: None})
        snap = await socket.hear("snap")
        return snap["n"], snap["b"]


async def test_players_join_a_squad_that_is_there(tmp_path: Path) -> None:
    """By its code; whoever made it is a visitor to them."""
    async with serving(tmp_path) as served, served.guest("Owner") as owner:
        squad = await owner.squad("Old friends")
        code = (await owner.do("squad.invite", squad))["b"]["code"]
        evening = evening_at(served.url)
        try:
            link = await evening.open(code)
            await play_until(evening, lambda: len(evening.players) == 5)
            await owner.do("dare.issue", squad, target=evening.players[0].friend.player, **APPLE)
            await play_until(evening, lambda: bool(told(evening, "dare.reported")))
        finally:
            await evening.close()

        assert f"{served.url}/j/{code}" == link


async def test_whoever_is_put_out_goes_and_the_others_play_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.guest("Owner") as owner:
        squad = await owner.squad("Old friends")
        code = (await owner.do("squad.invite", squad))["b"]["code"]
        evening = evening_at(served.url)
        try:
            await evening.open(code)
            await play_until(evening, lambda: len(evening.players) == 5)
            out = evening.players[2].friend.player
            await owner.do("squad.kick", squad, player=out)
            await play_until(evening, lambda: out not in [p.friend.player for p in evening.players])
            await play_until(evening, lambda: len(evening.players) == 5)
        finally:
            await evening.close()

        assert [] == evening.players


@pytest.mark.parametrize("size", [5, 8])
async def test_a_full_squad_is_no_end(tmp_path: Path, size: int) -> None:
    """Those who have rested longest make room, or nobody comes; it goes on all the same."""
    async with an_evening(tmp_path) as (_, evening):
        host = evening.players[0]
        await play_until(evening, lambda: len(evening.players) == 5)
        await host.do("squad.settings", {"size": size})
        done = evening.counts.done
        await play_until(evening, lambda: any(p.friend.is_resting for p in evening.players))
        before = done.get("dare.report", 0)
        await play_until(evening, lambda: done.get("dare.report", 0) > before + 5)
        members = [row for row in host.friend.view.roster.values() if not row.get("left")]

        assert len(members) <= size
        assert RACES >= {code for _, code in evening.counts.refused}


async def go_and_tell(visitor: Guest, squad: str, dare: str) -> None:
    """Take a dare on, go in and come back with a no."""
    await visitor.do("dare.accept", squad, dare=dare)
    await visitor.do("dare.start", squad, dare=dare)
    await visitor.do("dare.report", squad, dare=dare, outcome="REJECTED")


def cheers_for(evening: Evening, dare: object) -> list[Message]:
    """The cheers for a dare."""
    return [body for body in told(evening, "cheer.given") if body["dare"] == dare]


async def test_the_evening_goes_on_when_everybody_has_had_enough(tmp_path: Path) -> None:
    """Friends rest before a report earns nothing, others come, and the squad's seats suffice."""
    async with an_evening(tmp_path) as (_, evening):

        def resting() -> int:
            return sum(player.friend.is_resting for player in evening.players)

        await play_until(evening, lambda: resting() >= 3)

        assert len(evening.players) - resting() <= 6
        assert max(p.friend.reported for p in evening.players) <= 9
        assert RACES >= {code for _, code in evening.counts.refused}


async def test_an_evening_outlives_the_server(tmp_path: Path) -> None:
    """Killed in the middle and started again: players come back and nothing is done twice."""
    with process(tmp_path) as running:
        evening = evening_at(running.url)
        await evening.open()
        before = evening.counts.done.get("dare.report", 0)
        running.kill()
        beats = asyncio.create_task(
            play_until(evening, lambda: evening.counts.done.get("dare.report", 0) > before + 2)
        )
        port = int(running.url.rpartition(":")[2])
        again = await asyncio.to_thread(Process, tmp_path, port)
        try:
            await beats
            known = await all_that_is_known(evening)
            shown = [await snapshot_of(again.url, player) for player in evening.players]
            reported = [body["dare"] for body in told(evening, "dare.reported")]
        finally:
            await evening.close()
            await asyncio.to_thread(again.stop)

        assert known == shown
        assert len(reported) == len(set(reported))


async def test_the_evening_goes_on_when_nobody_more_may_come(tmp_path: Path) -> None:
    """BUSY is the answer to the fourth, and to whoever tries again."""
    async with an_evening(tmp_path, guests_per_hour=3) as (_, evening):
        reports = evening.counts.done
        before = reports.get("dare.report", 0)
        await play_until(evening, lambda: reports.get("dare.report", 0) > before + 10)

        assert 3 == len(evening.players)
