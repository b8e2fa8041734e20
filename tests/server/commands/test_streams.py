"""Streams: the states that decisions are made against, and the order of what is written to them."""

from collections.abc import AsyncIterator, Mapping

import pytest

from server.commands.streams import Streams, player_stream, squad_stream
from server.eventlog.log import Batch, Event, LogTooNew, StoredEvent
from server.eventlog.mapper import recorded
from server.eventlog.memory import MemoryLog
from tests.server.world import DAY_MS, HOUR_MS, MONDAY_NOON, World, done, running


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


def instants(world: World, player: str) -> list[int]:
    """When a player's facts happened, in their order."""
    return [one.fact.at for one in recorded(world.log.read_stream(player_stream(player)))]


async def test_a_players_time_does_not_go_back_with_the_clock(world: World) -> None:
    """Whatever comes after a fact is not before it (rules §0)."""
    maya = await world.register("Maya")
    world.clock.at -= HOUR_MS
    done(await world.do(maya, "player.timezone", {"tz": "Asia/Tokyo"}))
    done(await world.do(maya, "player.erase", {"confirm": "Maya"}))

    assert [MONDAY_NOON] * 3 == instants(world, maya)


async def test_a_players_time_goes_on_when_the_clock_does(world: World) -> None:
    """A clock that was set back catches up with it."""
    maya = await world.register("Maya")
    world.clock.at -= HOUR_MS
    done(await world.do(maya, "player.timezone", {"tz": "Asia/Tokyo"}))
    world.clock.at += 2 * DAY_MS
    done(await world.do(maya, "player.timezone", {"tz": "UTC"}))

    assert instants(world, maya) == [
        MONDAY_NOON,
        MONDAY_NOON,
        MONDAY_NOON - HOUR_MS + 2 * DAY_MS,
    ]


async def test_a_players_time_is_that_of_the_log_after_a_restart(world: World) -> None:
    """It is folded with the rest."""
    maya = await world.register("Maya")
    world.clock.pass_ms(HOUR_MS)
    done(await world.do(maya, "player.timezone", {"tz": "Asia/Tokyo"}))
    streams = Streams()
    failed = streams.bring_up(world.log, [player_stream(maya)])
    stream = streams.player(player_stream(maya))

    assert ({}, 2, MONDAY_NOON + HOUR_MS) == (failed, stream.version, stream.last_at)


class Counting(MemoryLog):
    """A log, of several nodes or of one, that remembers of how many streams each read was."""

    def __init__(self, *, is_shared: bool) -> None:
        super().__init__()
        self.reads: list[int] = []
        self._is_shared = is_shared

    @property
    def is_shared(self) -> bool:
        return self._is_shared

    def read_streams(self, after: Mapping[str, int], limit: int) -> list[StoredEvent]:
        self.reads.append(len(after))
        return super().read_streams(after, limit)


@pytest.mark.parametrize("is_shared", [True, False])
async def test_what_is_missing_of_many_streams_is_read_together(is_shared: bool) -> None:
    """And nothing is read twice; of a log that is ours alone nothing at all the second time."""
    log, streams = Counting(is_shared=is_shared), Streams()
    async with running(log) as world:
        people = [await world.register(handle) for handle in ("Ann", "Bob", "Cleo")]
        names = [player_stream(player) for player in people]
        log.reads.clear()
        first = streams.bring_up(log, names)
        versions = [streams.player(name).version for name in names]
        done(await world.do(people[0], "player.timezone", {"tz": "Asia/Tokyo"}))
        log.reads.clear()
        streams.bring_up(log, names)
        reads = list(log.reads)

    assert (first, versions) == ({}, [1, 1, 1])
    assert reads == ([3] if is_shared else [])
    assert streams.player(names[0]).version == (2 if is_shared else 1)


async def test_a_long_stream_is_folded_part_by_part(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    squad, _ = await world.squad_of("Maya", "Sam", "Kim")
    monkeypatch.setattr("server.commands.streams.AT_ONCE", 2)
    streams = Streams()
    failed = streams.bring_up(world.log, [squad_stream(squad)])
    state = streams.squad(squad_stream(squad))

    assert failed == {}
    assert state.version == len(world.facts(squad))
    assert len(state.room.squad.members) == 3


async def test_a_stream_that_cannot_be_read_to_its_end_is_not_kept(world: World) -> None:
    """What is known of it is not all; the others are."""
    squad, (maya,) = await world.squad_of("Maya")
    stream, n = squad_stream(squad), len(world.facts(squad))
    world.log.append(Batch(events=[Event(stream, n + 1, "from.the.future@1", b"")]))
    streams = Streams()
    failed = streams.bring_up(world.log, [stream, player_stream(maya)])

    assert list(failed) == [stream]
    assert isinstance(failed[stream], LogTooNew)
    assert streams.peek(stream) is None
    assert streams.player(player_stream(maya)).version == 1
