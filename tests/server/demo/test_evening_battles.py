"""Battles of an evening, against a real server: a visitor is called to one, or calls one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.battles.state import BattleState
from server.demo.evening import Evening
from server.protocol.views import BattleTable
from tests.server.demo.test_evening import FAST, RACES, an_evening, play_until, told
from tests.server.serving import Guest, Served
from tests.server.world import Message

pytestmark = pytest.mark.slow

LIMIT_S = 60.0
"""The shortest battle takes 20 s and its grace, whatever the pace."""


async def play_on_until(evening: Evening, condition: Callable[[], bool]) -> None:
    """Beat after beat, for as long as a battle may take."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            _, longest_s = await evening.beat()
            await asyncio.sleep(longest_s / FAST)


@asynccontextmanager
async def a_visitor(served: Served, evening: Evening) -> AsyncIterator[tuple[Guest, str]]:
    """Somebody who has come in by the printed link and looks on, with their squad."""
    async with served.guest("Visitor") as visitor:
        squad = str((await visitor.do("squad.join", code=evening.code))["b"]["squad"])
        async with visitor.socket({squad: None}) as socket:
            await socket.say("act", s=squad, st=1)
            yield visitor, squad


def battle_of(evening: Evening) -> Message:
    """The battle as a friend sees it."""
    return evening.players[0].look().view.battle or {}


def is_in(evening: Evening, state: str) -> Callable[[], bool]:
    """Whether the battle is there yet."""
    return lambda: battle_of(evening).get("state") == state


def table_of(evening: Evening) -> BattleTable:
    """The table that the server has pushed last."""
    table = evening.players[0].client.table
    assert table is not None
    return table


def has_friends_score(evening: Evening) -> Callable[[], bool]:
    """Whether anybody of the cast has points."""
    cast = {player.friend.player for player in evening.players}
    return lambda: any(row.player in cast and row.points for row in table_of(evening).rows)


async def test_a_visitor_is_called_to_a_battle_that_is_played_to_its_end(tmp_path: Path) -> None:
    """Once they were dared; they join, it begins, and it ends with everybody's points."""
    async with (
        an_evening(tmp_path, ruleset=0) as (served, evening),
        a_visitor(served, evening) as (visitor, squad),
    ):
        await play_on_until(evening, is_in(evening, "LOBBY"))
        was_dared = visitor.player in [b["target"] for b in told(evening, "dare.issued")]
        battle = battle_of(evening)["battle"]
        await visitor.do("battle.join", squad, battle=battle)
        await play_on_until(evening, is_in(evening, "LIVE"))
        card = (battle_of(evening).get("cards") or ["which-apple"])[0]
        me = visitor.player
        taken = await visitor.do("dare.issue", squad, target=me, card=card, battle=battle)
        dare = taken["b"]["dare"]
        await visitor.do("dare.start", squad, dare=dare)
        await visitor.do("dare.report", squad, dare=dare, outcome="REJECTED")
        await play_on_until(evening, lambda: table_of(evening).state is BattleState.FINISHED)
        rows = {row.player: row for row in table_of(evening).rows}

        assert was_dared
        assert (3, 1) == (rows[me].points, rows[me].reports)
        assert len([row for row in rows.values() if row.reports > 1]) >= 2
        assert RACES | {"BATTLE_CLOSED"} >= {code for _, code in evening.counts.refused}


async def test_a_visitor_who_does_not_join_is_no_end_of_it(tmp_path: Path) -> None:
    """They are waited for, and then the friends play among themselves."""
    async with (
        an_evening(tmp_path, ruleset=0) as (served, evening),
        a_visitor(served, evening) as (visitor, _),
    ):
        await play_on_until(evening, is_in(evening, "LIVE"))
        await play_on_until(evening, has_friends_score(evening))
        participants = battle_of(evening)["participants"]

        assert visitor.player not in participants
        assert len(participants) in (2, 3, 4)
        assert 1 == evening.counts.done["battle.open"]


async def test_two_friends_join_the_battle_that_a_visitor_opens(tmp_path: Path) -> None:
    """And play once it begins, which is for the visitor to say."""
    async with (
        an_evening(tmp_path, ruleset=0) as (served, evening),
        a_visitor(served, evening) as (visitor, squad),
    ):
        await play_until(evening, lambda: len(evening.players) == 5)
        opened = await visitor.do("battle.open", squad, mode="SAME_DECK", minutes=1)
        await play_on_until(evening, lambda: len(battle_of(evening).get("participants", ())) == 3)
        for _ in range(20):
            await evening.beat()
        participants = battle_of(evening)["participants"]
        await visitor.do("battle.start", squad, battle=opened["b"]["battle"])
        await play_on_until(evening, is_in(evening, "LIVE"))
        await play_on_until(evening, has_friends_score(evening))

        assert (3, visitor.player) == (len(participants), participants[0])


async def test_a_server_without_short_battles_gets_one_of_ten_minutes(tmp_path: Path) -> None:
    async with (
        an_evening(tmp_path) as (served, evening),
        a_visitor(served, evening),
    ):
        await play_on_until(evening, is_in(evening, "LOBBY"))

        assert 600_000 == battle_of(evening)["duration_ms"]
        assert [("battle.open", "BAD_INPUT")] == [
            refusal for refusal in evening.counts.refused if refusal[0] == "battle.open"
        ]
