"""The runner: every projection keeps up with the log, each effect once, and never skips."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from projections import ledger, live_dares, roster
from projections.registry import PROJECTIONS, Projection
from projections.rows import Changed, Changes, Key, Place, R, Rows, Table
from projections.stores.memory import MemoryStore
from projections.stores.sqlite import SQLiteStore
from projections.stores.store import Store, StoreError
from server.eventlog import mapper
from server.eventlog.log import Batch, Event, LogUnavailable
from server.eventlog.mapper import recorded
from server.runner import Runner
from tests.server.world import DAY_MS, World, done, running, until

BY_NAME = {projection.name: projection for projection in PROJECTIONS}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


async def reported(world: World, handle: str = "Maya") -> tuple[str, PlayerId]:
    """A squad in which somebody has been told no."""
    squad, (player, *_) = await world.squad_of(handle)
    dare = await world.dare(player, player, squad)
    done(await world.do(player, "dare.report", {"dare": dare, "outcome": "REJECTED"}, squad=squad))
    return squad, player


def caught_up(world: World, store: Store) -> Runner:
    """A runner that has folded the world's log into another store."""
    runner = Runner(world.log, store)
    runner.catch_up()
    runner.close()
    return runner


async def test_what_is_committed_is_folded(world: World) -> None:
    """Into every projection."""
    squad, maya = await reported(world)
    await world.folded()

    assert (
        len(roster.members(world.store, squad)),
        ledger.account(world.store, maya).xp,
        live_dares.waiting_for(world.store, maya),
    ) == (1, 30, [])


async def test_the_position_is_that_of_the_log(world: World) -> None:
    """Once everything is folded."""
    await reported(world)
    position = await world.runner.wait_for(world.log.last_seq(), 5)

    assert position == world.log.last_seq()


async def test_waiting_ends_after_its_time(world: World) -> None:
    """With the position that there is."""
    await reported(world)
    await world.folded()

    assert await world.runner.wait_for(10**9, 0.01) == world.log.last_seq()


async def test_whoever_waits_is_woken(world: World) -> None:
    """When what they wait for has been folded."""
    waiting = asyncio.create_task(world.runner.wait_for(3, 10))
    await world.squad_of("Maya")

    assert await waiting >= 3


async def test_listeners_hear_of_rows_after_they_are_written(world: World) -> None:
    """With the position that they belong to."""
    heard: list[tuple[Changed, int]] = []
    world.runner.on_change(
        lambda changed: heard.append((changed, world.store.position(BY_NAME["roster"])))
    )
    squad, (maya,) = await world.squad_of("Maya")
    await until(lambda: heard and heard[-1][0].seq == world.log.last_seq())
    rows = {row for changed, _ in heard for row in changed.rows}

    assert {("roster_squads", (squad,)), ("roster_members", (squad, maya))} <= rows
    assert all(changed.seq <= position for changed, position in heard)


async def test_a_hint_that_was_lost_is_read_from_the_log(world: World) -> None:
    """By the next one."""
    await world.squad_of("Maya")
    await world.folded()
    notify = world.commands._listeners.pop()
    await world.squad_of("Sam")
    world.commands.on_commit(notify)
    await world.squad_of("Kim")
    await world.folded()

    assert len(world.store._rows["roster_squads"]) == 3


async def test_hints_beyond_the_inbox_are_read_from_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded."""
    monkeypatch.setattr("server.runner.INBOX", 1)
    for n in range(5):
        await world.squad_of(f"Player {n}")
    await world.folded()

    assert len(world.store._rows["roster_squads"]) == 5


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_catching_up_gives_the_rows_that_following_gave(
    world: World, tmp_path: Path, kind: str
) -> None:
    """Members, entries and totals."""
    squad, maya = await reported(world)
    await world.folded()
    store: Store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "views.db")
    caught_up(world, store)

    assert (
        roster.members(world.store, squad),
        ledger.entries(world.store, maya),
        ledger.account(world.store, maya),
    ) == (roster.members(store, squad), ledger.entries(store, maya), ledger.account(store, maya))
    store.close()


async def test_catching_up_shows_its_progress(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Position and goal, batch by batch."""
    monkeypatch.setattr("server.runner.BATCH_BEHIND", 2)
    await reported(world)
    shown: list[tuple[int, int]] = []
    runner = Runner(world.log, MemoryStore())
    runner.catch_up(lambda at, of: shown.append((at, of)))
    runner.close()

    assert shown == [(2, 6), (4, 6), (6, 6)]


