"""A population is as real as people who came one by one: a server lets them in and play."""

from collections import Counter
from pathlib import Path

import pytest

from loadtests.bench.population import Population, populate, ticket
from server import upkeep
from server.app import open_log
from server.settings import Settings
from tests.server.serving import Socket, fresh_id, serving

SQUADS, SIZE = 3, 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def population(folder: Path) -> Population:
    return populate(folder, squads=SQUADS, size=SIZE, reports=2)


def test_a_population_is_clean(folder: Path, population: Population) -> None:
    report = upkeep.verify(Settings(data_dir=str(folder)), lambda _at, _of: None)

    assert report.problems == []
    # A player each; a squad, its members and an invite; four facts for each dare.
    assert report.events == SQUADS * (SIZE + (1 + SIZE + 1) + 2 * 4)


def test_everybody_has_a_seat_in_their_squad_and_their_name(
    folder: Path, population: Population
) -> None:
    log = open_log(Settings(data_dir=str(folder)))
    seats = [log.find_claims_under("seat", player) for player in population.players]
    names = [log.find_own_claims(player) for player in population.players]
    log.close()

    assert Counter(claim.owner for (claim,) in seats) == dict.fromkeys(population.squads, SIZE)
    assert [claim.kind for (claim,) in names] == ["handle"] * SQUADS * SIZE


async def test_a_player_of_a_population_connects_follows_and_commands(
    folder: Path, population: Population
) -> None:
    squad, owner = population.squads[1], population.members(1)[0]
    async with serving(folder) as served, served.connect() as connection:
        socket = Socket(connection)
        await socket.say("hello", v=1, c="bench", a=ticket(folder, owner), s={squad: None})
        await socket.hear("live", s=squad)
        command = fresh_id()
        await socket.say("cmd", id=command, k="squad.rename", b={"name": "Owls"}, s=squad)
        event = await socket.hear("ev", s=squad, c=command)

    assert (event["k"], event["u"], event["b"]["name"]) == ("squad.renamed", owner, "Owls")


def test_a_population_may_have_larger_squads_than_the_rules_allow(folder: Path) -> None:
    population = populate(folder, squads=1, size=60)

    assert len(population.members(0)) == 60
    assert upkeep.verify(Settings(data_dir=str(folder)), lambda _at, _of: None).problems == []
