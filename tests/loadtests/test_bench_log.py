"""The contestants of the log's benches do what they are measured for, and all the same."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from loadtests.bench import appending, commanding
from loadtests.bench.disk import IN_MEMORY, filesystem, flush_ms, scratch
from loadtests.bench.latency import latencies
from loadtests.bench.measure import Figures, Trial, interleaved
from loadtests.bench.offers import offers
from loadtests.bench.raw import RawLog, rows_of
from loadtests.bench.stock import Table, open_stock
from server.eventlog.sqlite import SQLiteLog

pytestmark = pytest.mark.slow

TABLES = ("events", "answers", "claims", "timers")
SOON = 0.01
"""Seconds: nothing is concluded from how much that was."""


def rows_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a file has in the tables that a batch writes."""
    with closing(sqlite3.connect(path)) as file:
        return {t: file.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in TABLES}


def test_the_limit_writes_the_very_rows_that_the_log_writes(tmp_path: Path) -> None:
    batches = list(islice(offers(8), 3))
    with closing(SQLiteLog(tmp_path / "gutsy.db")) as log:
        for batch in batches:
            log.append(batch)
    with closing(RawLog(tmp_path / "raw.db")) as raw:
        for rows in rows_of(batches):
            raw.append(rows)
    written = rows_in(tmp_path / "gutsy.db")

    assert written == rows_in(tmp_path / "raw.db")
    assert {table: len(rows) for table, rows in written.items()} == {
        "events": 24,
        "answers": 24,
        "claims": 48,
        "timers": 24,
    }


def test_the_stock_application_keeps_an_event_for_each_command(tmp_path: Path) -> None:
    with open_stock(tmp_path) as stock:
        tables = stock.open(3)
        stock.issue(tables)
        stock.issue(tables[:1])
        kept: list[Table] = [stock.repository.get(table) for table in tables]

        assert stock.recorder.max_notification_id() == 3 + 4
        assert [table.version for table in kept] == [3, 2, 2]


@pytest.mark.parametrize("trial", appending.trials(SOON), ids=lambda trial: trial.name)
def test_every_size_of_batch_is_measured_of_everybody(trial: Trial) -> None:
    outcome = interleaved(trial)

    assert all(outcome.median(name, "events_per_s") > 0 for name in outcome.figures)


@pytest.mark.parametrize("run", [commanding.group_commit, commanding.stock_in_threads])
def test_every_client_gets_an_answer_and_goes_on(run: Callable[[int, float], Figures]) -> None:
    figures = run(3, SOON)

    assert figures["commands"] >= 3
    assert figures["p50_ms"] <= figures["p99_ms"]


def test_the_disk_is_no_memory() -> None:
    with scratch() as folder:
        assert filesystem(folder) not in IN_MEMORY

    assert not folder.exists()
    assert flush_ms() > 0


def test_latencies_are_of_the_nearest_rank() -> None:
    assert latencies([3.0]) == {"p50_ms": 3.0, "p99_ms": 3.0}
    assert latencies([float(n) for n in range(200, 0, -1)]) == {"p50_ms": 100.0, "p99_ms": 198.0}
