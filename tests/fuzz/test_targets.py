"""Every fuzz target, for some seconds and always the same; what was ever found stays found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.seeds import FINDS, SEEDS

RUNS = {"message": 20_000, "body": 5_000, "stored": 20_000, "socket": 400, "request": 1_500}
"""What takes each about the same time."""
ROOT = Path(__file__).parent.parent.parent

pytest.importorskip("atheris", reason="atheris is not built for this platform")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SEEDS))
def test_a_target_withstands_what_is_thrown_at_it(name: str, tmp_path: Path) -> None:
    """In a process of its own: atheris rewrites what it imports, and ends by itself."""
    options = ["-seed=1", f"-runs={RUNS[name]}", f"-artifact_prefix={tmp_path}/"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.targets", name, str(tmp_path / "corpus"), *options],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=100,
    )

    assert (0, True) == (ended.returncode, b"Done" in ended.stderr), ended.stderr[-3_000:].decode()


def test_every_find_is_one_of_a_target() -> None:
    """Else it would be replayed by nobody."""

    assert set() == {path.name for path in FINDS.glob("*")} - {*SEEDS, "README.md"}
