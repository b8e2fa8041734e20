"""Where the benches write: a folder on the disk of the project, never one that is memory."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
"""Ignored by git, and taken away by ``make clean``."""
IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
FLUSHES = 200


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of one's own on a real disk, gone afterwards."""
    CACHE.mkdir(parents=True, exist_ok=True)
    kind = filesystem(CACHE)
    assert kind not in IN_MEMORY, f"{CACHE} is {kind}: nothing there is durable"
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        yield Path(folder)


def filesystem(path: Path) -> str:
    """The kind of file system that a path is on, as Linux names it: ``ext4``."""
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mounted, _, about = line.partition(" - ")
        if mounted.split()[2] == wanted:
            return about.split()[0]
    return "unknown"


def flush_ms() -> float:
    """How long the disk takes to have a page for good: the median, by ``fdatasync``."""
    took = []
    with scratch() as folder, (folder / "page").open("wb") as file:
        for _ in range(FLUSHES):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
