"""How quickly a log is read again: replay, rebuild, and start-up, on two years of simulated play.

Beside our reading: ``sqlite3`` alone, with and without the typed decoding that nobody can do
without; and the library's ``select_notifications`` on a copy of its own, which decodes nothing.
"""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from eventsourcing.persistence import StoredEvent as LibraryEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from loadtests.bench.disk import CACHE, scratch
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.simulation.__main__ import simulate
from loadtests.simulation.measure import end_of, facts_of, serve
from server.app import log_path, open_log, open_store, views_path
from server.eventlog.log import Log
from server.eventlog.names import FACTS, topic_of
from server.runner import BATCH, Runner
from server.settings import Settings

EVENTS = 1_000_000
SEED = 7
REPEATS = 5
REBUILDS = 2
"""A rebuild takes a minute, and is not compared with anything."""
LIBRARY_PAGE = 500
"""Notifications that the library's own subscriptions read at a time."""
LIBRARY_BATCH = 10_000
_COLUMNS = "seq, stream, version, topic, state, command"


def trials(scale: float = 1.0) -> list[Trial]:
    """Replay, rebuild and start; ``scale`` is of the million events of the log.

    The log is played first if it is not there yet, which takes ten minutes for the million.
    """
    data = simulated(max(1, int(EVENTS * scale)))
    return [
        Trial(
            name="replay",
            contestants=[
                Contestant("bare select", partial(bare_select, data)),
                Contestant("select and typed decode", partial(select_and_decode, data)),
                Contestant("gutsy", partial(replay, data)),
                Contestant("library", partial(library, data)),
            ],
            repeats=REPEATS,
        ),
        Trial(
            name="rebuild",
            contestants=[Contestant("gutsy", partial(rebuild, data))],
            repeats=REBUILDS,
        ),
        Trial(
            name="start",
            contestants=[
                Contestant("everything folded", partial(start, data)),
                Contestant("an empty folder", start_empty),
            ],
            repeats=REPEATS,
        ),
    ]


def simulated(events: int, under: Path = CACHE) -> Path:
    """A folder in which as many events have happened, and are folded; made once and kept."""
    folder = under / f"log-{events}"
    if not folder.exists():
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        asyncio.run(simulate(new, events, SEED))
        with _log(new) as log:
            _copy(log, new)
        new.rename(folder)
    with _log(folder) as log:
        # Also when it was there: a projection may have a new version since.
        _fold(log, views_path(Settings(data_dir=str(folder))))
    return folder


def bare_select(data: Path) -> Figures:
    """The rows, and nothing made of them."""
    with _rows(data) as rows:
        return _pace(rows)


def select_and_decode(data: Path) -> Figures:
    """What a mapper must do at least: a fact of each row, by the decoder of its topic."""
    decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
        topic_of(fact): msgspec.msgpack.Decoder(fact) for fact in FACTS
    }
    with _rows(data) as rows:
        return _pace(decoders[topic].decode(state) for _, _, _, topic, state, _ in rows)


def replay(data: Path) -> Figures:
    """As the runner reads."""
    with _log(data) as log:
        return _pace(facts_of(log, BATCH))


def library(data: Path) -> Figures:
    """As the library's subscriptions read."""
    with _recorder(data) as recorder:
        return _pace(_notifications(recorder))


def rebuild(data: Path) -> Figures:
    """Every read model anew, into a store that nobody uses yet."""
    with scratch() as folder, _log(data) as log:
        began = time.perf_counter()
        _fold(log, folder / "views.db")
        return {"events_per_s": log.last_seq() / (time.perf_counter() - began)}


def start(data: Path) -> Figures:
    """A server in a process of its own, from its command line to ready."""
    _, offset_ms = end_of(Settings(data_dir=str(data)))
    return {"seconds": serve(data, offset_ms).seconds}


def start_empty() -> Figures:
    """The same with nothing to read."""
    with scratch() as folder:
        return {"seconds": serve(folder, 0).seconds}


@contextmanager
def _log(data: Path) -> Iterator[Log]:
    with closing(open_log(Settings(data_dir=str(data)))) as log:
        yield log


@contextmanager
def _rows(data: Path) -> Iterator[Iterable[tuple[Any, ...]]]:
    with closing(sqlite3.connect(log_path(Settings(data_dir=str(data))))) as file:
        yield file.execute(f"SELECT {_COLUMNS} FROM events ORDER BY seq")


@contextmanager
def _recorder(data: Path) -> Iterator[SQLiteApplicationRecorder]:
    path = str(data / "library.db")
    with closing(SQLiteDatastore(path, originator_id_type="text")) as datastore:
        yield SQLiteApplicationRecorder(datastore)


def _copy(log: Log, data: Path) -> None:
    """The same events under the library's schema."""
    with _recorder(data) as recorder:
        recorder.create_table()
        after = 0
        while stored := log.read_all(after, LIBRARY_BATCH):
            recorder.insert_events(
                [LibraryEvent(e.stream, e.version, e.topic, e.state) for e in stored]
            )
            after = stored[-1].seq


def _fold(log: Log, path: Path) -> None:
    with closing(open_store(path)) as store, closing(Runner(log, store)) as runner:
        runner.catch_up()
        assert runner.position == log.last_seq(), runner.stopped


def _notifications(recorder: SQLiteApplicationRecorder) -> Iterator[object]:
    after = 0
    while found := recorder.select_notifications(after + 1, LIBRARY_PAGE):
        yield from found
        after = found[-1].id


def _pace(items: Iterable[object]) -> Figures:
    """How many a second come, and how many."""
    began = time.perf_counter()
    number = sum(1 for _ in items)
    return {"events_per_s": number / (time.perf_counter() - began), "events": number}
