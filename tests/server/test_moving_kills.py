"""A kill in the middle of a move costs nothing but the time until it is called again."""

import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.cluster.postgres import Postgres
from server.app import open_log
from server.eventlog.export_file import ROWS_AT_ONCE
from server.eventlog.log import Answer, Batch, Event, LogClosed
from server.eventlog.sqlite import SQLiteLog
from server.moving import export
from server.settings import Settings
from tests.server.moved import KINDS, Places, about, content, quiet
from tests.server.serving import gutsy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FRAMES = 60
EVENTS = FRAMES * ROWS_AT_ONCE
STATE_BYTES = 300
SEED = 20_261_126


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A log that takes a while to be moved; not to be changed."""
    folder, chance = tmp_path_factory.mktemp("long"), random.Random(SEED)
    log = SQLiteLog(folder / "gutsy.db")
    for first in range(0, EVENTS, 5_000):
        places = range(first, first + 5_000)
        log.append(
            Batch(
                events=[
                    Event(
                        f"squad-{at % 100}",
                        1 + at // 100,
                        "squad.renamed@1",
                        chance.randbytes(STATE_BYTES),
                        command=f"c{at}",
                    )
                    for at in places
                ],
                answers=[
                    Answer(
                        actor="maya",
                        command=f"c{at}",
                        digest=b"d",
                        body=b"{}",
                        is_refusal=False,
                        at=at,
                        last=at - first,
                    )
                    for at in places
                ],
            )
        )
    log.close()
    return Settings(data_dir=str(folder))


@pytest.fixture(scope="module")
def whole(long: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as a file, moved in one go; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(long.data_path, folder / "data")
    export(Settings(data_dir=str(folder / "data")), folder / "whole", quiet)
    return folder / "whole"


def given(settings: Settings) -> dict[str, object]:
    """Settings as a process is given them."""
    names = ("data_dir", "database_url", "keys_url")
    return {n: value for n in names if (value := getattr(settings, n)) is not None}


def kill_once(process: subprocess.Popen[bytes], is_far_enough: Callable[[], bool]) -> None:
    """Kill it without a warning as soon as it is so far, which it must come to."""
    ends_at = time.monotonic() + 60
    while not is_far_enough():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends_at
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert process.returncode == -9, "it was killed, and had not come to its end"


def finish(process: subprocess.Popen[bytes]) -> None:
    """Let it come to its end."""
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_that_was_killed_goes_on(
    kind: str, long: Settings, whole: Path, tmp_path: Path, postgres: Postgres
) -> None:
    """What it wrote is the same to the byte as without a kill."""
    settings = Settings(data_dir=str(tmp_path / "data"))
    if kind == "sqlite":
        shutil.copytree(long.data_path, settings.data_path)
    else:
        settings = Places(tmp_path, postgres).empty(kind)
        finish(gutsy("import", given(settings), str(whole)))
    target, part = tmp_path / "file", tmp_path / "file.part"
    size = whole.stat().st_size
    for share in (0.2, 0.4, 0.6):
        kill_once(
            gutsy("export", given(settings), str(target)),
            lambda least=share * size: part.exists() and part.stat().st_size >= least,  # type: ignore[misc]  # bound at once
        )
        assert not target.exists()
        with pytest.raises(LogClosed):
            open_log(settings)
    finish(gutsy("export", given(settings), str(target)))

    assert whole.read_bytes() == target.read_bytes()
    assert not part.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_import_that_was_killed_goes_on(
    kind: str, long: Settings, whole: Path, tmp_path: Path, postgres: Postgres
) -> None:
    """Until it has come to its end nobody can serve from what is there."""
    place = Places(tmp_path, postgres).empty(kind)
    place.data_path.mkdir()
    open_log(place).close()
    for frames in (10, 40, FRAMES + 20):
        kill_once(
            gutsy("import", given(place), str(whole)),
            lambda least=frames: int(about(place).get("filled", 0)) >= least,  # type: ignore[misc]  # bound at once
        )
        with pytest.raises(LogClosed):
            open_log(place)
    finish(gutsy("import", given(place), str(whole)))

    assert content(long) == content(place)
    assert about(long) == about(place)
