"""Every scenario in short, as `make load` starts it: it plays, compares, and says so.

What has to happen in a scenario is named there (``needs``): without it the run fails, as it does
for a lost event. So zero differences of nothing is no success.
"""

import subprocess
import sys

import pytest

from loadtests.__main__ import NAMES

pytestmark = pytest.mark.slow

SHORT = {
    "battle-rush": ("--players", "40", "--seconds", "4"),
    "join-storm": ("--players", "60", "--seconds", "2"),
    "reconnect-storm": ("--players", "20", "--seconds", "6"),
    "slow-consumers": ("--players", "20", "--seconds", "6"),
    "squad-evening": ("--players", "20", "--seconds", "3"),
    "week-rollover": ("--players", "20", "--seconds", "2"),
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A load test with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "loadtests", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_every_scenario_is_tried() -> None:
    assert sorted(SHORT) == NAMES


@pytest.mark.parametrize("name", SHORT)
def test_a_short_run_finds_no_difference(name: str) -> None:
    done = run("--scenario", name, *SHORT[name])

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 differences from the log and its rebuild" in done.stdout
