"""What the chain of hashes costs an append: ``python -m loadtests.simulation.append``.

The same batches are appended with the chain and with a constant in its place, turn by turn, so that
whatever else the machine does hits both; the figures are ratios of medians, by the wall (an append
waits for the disk) and of a core's own time.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import click

from server.clock import derived_id
from server.eventlog import sqlite
from server.eventlog.log import NO_HASH, Batch, Event, StoredEvent, hash_of
from server.eventlog.sqlite import SQLiteLog

STREAMS = 10
Hash = Callable[[bytes, int, Event | StoredEvent], bytes]
STATE = bytes(180)
"""As long as a usual dare's event."""


@click.command()
@click.option("--batches", default=400, show_default=True, help="Batches of each kind and size.")
def main(batches: int) -> None:
    """Compare appends with and without the chain, for a batch of one event and fuller ones."""
    events = list(islice(_events(), 10_000))
    started = time.process_time()
    for seq, event in enumerate(events):
        hash_of(NO_HASH, seq, event)
    each_us = (time.process_time() - started) / len(events) * 1e6
    click.echo(f"a hash takes {each_us:.1f} us of a core")
    for size in (1, 64, 512):
        (chained, chained_cpu), (plain, plain_cpu) = _medians(size, batches)
        click.echo(
            f"{size:4} events: {chained:.2f} ms with the chain, {plain:.2f} ms without,"
            f" ratio {chained / plain:.2f}; of a core {chained_cpu:.2f} ms, {plain_cpu:.2f} ms,"
            f" ratio {chained_cpu / plain_cpu:.2f}"
        )


def _medians(size: int, batches: int) -> list[tuple[float, float]]:
    """The median times in ms of an append, by the wall and of a core: with the chain, without."""
    took: list[list[tuple[float, float]]] = [[], []]
    with tempfile.TemporaryDirectory(prefix="gutsy-append-") as folder:
        logs = [SQLiteLog(Path(folder) / f"{name}.db") for name in ("chained", "plain")]
        source = _events()
        for turn in range(batches):
            batch = Batch(events=list(islice(source, size)))
            for kind in (turn % 2, 1 - turn % 2):
                with _hashing_by((hash_of, _no_hash)[kind]):
                    took[kind].append(_timed(logs[kind], batch))
        for log in logs:
            log.close()
    return [(statistics.median(w for w, _ in t), statistics.median(c for _, c in t)) for t in took]


def _events() -> Iterator[Event]:
    """Events for ever, of a few streams in turn."""
    for number in count():
        stream = f"squad-{derived_id('squad', str(number % STREAMS))}"
        actor = derived_id("player", str(number % STREAMS))
        command = derived_id("command", str(number))
        version = number // STREAMS + 1
        yield Event(stream, version, "dare.settled@1", STATE, actor=actor, command=command)


@contextmanager
def _hashing_by(function: Hash) -> Iterator[None]:
    """Have the log hash by another function meanwhile."""
    vars(sqlite)["hash_of"] = function
    try:
        yield
    finally:
        vars(sqlite)["hash_of"] = hash_of


def _no_hash(_previous: bytes, _seq: int, _event: Event | StoredEvent) -> bytes:
    return NO_HASH


def _timed(log: SQLiteLog, batch: Batch) -> tuple[float, float]:
    started, used = time.perf_counter(), time.thread_time()
    log.append(batch)
    return (time.perf_counter() - started) * 1000, (time.thread_time() - used) * 1000


if __name__ == "__main__":
    main()
