"""How many durable events a second go into the log, by the size of batches.

Beside our log: the limit, which is ``sqlite3`` given the same rows; and the library's stock
application, which decides and saves as many commands in one transaction.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from typing import TypeVar
from uuid import UUID

from loadtests.bench.disk import scratch
from loadtests.bench.latency import latencies
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.offers import offers
from loadtests.bench.raw import RawLog, rows_of
from loadtests.bench.stock import open_stock
from server.eventlog.sqlite import SQLiteLog

SIZES = (1, 8, 64, 512)
SECONDS = 2.0
REPEATS = 5
TABLES = 1_024

B = TypeVar("B")


def trials(scale: float = 1.0) -> list[Trial]:
    """A trial for each size of batch; ``scale`` makes each measurement longer or shorter."""
    seconds = SECONDS * scale
    return [
        Trial(
            name=f"the log, batches of {size}",
            contestants=[
                Contestant("gutsy", partial(log_batches, size, seconds)),
                Contestant("raw sqlite3", partial(raw_batches, size, seconds)),
                Contestant("stock application", partial(stock_batches, size, seconds)),
            ],
            repeats=REPEATS,
        )
        for size in SIZES
    ]


def log_batches(size: int, seconds: float) -> Figures:
    """Our log, given batches as group commit makes them."""
    with scratch() as folder:
        log = SQLiteLog(folder / "gutsy.db")
        figures = _pace(offers(size), log.append, size, seconds)
        assert log.last_seq() % size == 0, "a batch is written whole"
        log.close()
    return figures


def raw_batches(size: int, seconds: float) -> Figures:
    """The same rows in the same batches, by ``sqlite3`` alone."""
    with scratch() as folder:
        log = RawLog(folder / "raw.db")
        figures = _pace(rows_of(offers(size)), log.append, size, seconds)
        log.close()
    return figures


def stock_batches(size: int, seconds: float) -> Figures:
    """As many aggregates, a command on each, saved in one transaction; one is a save each."""
    with scratch() as folder, open_stock(folder) as stock:
        tables = stock.open(TABLES)
        return _pace(_parts(tables, size), stock.issue, size, seconds)


def _parts(tables: Sequence[UUID], size: int) -> Iterator[list[UUID]]:
    turns = cycle(tables)
    while True:
        yield list(islice(turns, size))


def _pace(
    batches: Iterator[B], append: Callable[[B], object], size: int, seconds: float
) -> Figures:
    """Events a second, of the time that appending took: what makes the batches is not counted."""
    took_ms: list[float] = []
    left_ms = seconds * 1000
    while left_ms > 0:
        batch = next(batches)
        began = time.perf_counter()
        append(batch)
        took_ms.append((time.perf_counter() - began) * 1000)
        left_ms -= took_ms[-1]
    events = len(took_ms) * size
    return {
        "events_per_s": events / sum(took_ms) * 1000,
        **latencies(took_ms),
        "events": events,
    }
