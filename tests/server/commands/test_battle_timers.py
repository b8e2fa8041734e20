"""A battle by time alone: on time to the ms, whatever is late, doubled or restarted (INV-D7)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.battles.state import BattleState
from domain.ids import BattleId
from projections import ledger
from server.clock import Clock
from server.commands.timers import LONGEST_NAP_S, Timers
from server.eventlog.log import Batch, DueTimer, LogUnavailable, Timer
from server.eventlog.memory import MemoryLog
from server.eventlog.sqlite import SQLiteLog
from tests.server.fights import Fight, fight_of
from tests.server.world import (
    DAY_MS,
    MINUTE_MS,
    MONDAY_NOON,
    HandClock,
    World,
    done,
    running,
    until,
)

SECOND_MS = 1_000
STARTS_AT = MONDAY_NOON + 5 * SECOND_MS
ENDS_AT = STARTS_AT + 10 * MINUTE_MS
ENDED_AT = ENDS_AT + MINUTE_MS + 5 * SECOND_MS
"""Five seconds after grace, so that all that arrived in time is committed."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work, whose timers ring when told to."""
    async with running() as world:
        yield world


@pytest.fixture
async def fight(world: World) -> Fight:
    """Maya and Sam, before any battle."""
    return await fight_of(world, "Maya", "Sam")


def state(fight: Fight) -> BattleState:
    """Where the battle stands, by the log."""
    return fight.room().battles.by_id[BattleId(fight.battle)].state


async def test_a_battle_has_one_timer_from_its_opening_to_its_end(fight: Fight) -> None:
    """For the end of the lobby, the start, the end and the end of grace, each in its turn."""
    await fight.open()
    due = [fight.due_at()]
    done(await fight.say(fight.host, "start"))
    while fight.due_at() is not None:
        due.append(fight.due_at())
        await fight.ring()

    assert due == [MONDAY_NOON + DAY_MS + 5 * SECOND_MS, STARTS_AT, ENDS_AT, ENDED_AT]


async def test_a_battle_goes_live_at_its_very_ms(fight: Fight) -> None:
    """A ms before, nothing is due."""
    await fight.open()
    done(await fight.say(fight.host, "start"))
    fight.world.clock.pass_ms(5 * SECOND_MS - 1)
    before = (await fight.world.timers.ring_due(), state(fight))
    fight.world.clock.pass_ms(1)
    after = (await fight.world.timers.ring_due(), state(fight))

    assert (before, after) == ((0, BattleState.COUNTDOWN), (1, BattleState.LIVE))


async def test_a_battle_by_time_alone_is_on_time(fight: Fight) -> None:
    """By nobody's command."""
    await fight.begin()
    await fight.end()
    facts = fight.world.facts(fight.squad)[-3:]

    assert fight.told() == [
        ("countdown_started", MONDAY_NOON),
        ("went_live", STARTS_AT),
        ("grace_started", ENDS_AT),
        ("finished", ENDED_AT),
    ]
    assert {(one.fact.by, one.command) for one in facts} == {(None, None)}


async def test_a_lobby_that_nobody_starts_is_called_off(fight: Fight) -> None:
    """A day later; then there can be another."""
    await fight.open()
    await fight.ring()
    first = state(fight)
    await fight.open()

    assert (first, state(fight)) == (BattleState.CANCELLED, BattleState.LOBBY)


async def test_a_battle_that_is_over_has_no_timer(fight: Fight) -> None:
    """Finished or called off."""
    await fight.open()
    done(await fight.say(fight.host, "cancel"))
    rows = [row.key for row in fight.world.log.due_timers(10**15, 10)]

    assert (fight.due_at(), [key for key in rows if key.startswith("battle:")]) == (None, [])


async def scored(fight: Fight) -> dict[str, int]:
    """Maya and Sam report in a live battle, Sam once in its last minute."""
    await fight.begin()
    maya, sam = fight.players
    await fight.tell(maya, "REJECTED")
    last = await fight.take(sam)
    done(await fight.world.do(sam, "dare.start", {"dare": last}, squad=fight.squad))
    fight.world.clock.pass_ms(10 * MINUTE_MS + 59 * SECOND_MS)
    done(await fight.report(sam, last, "IGNORED"))
    return {maya: 3, sam: 2}


async def test_whoever_was_going_in_can_report_in_the_last_minute(fight: Fight) -> None:
    """Also if no timer has rung since the start."""
    due = await scored(fight)

    assert (fight.points(), [name for name, _ in fight.told()]) == (
        due,
        ["countdown_started", "went_live"],
    )


