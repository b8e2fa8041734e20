"""The units for systemd: systemd itself reads them, and says how much they leave open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.app import SHUTDOWN_S
from server.settings import Settings, documented
from tests.running.examples import EXAMPLES, example

UNITS = ("gutsy.service", "gutsy-backup.service", "gutsy-backup.timer")
SERVICES = UNITS[:2]
INSTALLED = {
    "ExecStart=/opt/gutsy/.venv/bin/gutsy serve": "ExecStart=/bin/true",
    "ExecStart=/opt/gutsy/docs/running/backup.sh": "ExecStart=/bin/true",
    "WorkingDirectory=/opt/gutsy\n": "WorkingDirectory=/\n",
}
"""What is on an operator's machine and not here."""
LARGEST_EXPOSURE = "20"
"""Of 100: systemd calls up to 20 "safe" or "ok"."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units as they would be installed here."""
    for name in UNITS:
        text = (EXAMPLES / name).read_text()
        changes = {old: new for old, new in INSTALLED.items() if old in text}
        assert changes or name.endswith(".timer"), name
        (tmp_path / name).write_text(example(name, changes))
    return tmp_path


def analyzed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd's own tool says."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not on this machine (Debian's package systemd has it)")
    command = [tool, "--no-pager", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_systemd_takes_every_line_of_the_units(folder: Path) -> None:
    """Without a word."""
    done = analyzed(folder, "verify", *(f"./{name}" for name in UNITS))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_mistake_in_a_unit_would_be_seen(folder: Path) -> None:
    """So that the test above can fail."""
    unit = folder / UNITS[0]
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystm=strict"))

    assert "ProtectSystm" in analyzed(folder, "verify", f"./{unit.name}").stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_leaves_little_open(folder: Path, name: str) -> None:
    """By systemd's own measure."""
    options = ("--offline=true", f"--threshold={LARGEST_EXPOSURE}")
    done = analyzed(folder, "security", *options, f"./{name}")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_unit_sets_is_a_setting(name: str) -> None:
    """A slip of the pen would stop the start."""
    known = {row.variable for row in documented()}

    assert set(re.findall(r"GUTSY_[A-Z_]+[A-Z]", (EXAMPLES / name).read_text())) <= known


def test_the_server_has_time_to_end() -> None:
    """More than what it takes by itself: else systemd kills what is being answered."""
    (stop_s,) = re.findall(r"^TimeoutStopSec=(\d+)s$", (EXAMPLES / UNITS[0]).read_text(), re.M)

    assert int(stop_s) > Settings().drain_ms / 1000 + SHUTDOWN_S
