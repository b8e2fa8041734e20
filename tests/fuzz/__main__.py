"""``make fuzz``: ``python -m tests.fuzz [NAME …] [OPTION …]``, one target after the other.

Without names all of them; options are libFuzzer's. What was learnt is kept in ``.cache/fuzz``, and
a find is written there too: it belongs into ``tests/fuzz/finds``, with its repair.
"""

import subprocess
import sys
from pathlib import Path

from tests.fuzz.seeds import SEEDS

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / ".cache" / "fuzz"
A_WHILE = "-max_total_time=60"
"""In seconds; an option given later takes its place."""


def main(arguments: list[str]) -> int:
    """Run the targets that are named, and return how many of them broke."""
    options = [argument for argument in arguments if argument.startswith("-")]
    names = [argument for argument in arguments if argument not in options] or sorted(SEEDS)
    return sum(_run(name, options) != 0 for name in names)


def _run(name: str, options: list[str]) -> int:
    print(f"== {name}", flush=True)
    find = f"-artifact_prefix={KEPT}/find-{name}-"
    target = [sys.executable, "-m", "tests.fuzz.targets", name, str(KEPT / name)]
    return subprocess.run([*target, A_WHILE, find, *options], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
