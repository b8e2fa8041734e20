"""The command line: what it lists, and how it says no."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.settings import documented


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