async def test_inv_d7_timers_that_ring_a_day_late_give_the_same_result(fight: Fight) -> None:
    """The same points, the same week, the same XP."""
    due = await scored(fight)
    fight.world.clock.pass_ms(10 * DAY_MS)
    while await fight.world.timers.ring_due():
        pass
    await fight.world.folded()
    paid = [ledger.entries(fight.world.store, player)[0] for player in fight.players]

    assert (fight.points(), state(fight)) == (due, BattleState.FINISHED)
    assert [(entry.kind, entry.amount, entry.board_at) for entry in paid] == [
        ("BATTLE", 30, ENDS_AT + MINUTE_MS),
        ("BATTLE", 10, ENDS_AT + MINUTE_MS),
    ]


async def test_inv_d7_inv_b3_a_battle_whose_timers_ring_twice_ends_once(fight: Fight) -> None:
    """Two pollers at each step, and one that comes with an old row."""
    due = await scored(fight)
    timers, old = fight.world.timers, Timer("", "", None)
    while (due_at := fight.due_at()) is not None:
        old = Timer(f"squad-{fight.squad}", f"battle:{fight.battle}", due_at)
        fight.world.clock.pass_ms(max(0, due_at - fight.world.clock.now()))
        await asyncio.gather(timers.ring_due(), timers.ring_due())
    fight.world.log.append(Batch(timers=[old]))
    await timers.ring_due()

    assert [name for name, _ in fight.told()] == [
        "countdown_started",
        "went_live",
        "grace_started",
        "finished",
    ]
    assert fight.points() == due


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_inv_d7_a_battle_survives_a_restart_of_the_process(
    tmp_path: Path, steps: int
) -> None:
    """In its countdown, while it is live, and in its last minute."""
    clock = HandClock()
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        before = await fight_of(world, "Maya", "Sam")
        await before.open()
        done(await before.say(before.host, "start"))
        for _ in range(steps):
            await before.ring()
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        fight = Fight(world, before.squad, before.players)
        fight.battle = before.battle
        await fight.end()

        assert fight.told() == [
            ("countdown_started", MONDAY_NOON),
            ("went_live", STARTS_AT),
            ("grace_started", ENDS_AT),
            ("finished", ENDED_AT),
        ]


async def test_inv_b0_points_survive_a_restart_of_the_process(tmp_path: Path) -> None:
    """Reports before it and after it add up: heat goes on."""
    clock = HandClock()
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        before = await fight_of(world, "Maya", "Sam")
        await before.begin(minutes=20)
        for _ in range(2):
            await before.tell(before.host, "REJECTED")
            clock.pass_ms(3 * MINUTE_MS)
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        fight = Fight(world, before.squad, before.players)
        fight.battle = before.battle
        await fight.tell(fight.host, "REJECTED")

        assert fight.points()[fight.host] == 3 + 3 + 6


# Naps


async def test_a_nap_is_no_longer_than_until_the_next_timer(fight: Fight) -> None:
    """Which is not due yet, but within the longest nap."""
    await fight.open()
    done(await fight.say(fight.host, "start"))
    timers, naps = fight.world.timers, []
    for span_ms in (0, 4_900, 99):
        fight.world.clock.pass_ms(span_ms)
        rung = await timers.ring_due()
        naps.append((rung, timers._nap_s))

    assert naps == [(0, LONGEST_NAP_S), (0, 0.1), (0, 0.001)]


async def test_a_timer_that_is_due_soon_does_not_wait_for_the_longest_nap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which is a day here: without the shorter one this would never end."""
    monkeypatch.setattr("server.commands.timers.LONGEST_NAP_S", 86_400.0)
    log, clock = MemoryLog(), Clock()
    async with running(log) as world:
        log.append(
            Batch(timers=[Timer(f"squad-{'0' * 26}", f"battle:{'0' * 26}", clock.now() + 100)])
        )
        task = asyncio.create_task(Timers(log, world.commands, clock).run())
        await until(lambda: not log.due_timers(10**15, 1))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert log.due_timers(10**15, 1) == []


async def test_a_short_nap_is_not_taken_again_while_the_log_fails() -> None:
    """It would be tried, and told of, a thousand times a second."""

    class Failing(MemoryLog):
        """A log whose timers can be read once."""

        is_failing = False

        def due_timers(self, now: int, limit: int) -> list[DueTimer]:
            if self.is_failing:
                raise LogUnavailable("locked")
            return super().due_timers(now, limit)

    log = Failing()
    async with running(log) as world:
        soon = Timer(f"squad-{'0' * 26}", f"battle:{'0' * 26}", MONDAY_NOON + 1)
        log.append(Batch(timers=[soon]))
        await world.timers.ring_due()
        naps = [world.timers._nap_s]
        log.is_failing = True
        with pytest.raises(LogUnavailable):
            await world.timers.ring_due()
        naps.append(world.timers._nap_s)

    assert naps == [0.001, LONGEST_NAP_S]