async def test_after_a_restart_nothing_is_folded_twice(world: World, tmp_path: Path) -> None:
    """Rows and position are one transaction."""
    squad, maya = await reported(world)
    for _ in range(3):
        store = SQLiteStore(tmp_path / "views.db")
        caught_up(world, store)
        store.close()
    store = SQLiteStore(tmp_path / "views.db")
    members, xp = len(roster.members(store, squad)), ledger.account(store, maya).xp
    row = roster.squad(store, squad)
    store.close()
    assert row is not None

    assert (members, row.members, xp) == (1, 1, 30)


async def test_rows_of_another_log_are_made_anew(world: World, tmp_path: Path) -> None:
    """A position beyond the log's end is none of this log's."""
    _, maya = await reported(world)
    store = SQLiteStore(tmp_path / "views.db")
    caught_up(world, store)
    for projection in PROJECTIONS:
        store.commit(projection, Changes({}), 1_000)
    caught_up(world, store)
    xp, end = ledger.account(store, maya).xp, store.position(PROJECTIONS[0])
    store.close()

    assert (30, world.log.last_seq()) == (xp, end)


async def test_a_projection_that_is_ahead_waits_for_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the commits of two: its position never goes back."""
    monkeypatch.setattr("server.runner.BATCH_BEHIND", 2)
    squad, maya = await reported(world)
    store = MemoryStore()
    for projection in PROJECTIONS:
        store.prepare(projection)
    rows = Rows(store)
    facts = recorded(world.log.read_all(0, 100))
    for fact in facts:
        BY_NAME["roster"].fold(rows, fact)
    store.commit(BY_NAME["roster"], rows.take(), facts[-1].seq)
    caught_up(world, store)
    row = roster.squad(store, squad)
    assert row is not None

    assert (1, 30, {world.log.last_seq()}) == (
        row.members,
        ledger.account(store, maya).xp,
        {store.position(projection) for projection in PROJECTIONS},
    )


def bytes_of(store: Store) -> bytes:
    """Every row of every table, as bytes."""
    tables = (table for projection in PROJECTIONS for table in projection.tables)
    return msgspec.msgpack.encode([[table.name, store.select(table)] for table in tables])


async def evening(world: World) -> AsyncIterator[None]:
    """An evening of two squads, and a moment after each thing that happens."""
    squad, (maya, sam, kim) = await world.squad_of("Maya", "Sam", "Kim")
    yield
    for number, card in enumerate(("which-apple", "time-phone-in-hand", "best-thing-today")):
        dare = await world.dare(sam, maya, squad, card=card)
        done(await world.do(maya, "dare.accept", {"dare": dare}, squad=squad))
        report = {"dare": dare, "outcome": "REJECTED"}
        done(await world.do(maya, "dare.report", report, squad=squad))
        yield
        if number == 1:
            put_right = {"dare": dare, "outcome": "GRANTED"}
            done(await world.do(maya, "dare.correct", put_right, squad=squad))
            yield
    done(await world.do(maya, "squad.rename", {"name": "Owls"}, squad=squad))
    done(await world.do(sam, "player.timezone", {"tz": "Asia/Tokyo"}))
    done(await world.do(maya, "squad.settings", {"tz": "Asia/Tokyo", "size": 5}, squad=squad))
    yield
    other, (lou,) = await world.squad_of("Lou")
    code = await world.invite(lou, other)
    done(await world.do(kim, "squad.request", {"code": code}))
    yield
    done(await world.do(maya, "squad.ban", {"player": kim}, squad=squad))
    waiting = await world.dare(sam, maya, squad, card="which-apple")
    yield
    world.clock.pass_ms(12 * DAY_MS)
    while await world.timers.ring_due():
        yield
    assert waiting
    done(await world.do(maya, "player.erase", {"confirm": "Maya"}))
    yield


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_inv_c3_rebuilt_from_zero_the_rows_are_the_live_ones_byte_for_byte(
    world: World, tmp_path: Path, kind: str
) -> None:
    """After everything that scoring and rosters read, on any store."""
    async for _ in evening(world):
        pass
    await world.folded()
    store: Store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "views.db")
    caught_up(world, store)
    rebuilt = bytes_of(store)
    store.close()

    assert bytes_of(world.store) == rebuilt


async def test_inv_c3_any_prefix_replayed_is_what_was_served_then(world: World) -> None:
    """At every moment of an evening, from what the log held up to it."""
    served: dict[int, bytes] = {}
    async for _ in evening(world):
        await world.folded()
        served[world.runner.position] = bytes_of(world.store)
    facts = recorded(world.log.read_all(0, 1_000))
    replayed: dict[int, bytes] = {}
    for seq in served:
        store = MemoryStore()
        for projection in PROJECTIONS:
            store.prepare(projection)
            rows = Rows(store)
            for fact in facts[:seq]:
                projection.fold(rows, fact)
            store.commit(projection, rows.take(), seq)
        replayed[seq] = bytes_of(store)

    assert (len(served), replayed) == (10, served)


def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the ledger fail at every fact."""

    def fail(_rows: Rows, _fact: Recorded[Fact]) -> None:
        raise ZeroDivisionError

    broken = Projection(name="ledger", version=ledger.VERSION, tables=ledger.TABLES, fold=fail)
    projections = tuple(broken if p.name == "ledger" else p for p in PROJECTIONS)
    monkeypatch.setattr("server.runner.PROJECTIONS", projections)


