"""Streams: the states that decisions are made against, and the order of what is written to them."""

from collections.abc import AsyncIterator

import pytest

from server.commands.streams import Streams, player_stream
from server.eventlog.mapper import recorded
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
