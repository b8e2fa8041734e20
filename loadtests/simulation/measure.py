"""``python -m loadtests.simulation.measure``: what a simulated log costs, and whether it is right.

Each duty runs in a process of its own, whose time and peak memory count. Afterwards the store
that they left must say what the naive model says.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from msgspec import Struct

from domain.facts import Fact, Recorded
from loadtests.simulation.compare import differences
from server.app import open_log, open_store, views_path
from server.clock import Clock
from server.eventlog.log import Log
from server.eventlog.mapper import recorded
from server.settings import Settings

START_S = 600.0
STARTS = 5
"""How often a quick start-up is measured; the median counts."""
BATCH = 5_000
SHOWN = 20
MIB = 1024


class Cost(Struct, frozen=True):
    """What one process took: by the wall, of a core, and of memory at its most."""

    seconds: float
    cpu_s: float
    peak_mib: float


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="A simulated folder.",
)
def main(data: Path) -> None:
    """Measure start-up, rebuild and verification on a simulated log, as a table.

    The folder's read models are made anew. Ends with 1 if they are not what the log amounts to.
    """
    settings = Settings(data_dir=str(data))
    events, offset_ms = end_of(settings)
    _forget_views(settings)
    costs = {"first start, everything to be folded": serve(data, offset_ms)}
    with tempfile.TemporaryDirectory(prefix="gutsy-empty-") as empty:
        starts = [(serve(data, offset_ms), serve(Path(empty), 0)) for _ in range(STARTS)]
    costs["start"] = _median([own for own, _ in starts])
    costs["start with an empty folder"] = _median([nothing for _, nothing in starts])
    costs["`gutsy projections rebuild`"] = _run(data, "projections", "rebuild")
    costs["`gutsy verify`"] = _run(data, "verify")
    click.echo(f"| {events:,} events | s | s of a core | peak MiB |\n|---|---|---|---|")
    for name, cost in costs.items():
        click.echo(f"| {name} | {cost.seconds:.2f} | {cost.cpu_s:.2f} | {cost.peak_mib:,.0f} |")
    began = time.monotonic()
    problems = check(settings)
    click.echo(f"\nNaive model: {len(problems)} differences ({time.monotonic() - began:.0f} s).")
    for problem in problems[:SHOWN]:
        click.echo(problem)
    sys.exit(1 if problems else 0)


def check(settings: Settings) -> list[str]:
    """Where the store of a folder differs from the naive model, one line each."""
    log, store = open_log(settings), open_store(views_path(settings))
    try:
        return differences(store, facts_of(log))
    finally:
        store.close()
        log.close()


def facts_of(log: Log, batch: int = BATCH) -> Iterator[Recorded[Fact]]:
    """The whole log, read piece by piece."""
    after = 0
    while stored := log.read_all(after, batch):
        yield from recorded(stored)
        after = stored[-1].seq


def end_of(settings: Settings) -> tuple[int, int]:
    """How many events there are, and how far the clock has to be shifted to go on after them."""
    log = open_log(settings)
    try:
        (last,) = recorded(log.read_all(log.last_seq() - 1, 1))
        return last.seq, last.fact.at - Clock().now()
    finally:
        log.close()


def _forget_views(settings: Settings) -> None:
    path = views_path(settings)
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def serve(folder: Path, offset_ms: int) -> Cost:
    """Start a server, wait until it is ready, and stop it."""
    port = _free_port()
    began = time.monotonic()
    process = _start(folder, ("serve",), GUTSY_PORT=str(port), GUTSY_CLOCK_OFFSET_MS=str(offset_ms))
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() - began > START_S:
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    seconds = time.monotonic() - began
    process.send_signal(signal.SIGTERM)
    return Cost(seconds, *_ended(process))


def _run(folder: Path, *arguments: str) -> Cost:
    began = time.monotonic()
    process = _start(folder, arguments)
    cpu_s, peak_mib = _ended(process)
    if process.returncode:
        raise RuntimeError(f"gutsy {' '.join(arguments)} ended with {process.returncode}")
    return Cost(time.monotonic() - began, cpu_s, peak_mib)


def _start(folder: Path, arguments: Sequence[str], **settings: str) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", *arguments],
        env={**environment, **settings, "GUTSY_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _ended(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Wait for the end of a process, and return its seconds of a core and its peak in MiB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
    )


def _is_ready(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1)
    except (urllib.error.URLError, OSError):
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
