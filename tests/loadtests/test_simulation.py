"""The simulation of players: the same again from one seed, and right by the naive model."""

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import asdict

from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.squads.events import WeekClosed
from loadtests.simulation.__main__ import simulate, totals
from loadtests.simulation.compare import differences
from loadtests.simulation.measure import check, facts_of
from server import upkeep
from server.app import open_log
from server.settings import Settings
from tests.projections.folding import folded

pytestmark = pytest.mark.slow

EVENTS = 3_000
SCORED = {"PlayerRegistered", "TimezoneChanged", "DareReported", "DareCorrected", "WeekClosed"}


class Simulated:
    """A folder in which people have played."""

    def __init__(self, folder: Path, seed: int, events: int = EVENTS) -> None:
        self.settings = Settings(data_dir=str(folder))
        self.world = asyncio.run(simulate(folder, events, seed))

    def log(self) -> list[Recorded[Fact]]:
        """The whole log."""
        log = open_log(self.settings)
        try:
            return list(facts_of(log))
        finally:
            log.close()

    def facts(self) -> list[tuple[str, int, str, dict[str, object]]]:
        """Every fact in its place, but for what the seed does not make: sealed texts, codes."""
        return [(r.stream, r.n, type(r.fact).__name__, _told(r.fact)) for r in self.log()]


def _told(fact: Fact) -> dict[str, object]:
    fields = asdict(fact).items()
    return {k: v for k, v in fields if k != "invite" and not isinstance(v, bytes)}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """With its read models."""
    played = Simulated(tmp_path_factory.mktemp("simulated"), seed=7)
    upkeep.rebuild(played.settings, lambda _at, _of: None)
    return played


def test_the_same_seed_gives_the_same_facts(simulated: Simulated, tmp_path: Path) -> None:
    again = Simulated(tmp_path, seed=7)

    assert again.facts() == simulated.facts()


def test_another_seed_gives_other_facts(simulated: Simulated, tmp_path: Path) -> None:
    other = Simulated(tmp_path, seed=8, events=200)

    assert other.facts()[:200] != simulated.facts()[:200]


def test_people_play_until_there_are_as_many_events_as_asked_for(simulated: Simulated) -> None:
    assert EVENTS <= len(simulated.facts()) == simulated.world.last_seq < EVENTS + 100


def test_a_simulated_log_is_clean(simulated: Simulated) -> None:
    report = upkeep.verify(simulated.settings, lambda _at, _of: None)

    assert report.problems == []


def test_the_read_models_of_a_simulated_log_are_the_naive_ones(simulated: Simulated) -> None:
    assert check(simulated.settings) == []


def test_everything_that_scoring_reads_happens(simulated: Simulated) -> None:
    happened = {kind for _, _, kind, _ in simulated.facts()}

    assert SCORED - happened == set()


def test_the_totals_are_one_line(simulated: Simulated) -> None:
    line = totals(simulated.world, 2.0)

    assert f"{simulated.world.last_seq:,} events until 202" in line


def test_a_report_that_the_read_models_lack_is_a_difference(simulated: Simulated) -> None:
    """In its entry, in the account, on the board, and on the board as it was closed."""
    log = simulated.log()
    closed = {fact.week for fact in (r.fact for r in log) if isinstance(fact, WeekClosed)}
    reports = [r for r in log if isinstance(r.fact, DareReported) and r.fact.week in closed]
    store = folded([r for r in log if r.seq != reports[-1].seq])
    problems = differences(store, log)

    assert {"missing", "account", "board", "final"} == {re.split("[ :]", p)[0] for p in problems}
