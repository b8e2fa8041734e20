"""Whoever replays a log in a bench has read all of it."""

from pathlib import Path

import pytest

from loadtests.bench import reading
from server import upkeep
from server.settings import Settings

pytestmark = pytest.mark.slow

EVENTS = 200


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reading.simulated(EVENTS, tmp_path_factory.mktemp("simulated"))


def events_in(data: Path) -> int:
    """How many events the folder has, whose rows are right."""
    report = upkeep.verify(Settings(data_dir=str(data)), lambda _at, _of: None)
    assert report.problems == []
    return report.events


def test_every_replay_reads_every_event(data: Path) -> None:
    replays = [reading.bare_select, reading.select_and_decode, reading.replay, reading.library]
    events = events_in(data)

    assert events >= EVENTS
    assert [replay(data)["events"] for replay in replays] == [events] * len(replays)


def test_a_simulated_folder_is_made_once(data: Path) -> None:
    secret = (data / "secret").read_bytes()  # drawn when a folder is made

    assert (reading.simulated(EVENTS, data.parent) / "secret").read_bytes() == secret


def test_a_rebuild_folds_everything(data: Path) -> None:
    assert reading.rebuild(data)["events_per_s"] > 0


def test_a_server_starts_on_it_and_on_nothing(data: Path) -> None:
    assert reading.start(data)["seconds"] > 0
    assert reading.start_empty()["seconds"] > 0
