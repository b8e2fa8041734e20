"""How many durable events a second go into one PostgreSQL, by 1, 2 and 4 writing processes.

Each time into a fresh server, as it comes: every commit waits for the disk. The writers and the
server share all cores. Beside our log: ``psycopg`` given rows for the same tables, which it
inserts without any order, chain or lock; and the same one after the other, as an order takes.
"""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import psycopg

from loadtests.bench.latency import latencies
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.offers import offers
from loadtests.cluster.postgres import postgres_server
from server.eventlog.log import HASH_BYTES, Batch, Claim
from server.eventlog.postgres import PostgresLog
from server.eventlog.postgres_arrays import Blobs, Ints, Texts, let_send_arrays

SIZE = 64
BATCHES = 600
"""In all, shared by the writers."""
WRITERS = (1, 2, 4)
REPEATS = 5
LOCK = "SELECT pg_advisory_xact_lock(1)"
EVENTS = (
    "INSERT INTO events SELECT nextval('raw_seq'), *"
    " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b)"
)
ANSWERS = (
    "INSERT INTO answers SELECT a, b, c, d, e = 1, f, g, h, i"
    " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b) AS t (a, b, c, d, e, f, g, h, i)"
)
CLAIMS = "INSERT INTO claims SELECT * FROM unnest(%b, %b, %b, %b)"
TIMERS = "INSERT INTO timers SELECT * FROM unnest(%b, %b, %b)"

Append = Callable[[Batch], object]


def trials(scale: float = 1.0) -> list[Trial]:
    """A trial for each number of writers; ``scale`` makes each measurement longer or shorter."""
    return [
        Trial(
            name=f"PostgreSQL, {writers} writing, batches of {SIZE}",
            contestants=[
                Contestant(name, partial(_afresh, kind, writers, int(BATCHES * scale)))
                for name, kind in KINDS.items()
            ],
            repeats=REPEATS,
        )
        for writers in WRITERS
    ]


def written(place: str, write: Callable[..., None], writers: int, batches: int) -> Figures:
    """Events a second of all writers together, from when all are ready until the last is done."""
    PostgresLog(place).close()
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE raw_seq")
        connection.execute("CHECKPOINT")
    processes = get_context("spawn")
    ready, results = processes.Barrier(writers + 1), processes.SimpleQueue()
    each = max(1, batches // writers)
    working = [
        processes.Process(target=write, args=(place, each, ready, results.put))
        for _ in range(writers)
    ]
    for process in working:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    took_ms = [ms for _ in working for ms in results.get()]
    took_s = time.perf_counter() - began
    for process in working:
        process.join()
    with psycopg.connect(place) as connection:
        counted = connection.execute("SELECT count(*) FROM events").fetchone()
    assert counted == (each * writers * SIZE,), "every batch is written whole"
    return {"events_per_s": each * writers * SIZE / took_s, **latencies(took_ms)}


def _afresh(write: Callable[..., None], writers: int, batches: int) -> Figures:
    with postgres_server() as server:
        return written(server.place(), write, writers, batches)


def by_log(place: str, batches: int, ready: Barrier, tell: Callable[[list[float]], None]) -> None:
    """Our log."""
    with closing(PostgresLog(place)) as log:
        _pace(log.append, batches, ready, tell)


def by_psycopg(
    place: str, batches: int, ready: Barrier, tell: Callable[[list[float]], None]
) -> None:
    """The limit: four statements and a commit, sent in one go; nobody waits for anybody."""
    with _sending_arrays(place) as connection:
        _pace(partial(_insert, connection, False), batches, ready, tell)


def by_psycopg_in_order(
    place: str, batches: int, ready: Barrier, tell: Callable[[list[float]], None]
) -> None:
    """The same, one transaction at a time."""
    with _sending_arrays(place) as connection:
        _pace(partial(_insert, connection, True), batches, ready, tell)


KINDS: dict[str, Callable[..., None]] = {
    "gutsy": by_log,
    "raw psycopg": by_psycopg,
    "raw psycopg, in order": by_psycopg_in_order,
}


def _pace(
    append: Append, batches: int, ready: Barrier, tell: Callable[[list[float]], None]
) -> None:
    mine = list(islice(offers(SIZE), batches))
    took_ms = []
    ready.wait(60)
    for batch in mine:
        began = time.perf_counter()
        append(batch)
        took_ms.append((time.perf_counter() - began) * 1000)
    tell(took_ms)


def _sending_arrays(place: str) -> psycopg.Connection:
    connection = psycopg.connect(place, autocommit=True)
    let_send_arrays(connection)
    return connection


def _insert(connection: psycopg.Connection, is_in_order: bool, batch: Batch) -> None:
    events, answers, timers = batch.events, batch.answers, batch.timers
    claims = [claim for claim in batch.claims if isinstance(claim, Claim)]
    with connection.pipeline(), connection.transaction():
        if is_in_order:
            connection.execute(LOCK)
        connection.execute(
            EVENTS,
            (
                Texts([e.stream for e in events]),
                Ints([e.version for e in events]),
                Texts([e.topic for e in events]),
                Blobs([e.state for e in events]),
                Texts([e.actor for e in events]),
                Texts([e.command for e in events]),
                Texts([e.correlation for e in events]),
                Texts([e.causation for e in events]),
                Blobs([bytes(HASH_BYTES)] * len(events)),
            ),
            prepare=True,
        )
        connection.execute(
            ANSWERS,
            (
                Texts([a.actor for a in answers]),
                Texts([a.command for a in answers]),
                Blobs([a.digest for a in answers]),
                Blobs([a.body for a in answers]),
                Ints([a.is_refusal for a in answers]),
                Ints([a.at for a in answers]),
                Texts([a.squad for a in answers]),
                Ints([a.n for a in answers]),
                Ints([a.last for a in answers]),
            ),
            prepare=True,
        )
        connection.execute(
            CLAIMS,
            (
                Texts([c.kind for c in claims]),
                Texts([c.key for c in claims]),
                Texts([c.owner for c in claims]),
                Ints([c.at for c in claims]),
            ),
            prepare=True,
        )
        connection.execute(
            TIMERS,
            (
                Texts([t.stream for t in timers]),
                Texts([t.key for t in timers]),
                Ints([t.due_at for t in timers]),
            ),
            prepare=True,
        )
