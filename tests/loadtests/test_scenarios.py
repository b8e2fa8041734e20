"""Every scenario in short, as `make load` starts it: it plays, compares, and says so.

What has to happen in a scenario is named there (``needs``): without it the run fails, as it does
for a lost event. So zero differences of nothing is no success.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.__main__ import NAMES

pytestmark = pytest.mark.slow

SHORT = {
    "battle-rush": ("--players", "20", "--seconds", "4"),
    "join-storm": ("--players", "60", "--seconds", "1"),
    "reconnect-storm": ("--players", "20", "--seconds", "6"),
    "slow-consumers": ("--players", "20", "--seconds", "6"),
    "squad-evening": ("--players", "20", "--seconds", "3", "--workers", "2"),
    "week-rollover": ("--players", "20", "--seconds", "2"),
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A load test, or Locust itself, with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_every_scenario_is_tried() -> None:
    assert sorted(SHORT) == NAMES


@pytest.mark.parametrize("name", SHORT)
def test_a_short_run_finds_no_difference(name: str) -> None:
    done = run("loadtests", "--scenario", name, *SHORT[name])

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 differences from the log and its rebuild" in done.stdout


def test_a_run_in_which_an_event_is_lost_fails() -> None:
    file = str(Path(__file__).with_name("forgetting.py"))
    done = run(
        "locust", "-f", file, "--headless", "--only-summary", "--users", "2", "--seconds", "1"
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^[0-9A-Z]{26}: has (\d+) events of \d+$", done.stdout, re.MULTILINE)
