"""The bench of boards asks for boards and pages that are as full as in a game."""

from pathlib import Path

import pytest

from loadtests.bench import boards
from server import upkeep
from server.settings import Settings

pytestmark = pytest.mark.slow

SQUADS = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return boards.populated(SQUADS, tmp_path_factory.mktemp("populated"))


def test_everybody_is_in_the_read_models(data: Path) -> None:
    report = upkeep.verify(Settings(data_dir=str(data)), lambda _at, _of: None)

    assert report.problems == []
    assert report.rows > SQUADS * boards.SIZE


def test_those_who_reported_are_ahead_on_the_board(data: Path) -> None:
    with boards.open_game(data) as game:
        weeks = [game.models.weeks_shown(squad)[-1] for squad in game.people.squads]

    assert [[row.score > 0 for row in week.rows] for week in weeks] == [
        [True, True, *[False] * (boards.SIZE - 2)]
    ] * SQUADS


def test_boards_and_pages_are_asked_for(data: Path) -> None:
    for ask in (boards.board, boards.me):
        figures = ask(data)

        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
