"""The scripts of docs/running that back Gutsy up and try a backup, on a server that plays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running.examples import EXAMPLES
from tests.server.serving import ROOT, Served, serving

pytestmark = pytest.mark.slow

WORDS = "ask the baker for a purple xylophone"
OLD, YOUNG = "gutsy-2026-01-01T000000Z.db", "gutsy-2026-01-02T000000Z.db"
OLD_S = 15 * 24 * 3600


def run(script: str, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    """A script as systemd would start it."""
    for name, start in (("gutsy", f"{sys.executable} -m server.cli"), ("python", sys.executable)):
        launcher = folder / "bin" / name
        launcher.parent.mkdir(exist_ok=True)
        launcher.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        launcher.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        # Of this code, wherever the installed command may lead.
        "PYTHONPATH": str(ROOT),
        "GUTSY": str(folder / "bin"),
        "GUTSY_DATA_DIR": str(folder / "data"),
        "BACKUPS": str(folder / "backups"),
        **{name: str(value) for name, value in more.items()},
    }
    command = [str(EXAMPLES / script)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def back_up(folder: Path) -> None:
    """As the timer would."""
    done = run("backup.sh", folder)
    assert done.returncode == 0, done.stderr


async def play(served: Served) -> str:
    """Somebody plays; returns their id."""
    async with served.guest() as guest:
        squad = await guest.squad()
        words = {"text": WORDS, "kind": "ASK", "difficulty": 2}
        await guest.do("dare.issue", squad, target=guest.player, **words)
        return guest.player


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder and its backups: the newest, beside what earlier ones have left."""
    folder = tmp_path_factory.mktemp("gutsy")
    log, keys = folder / "backups/log", folder / "backups/keys"
    for left in (log / OLD, log / YOUNG, keys / "keys.db", keys / "keys.db.new"):
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"")
    os.utime(log / OLD, ((log / OLD).stat().st_mtime - OLD_S,) * 2)
    async with serving(folder / "data") as served:
        await play(served)
        back_up(folder)
    return folder


async def test_a_backup_that_was_taken_while_they_play_passes_the_drill(folder: Path) -> None:
    """Every word opens, and every board is what the log amounts to."""
    drill = run("restore-drill.sh", folder)

    assert (drill.returncode, "0 problems" in drill.stderr) == (0, True), drill.stderr


async def test_the_drill_fails_without_the_keys_of_the_words(folder: Path, tmp_path: Path) -> None:
    """So that it can fail at all."""
    shutil.copytree(folder / "backups", tmp_path / "backups")
    (tmp_path / "backups/keys/secret").write_bytes(b"another secret, of thirty-two bytes")

    assert run("restore-drill.sh", tmp_path).returncode != 0


async def test_old_copies_of_the_log_go_and_of_the_keys_there_is_only_one(folder: Path) -> None:
    """A key must not outlive the erasure of its owner for long."""
    log = {path.name for path in (folder / "backups/log").iterdir()}
    keys = {path.name for path in (folder / "backups/keys").iterdir()}

    assert (len(log), log & {OLD, YOUNG}, keys) == (2, {YOUNG}, {"keys.db", "secret"})


async def test_copies_are_nobody_elses_to_read(folder: Path) -> None:
    """Not even for the moment in which they are made."""
    copies = [path for path in (folder / "backups").rglob("*") if path.stat().st_size]
    made = [path for path in copies if path.is_file() and path.name not in (OLD, YOUNG)]

    assert len(made) == 3
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


async def test_a_backup_of_the_log_alone_shows_nobodys_words(folder: Path) -> None:
    """Hence the two folders."""
    copies = [path.read_bytes() for path in (folder / "backups/log").iterdir()]

    assert (any(copies), any(WORDS.encode() in copy for copy in copies)) == (True, False)


async def test_keys_that_are_elsewhere_are_copied_from_there(tmp_path: Path) -> None:
    """As the setting says; the drill then uses the copy, and neither file that is in use."""
    keys, log = tmp_path / "else where?" / "keys.db", tmp_path / "log.db"
    keys.parent.mkdir()
    urls = {"keys_url": f"sqlite:///{keys}", "database_url": f"sqlite:///{log}"}
    in_use = {f"GUTSY_{name.upper()}": url for name, url in urls.items()}
    async with serving(tmp_path / "data", **urls) as served:
        await play(served)
        done = run("backup.sh", tmp_path, **in_use)
    for path in (keys, log):
        path.rename(path.with_suffix(".away"))
    drill = run("restore-drill.sh", tmp_path, **in_use)

    assert (0, 0) == (done.returncode, drill.returncode), done.stderr + drill.stderr
    assert "0 problems" in drill.stderr
    assert [False, False] == [path.exists() for path in (keys, log)]


@pytest.mark.parametrize("left", [None, b""], ids=["no file", "an empty one"])
async def test_keys_that_are_not_there_are_no_backup(
    folder: Path, tmp_path: Path, left: bytes | None
) -> None:
    """It says so, and the copy that there was stays."""
    keys = tmp_path / "keys.db"
    if left is not None:
        keys.write_bytes(left)
    shutil.copytree(folder / "data", tmp_path / "data")
    shutil.copytree(folder / "backups", tmp_path / "backups")
    copy = tmp_path / "backups/keys/keys.db"
    before = copy.read_bytes()
    done = run("backup.sh", tmp_path, GUTSY_KEYS_URL=f"sqlite:///{keys}")

    assert (done.returncode != 0, before) == (True, copy.read_bytes())
    assert left == (keys.read_bytes() if keys.exists() else None)
