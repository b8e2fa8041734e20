"""The command line: what it lists, and how it says no."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.settings import documented
from tests.server.serving import process


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """That of most people's shells."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_settings_are_listed_each_with_its_meaning() -> None:
    """With unit, default and range."""
    shown = CliRunner().invoke(main, ["settings"]).output

    assert [r.variable for r in documented() if r.variable not in shown] == []
    assert "GUTSY_PING_MS [ms] (default 25000, 100 … 600000)" in shown
    assert "GUTSY_SECRET [32+ characters] (default unset)" in shown


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"GUTSY_PROT": "80"}, "GUTSY_PROT is not a setting"),
        ({"GUTSY_PORT": "-1"}, "GUTSY_PORT"),
        ({"GUTSY_HOST": "0.0.0.0", "GUTSY_RULESET": "0"}, "loopback"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(
    environment: dict[str, str], said: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With a sentence, before anything is opened."""
    data = tmp_path / "data"
    given = {"GUTSY_DATA_DIR": str(data), **environment}
    result = CliRunner().invoke(main, ["serve"], env=given)
    shown = " ".join((result.output + capfd.readouterr().err).split())

    assert (result.exit_code, said in shown, data.exists()) == (2, True, False)


def test_the_version_is_that_of_the_package() -> None:
    """For reports of defects."""
    result = CliRunner().invoke(main, ["--version"])

    assert (result.exit_code, "version" in result.output) == (0, True)


@pytest.mark.slow
@pytest.mark.usefixtures("usual_umask")
def test_what_is_written_is_for_its_owner_only(tmp_path: Path) -> None:
    """The data folder and all in it, while it is served from; a backup, and where it is put back.

    And whoever called the command by Python has their own umask back.
    """
    data, other, copy = tmp_path / "data", tmp_path / "other", tmp_path / "copy.db"
    with process(data):
        served = [data, *data.iterdir()]
        modes = {path.name: path.stat().st_mode & 0o777 for path in served}
        for arguments, folder in ((["backup", str(copy)], data), (["restore", str(copy)], other)):
            result = CliRunner().invoke(main, arguments, env={"GUTSY_DATA_DIR": str(folder)})
            assert result.exit_code == 0, result.output
    modes |= {str(p): p.stat().st_mode & 0o777 for p in (copy, other, *other.iterdir())}
    umask = os.umask(0o022)

    assert {"gutsy.db", "keys.db", "views.db", "secret"} < modes.keys()
    assert {name: mode for name, mode in modes.items() if mode not in (0o700, 0o600)} == {}
    assert umask == 0o022
