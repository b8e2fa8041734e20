"""Timers: rung once in effect, whatever is late, doubled, lost or restarted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.dares.events import DareExpired, DareSettled, DareStartLapsed
from domain.facts import Fact, Recorded
from domain.ids import DareId
from domain.room import RingTimer
from domain.squads.commands import CloseWeek
from domain.weeks import WeekId
from server.commands.consequences import ring_of
from server.commands.submission import SYSTEM
from server.commands.timers import AT_ONCE, Timers
from server.eventlog.log import Batch, DueTimer, Event, LogUnavailable, Timer
from server.eventlog.memory import MemoryLog
from server.eventlog.sqlite import SQLiteLog
from server.live.frames import Frames
from tests.server.world import (
    DAY_MS,
    HOUR_MS,
    MONDAY_NOON,
    CountingLog,
    HandClock,
    World,
    done,
    running,
    until,
)

CLOSING_DELAY_MS = 5_000
FAR_AWAY = 10**15
NEWER = f"squad-{'0' * 26}"
"""A stream that a newer Gutsy has written to."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work, whose timers ring when told to."""
    async with running() as world:
        yield world


def expired(world: World, squad: str) -> int:
    """How many dares have run out of time."""
    return sum(isinstance(recorded.fact, DareExpired) for recorded in world.facts(squad))


async def test_an_offer_has_one_timer_a_little_after_its_deadline(world: World) -> None:
    """Written with the event, so that none is lost."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = await world.dare(maya, sam, squad)

    assert [
        DueTimer(f"squad-{squad}", f"dare:{dare}", MONDAY_NOON + DAY_MS + CLOSING_DELAY_MS)
    ] == world.log.due_timers(FAR_AWAY, 10)


async def test_before_its_time_nothing_rings(world: World) -> None:
    """A millisecond before is before."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    world.clock.pass_ms(DAY_MS + CLOSING_DELAY_MS - 1)

    assert (await world.timers.ring_due(), expired(world, squad)) == (0, 0)


async def test_a_timer_rings_and_its_row_goes(world: World) -> None:
    """The fact is the system's own."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    world.clock.pass_ms(DAY_MS + CLOSING_DELAY_MS)
    rung = await world.timers.ring_due()
    last = world.facts(squad)[-1]

    assert (1, DareExpired, None, None, []) == (
        rung,
        type(last.fact),
        last.fact.by,
        last.command,
        world.log.due_timers(FAR_AWAY, 10),
    )


async def test_a_ring_shows_no_command_to_anybody(world: World) -> None:
    """Nobody sent it."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    shown: list[Recorded[Fact]] = []
    world.commands.on_commit(shown.extend)
    world.clock.pass_ms(DAY_MS + CLOSING_DELAY_MS)
    await world.timers.ring_due()

    assert [Frames(f, squad, world.keys.open).seen(sam)[4] for f in shown] == [None]  # type: ignore[index]  # sam sees it


async def test_inv_d7_a_timer_rung_twice_rings_once(world: World) -> None:
    """Two pollers at the same time, and one that comes late with an old row."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    world.clock.pass_ms(DAY_MS + CLOSING_DELAY_MS)
    (row,) = world.log.due_timers(FAR_AWAY, 10)
    await asyncio.gather(world.timers.ring_due(), world.timers.ring_due())
    world.log.append(Batch(timers=[Timer(row.stream, row.key, row.due_at)]))
    await world.timers.ring_due()

    assert expired(world, squad) == 1


async def test_inv_d7_a_late_timer_rings_with_the_same_effect(world: World) -> None:
    """The state depends on the events and the time, not on the ringing."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    world.clock.pass_ms(30 * DAY_MS)
    await world.timers.ring_due()

    assert expired(world, squad) == 1