async def test_a_fold_that_fails_stops_its_projection_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loudly; the others go on."""
    failing(monkeypatch)
    squad, _ = await reported(world)
    await world.folded()

    assert (
        world.runner.stopped,
        len(roster.members(world.store, squad)),
        world.store.position(BY_NAME["ledger"]),
    ) == ({BY_NAME["ledger"].id: "seq 1: ZeroDivisionError"}, 1, 0)


async def test_a_projection_that_stopped_catches_up_when_it_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart with a fold that works; nothing was skipped, nothing is folded twice."""
    monkeypatch.setattr("server.runner.BATCH_BEHIND", 2)
    with monkeypatch.context() as patch:
        failing(patch)
        squad, maya = await reported(world)
        store = MemoryStore()
        stopped = caught_up(world, store).stopped
    mended = caught_up(world, store)
    row = roster.squad(store, squad)
    assert row is not None

    assert (
        list(stopped),
        mended.stopped,
        ledger.account(store, maya).xp,
        row.members,
    ) == ([BY_NAME["ledger"].id], {}, 30, 1)


async def test_with_every_projection_stopped_the_runner_rests(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not turn in circles."""
    for projection in PROJECTIONS:
        world.runner.stopped[projection.id] = "seq 1: Test"
    await world.squad_of("Maya")

    assert world.runner.position == 0


async def test_a_store_that_cannot_be_written_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is skipped and nothing is folded twice."""
    monkeypatch.setattr("server.runner.RETRY_S", 0.001)
    async with running() as world:
        commit, failures = world.store.commit, [LogUnavailable("full"), LogUnavailable("full")]

        def flaky(projection: Projection, changes: Changes, position: int) -> None:
            if failures:
                raise failures.pop()
            commit(projection, changes, position)

        monkeypatch.setattr(world.store, "commit", flaky)
        squad, maya = await reported(world)
        await until(lambda: not failures)
        await world.folded()
        row = roster.squad(world.store, squad)
        assert row is not None

        assert (row.members, ledger.account(world.store, maya).xp) == (1, 30)


async def test_a_fold_whose_rows_cannot_be_read_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away for a moment: nothing stops for that."""
    monkeypatch.setattr("server.runner.RETRY_S", 0.01)
    await reported(world)
    await world.folded()
    get, failures = world.store.get, [StoreError("away")]

    def failing_once(table: Table[R], key: Key) -> R | None:
        if failures:
            raise failures.pop()
        return get(table, key)

    monkeypatch.setattr(world.store, "get", failing_once)
    _, sam = await reported(world, "Sam")
    await world.folded()

    assert ({}, [], 30) == (world.runner.stopped, failures, ledger.account(world.store, sam).xp)


async def test_rows_written_before_another_store_failed_are_told_of_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first projection's are in, and are not folded again when the second one's come."""
    monkeypatch.setattr("server.runner.RETRY_S", 0.001)
    async with running() as world:
        heard: list[Place] = []
        world.runner.on_change(lambda changed: heard.extend(changed.rows))
        squad, (maya,) = await world.squad_of("Maya")
        # What is folded is told of a little later.
        await until(lambda: ("roster_members", (squad, maya)) in heard)
        heard.clear()
        commit, failures = world.store.commit, [StoreError("full")]

        def flaky(projection: Projection, changes: Changes, position: int) -> None:
            if projection is PROJECTIONS[1] and failures:
                raise failures.pop()
            commit(projection, changes, position)

        monkeypatch.setattr(world.store, "commit", flaky)
        done(await world.do(maya, "squad.rename", {"name": "Owls"}, squad=squad))
        await until(lambda: not failures)
        await world.folded()
        await until(lambda: heard)

        assert heard == [("roster_squads", (squad,))]


NEWER = Event("squad-X", 1, "squad.danced@1", b"\x80")
"""What a newer Gutsy wrote."""


async def test_an_event_of_a_newer_gutsy_stops_every_projection_before_it(world: World) -> None:
    """What came before it is folded, also when both came in one go; the reason names it."""
    _, maya = await reported(world)
    await world.folded()
    notify = world.commands._listeners.pop()
    await world.squad_of("Sam")
    before = world.log.last_seq()
    world.log.append(Batch(events=[NEWER]))
    world.commands.on_commit(notify)
    await world.squad_of("Kim")
    await until(lambda: world.runner.stopped)
    reason = f"seq {before + 1}: squad.danced@1 was written by a newer Gutsy"

    assert {projection.id for projection in PROJECTIONS} == set(world.runner.stopped)
    assert all(why.startswith(reason) for why in world.runner.stopped.values())
    assert (before, {before}, 2, 30) == (
        world.runner.position,
        {world.store.position(projection) for projection in PROJECTIONS},
        len(world.store._rows["roster_squads"]),
        ledger.account(world.store, maya).xp,
    )


@pytest.mark.parametrize("piece", [1, 4, 1_000])
async def test_an_event_that_is_damaged_stops_every_projection_before_it(
    world: World, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """At start-up as well, wherever it is in what is read; the reason says nothing of its words."""
    monkeypatch.setattr("server.runner.BATCH", piece)
    await reported(world)
    before = world.log.last_seq()
    world.log.append(Batch(events=[Event("squad-X", 1, "squad.archived@1", b"Zebulon")]))
    stopped = caught_up(world, MemoryStore())

    assert ({f"seq {before + 1}: ValidationError"}, before) == (
        set(stopped.stopped.values()),
        stopped.position,
    )


async def test_after_an_update_projections_go_on_where_they_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was skipped, nothing is folded twice."""
    world.log.append(Batch(events=[NEWER]))
    _, maya = await reported(world)
    store = MemoryStore()
    stopped = caught_up(world, store).position
    decoder = msgspec.msgpack.Decoder(PlayerDanced)
    monkeypatch.setitem(mapper._DECODERS, "squad.danced@1", decoder)
    updated = caught_up(world, store)

    assert (0, {}, world.log.last_seq(), 30) == (
        stopped,
        updated.stopped,
        updated.position,
        ledger.account(store, maya).xp,
    )


class PlayerDanced(Fact, frozen=True, kw_only=True):
    """A kind of fact that a newer Gutsy has."""

    at: int = 0
    by: None = None


async def test_trouble_with_a_store_is_told_while_it_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In words, and no longer."""
    monkeypatch.setattr("server.runner.RETRY_S", 0.001)
    async with running() as world:
        commit, is_full = world.store.commit, [True]

        def full(projection: Projection, changes: Changes, position: int) -> None:
            if is_full:
                raise StoreError("views.db cannot be used: database or disk is full.")
            commit(projection, changes, position)

        monkeypatch.setattr(world.store, "commit", full)
        await world.register("Maya")
        told = await until(lambda: world.runner.trouble)
        is_full.clear()
        await world.folded()
        await until(lambda: world.runner.trouble is None)

        assert told == "views.db cannot be used: database or disk is full."
