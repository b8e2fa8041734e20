"""Two nodes' runners on one log and one store: each projection is folded by one of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import psycopg
import pytest
from psycopg import sql

from loadtests.cluster.postgres import Postgres
from projections.registry import PROJECTIONS, Projection
from projections.rows import Place
from projections.stores.memory import MemoryStore
from projections.stores.postgres import PostgresStore
from projections.stores.store import StoreError
from server.eventlog.log import Log
from server.eventlog.postgres import PostgresLog
from server.runner import Runner
from tests.projections.folding import rows_of
from tests.server.world import World, running, until

POLL_S = 0.01


class Node:
    """A runner at work, with a store of its own and all that it told of."""

    def __init__(self, log: Log, store: PostgresStore) -> None:
        self.store = store
        self.runner = Runner(log, store, POLL_S)
        self.told: set[Place] = set()
        self.runner.on_change(lambda changed: self.told.update(changed.rows))
        self.task = asyncio.create_task(self.runner.run())

    async def stop(self) -> None:
        """Say nothing any more, as when stopped from outside; leases are not given up."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.runner.close()


@asynccontextmanager
async def node(log: Log, place: str) -> AsyncIterator[Node]:
    """A node that is up."""
    with closing(PostgresStore(place)) as store:
        one = Node(log, store)
        yield one
        await one.stop()


@pytest.fixture
def place(postgres: Postgres) -> str:
    """An empty place, for log and rows."""
    return postgres.place()


@pytest.fixture
async def world(place: str) -> AsyncIterator[World]:
    """A world at work on that log, with rows of its own to compare with."""
    async with running(PostgresLog(place)) as world:
        yield world


def rows(store: PostgresStore) -> dict[str, list[object]]:
    """Every row, by table."""
    return {table.name: store.select(table) for each in PROJECTIONS for table in each.tables}


def reference(world: World) -> dict[str, list[object]]:
    """Every row as it should be."""
    assert isinstance(world.store, MemoryStore)
    return rows_of(world.store)


async def test_two_nodes_keep_up_with_what_a_third_writes(world: World, place: str) -> None:
    """Both, though one folds: and both tell of every row, so both can push it."""
    async with node(world.log, place) as one, node(world.log, place) as other:
        for number in range(20):
            await world.squad_of(f"Maya {number}", f"Sam {number}")
        end = world.log.last_seq()
        await world.folded()
        await until(lambda: one.runner.position == other.runner.position == end)

        assert rows(one.store) == rows(other.store) == reference(world)
        assert one.told == other.told
        assert len(one.told) >= 80


async def test_when_one_stops_the_other_goes_on(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A little later, from where it was; nothing is folded twice or left out."""
    monkeypatch.setattr("projections.stores.postgres_leases.LEASE_S", 0.5)
    monkeypatch.setattr("projections.stores.postgres_leases.RENEW_S", 0.25)
    monkeypatch.setattr("projections.stores.postgres_leases.AGAIN_S", 0.05)
    async with node(world.log, place) as one:
        await world.squad_of("Maya", "Sam")
        await until(lambda: one.runner.position == world.log.last_seq())
        async with node(world.log, place) as other:
            await one.stop()
            await world.squad_of("Kim", "Ben")
            end = world.log.last_seq()
            await world.folded()
            await until(lambda: other.runner.position == end)

            assert rows(other.store) == reference(world)


async def test_whoever_takes_over_tells_of_what_was_folded_before(world: World, place: str) -> None:
    """The one before may have folded something, and ended, before anybody heard the news of it."""
    await world.squad_of("Maya", "Sam")
    with closing(PostgresStore(place)) as taking:
        runner, told = Runner(world.log, taking, POLL_S), set[Place]()
        runner.on_change(lambda changed: told.update(changed.rows))
        with closing(PostgresStore(place)) as ending:
            first = Runner(world.log, ending, POLL_S)
            first.catch_up()
            first.close()
        task = asyncio.create_task(runner.run())
        await until(lambda: runner.position == world.log.last_seq())
        tables = [table for projection in PROJECTIONS for table in projection.tables]
        folded = {(t.name, t.key_of(row)) for t in tables for row in taking.select(t)}
        await until(lambda: folded <= told)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        runner.close()

        assert len(folded) > 3


async def test_rows_that_a_crash_took_back_are_folded_again(world: World, place: str) -> None:
    """Whoever folds them has a lease, and in memory rows and a position that are no more."""
    async with node(world.log, place) as one:
        await world.squad_of("Maya", "Sam")
        await until(lambda: one.runner.position == world.log.last_seq())
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("UPDATE folds SET seq=0")
            names = connection.execute("SELECT unnest(tables) FROM folds").fetchall()
            for (name,) in names:
                connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(name)))
        await world.squad_of("Kim", "Ben")
        end = world.log.last_seq()
        await world.folded()
        await until(lambda: one.runner.position == end)

        assert rows(one.store) == reference(world)
        assert len(names) > 3


async def test_news_are_heard_again_after_a_failure(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be of rows that were taken back and folded anew, at numbers heard before."""
    monkeypatch.setattr("server.runner.RETRY_S", 0.01)
    async with node(world.log, place) as one, node(world.log, place) as other:
        await world.squad_of("Maya", "Sam")
        end = world.log.last_seq()
        await until(lambda: one.runner.position == other.runner.position == end)
        told = set(one.told)
        for each in (one, other):
            each.told.clear()
            monkeypatch.setattr(each.store, "take", failing_once(each.store.take))
            each.runner.notify(())
        # One of them folds, and need not be told.
        await until(lambda: told <= one.told | other.told)

        assert len(told) > 3


def failing_once(take: Callable[[Projection], int | None]) -> Callable[[Projection], int | None]:
    """The same, but that the database is away when it is first asked."""
    failures = [StoreError("away")]

    def failing(projection: Projection) -> int | None:
        if failures:
            raise failures.pop()
        return take(projection)

    return failing


async def test_catching_up_waits_for_the_node_that_is_at_it(world: World, place: str) -> None:
    """Whoever starts beside it is up to date when it begins to serve."""
    await world.squad_of("Maya", "Sam")
    with closing(PostgresStore(place)) as folding, closing(PostgresStore(place)) as starting:
        first, second = (Runner(world.log, s, POLL_S) for s in (folding, starting))
        for projection in PROJECTIONS:
            folding.take(projection)
        waiting = asyncio.create_task(asyncio.to_thread(second.catch_up))
        first.catch_up()
        await waiting
        first.close()
        second.close()

        assert second.position == world.log.last_seq()