async def test_a_timer_never_rings_before_its_own_time(world: World) -> None:
    """Should the clock have been set back since it was due."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    (row,) = world.log.due_timers(FAR_AWAY, 10)

    assert row.due_at == world.timers._ring(row).arrived_at


async def test_a_timer_that_finds_nothing_to_do_goes_away(world: World) -> None:
    """The dare has ended by then, or was never there."""
    squad, _ = await world.squad_of("Maya")
    world.log.append(Batch(timers=[Timer(f"squad-{squad}", f"dare:{'0' * 26}", 1)]))
    before = world.log.last_seq()
    await world.timers.ring_due()

    assert (before, []) == (world.log.last_seq(), world.log.due_timers(FAR_AWAY, 10))


async def test_a_ring_sets_the_next_timer(world: World) -> None:
    """Going in lapses after two hours; then the attempt's own end is waited for."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = await world.dare(maya, sam, squad)
    done(await world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
    done(await world.do(sam, "dare.start", {"dare": dare}, squad=squad))
    world.clock.pass_ms(2 * HOUR_MS + CLOSING_DELAY_MS)
    await world.timers.ring_due()
    (row,) = world.log.due_timers(FAR_AWAY, 10)

    assert (DareStartLapsed, MONDAY_NOON + 3 * DAY_MS + 12 * HOUR_MS + CLOSING_DELAY_MS) == (
        type(world.facts(squad)[-1].fact),
        row.due_at,
    )


async def test_a_report_settles_by_its_timer(world: World) -> None:
    """Twelve hours later."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = await world.dare(maya, sam, squad)
    done(await world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
    done(await world.do(sam, "dare.report", {"dare": dare, "outcome": "MIXED"}, squad=squad))
    world.clock.pass_ms(12 * HOUR_MS + CLOSING_DELAY_MS)
    await world.timers.ring_due()

    assert DareSettled is type(world.facts(squad)[-1].fact)


async def test_a_timer_survives_a_restart(tmp_path: Path) -> None:
    """It is due while nothing runs, and rings when something does."""
    clock = HandClock()
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        squad, (maya, sam) = await world.squad_of("Maya", "Sam")
        await world.dare(maya, sam, squad)
    clock.pass_ms(2 * DAY_MS)
    async with running(SQLiteLog(tmp_path / "gutsy.db"), clock) as world:
        await world.timers.ring_due()
        await world.timers.ring_due()

        assert expired(world, squad) == 1


async def test_a_timer_whose_ring_failed_rings_again(world: World) -> None:
    """Its row goes with what it leads to, in one transaction."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad)
    world.clock.pass_ms(2 * DAY_MS)
    append, failures = world.log.append, [LogUnavailable("the disk is full")]

    def fail_once(batch: Batch) -> list[int]:
        if failures:
            raise failures.pop()
        return append(batch)

    world.log.append = fail_once  # type: ignore[method-assign]  # for this one call
    await world.timers.ring_due()
    before = expired(world, squad)
    await world.timers.ring_due()

    assert (before, expired(world, squad)) == (0, 1)


async def test_more_timers_than_ring_at_once_all_ring(world: World) -> None:
    """``run`` goes on until none is due."""
    world.log.append(
        Batch(timers=[Timer(f"squad-{'0' * 26}", f"dare:{n:026d}", n) for n in range(AT_ONCE + 10)])
    )
    task = asyncio.create_task(world.timers.run())
    await until(lambda: not world.log.due_timers(FAR_AWAY, 1))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert world.log.due_timers(FAR_AWAY, 10) == []


async def test_timers_that_always_fail_keep_no_other_from_ringing() -> None:
    """However many of them are due before it."""
    async with running() as world:
        world.log.append(Batch(events=[Event(NEWER, 1, "from.the.future@1", b"")]))
        squad, (maya, sam) = await world.squad_of("Maya", "Sam")
        await world.dare(maya, sam, squad)
        failing = [Timer(NEWER, f"dare:{n:026d}", n) for n in range(1, 301)]
        world.log.append(Batch(timers=failing))
        world.clock.pass_ms(2 * DAY_MS)
        rung = [await world.timers.ring_due() for _ in range(3)]

        assert ([0, 1, 0], 1, 300) == (
            rung,
            expired(world, squad),
            len(world.log.due_timers(FAR_AWAY, 1_000)),
        )


async def test_a_timer_set_to_the_same_instant_again_rings_again(world: World) -> None:
    """That nothing was to be done the first time is no answer to the second."""
    squad, _ = await world.squad_of("Maya")
    timer = Timer(f"squad-{squad}", f"dare:{'0' * 26}", 1)
    left: list[list[DueTimer]] = []
    for _ in range(2):
        world.log.append(Batch(timers=[timer]))
        await world.timers.ring_due()
        left.append(world.log.due_timers(FAR_AWAY, 10))

    assert left == [[], []]


async def test_the_answer_to_a_ring_that_led_to_nothing_is_not_kept() -> None:
    """It takes its row away and writes nothing else."""
    log = CountingLog()
    async with running(log) as world:
        squad, _ = await world.squad_of("Maya")
        timer = Timer(f"squad-{squad}", f"dare:{'0' * 26}", 1)
        log.append(Batch(timers=[timer]))
        await world.timers.ring_due()

    assert log.batches[-1] == Batch(timers=(replace(timer, due_at=None),))


async def test_a_log_that_cannot_be_read_does_not_stop_the_timers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They ring when it can be read again."""
    monkeypatch.setattr("server.commands.timers.LONGEST_NAP_S", 0.001)

    class Flaky(MemoryLog):
        """A log whose timers cannot be read at first."""

        tries = 0

        def due_timers(self, now: int, limit: int) -> list[DueTimer]:
            self.tries += 1
            if self.tries == 1:
                raise LogUnavailable("locked")
            return super().due_timers(now, limit)

    log = Flaky()
    log.append(Batch(timers=[Timer(f"squad-{'0' * 26}", f"dare:{'0' * 26}", 1)]))
    async with running(log) as world:
        task = asyncio.create_task(Timers(log, world.commands, world.clock).run())
        await until(lambda: not MemoryLog.due_timers(log, FAR_AWAY, 1))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert log.tries >= 2


def test_a_timer_names_its_dare() -> None:
    """And is found by it."""

    assert ring_of(f"dare:{'0' * 26}", at=5) == RingTimer(at=5, dare=_dare("0" * 26))


def test_a_timer_names_its_week() -> None:
    """Which it closes."""

    assert ring_of("week:2026-W48", at=5) == CloseWeek(at=5, week=WeekId("2026-W48"))


def test_the_system_is_no_player() -> None:
    """Its id has not the form of one."""

    assert SYSTEM == "system"


def _dare(text: str) -> DareId:
    return DareId(text)
