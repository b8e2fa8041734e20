"""What commands and events may cost, in counts: never in times, which every machine has its own of.

A figure here that must be raised is a regression; `make bench` says what it costs.
"""

import asyncio
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from domain.cheers import CheerGiven, Emoji
from domain.facts import Fact, Recorded
from domain.ids import CommandId, DareId, PlayerId
from loadtests.bench.offers import offers
from projections.rows import Key, R, Readable, Table
from server.edge.socket import GutsySocket
from server.eventlog.mapper import to_fact
from server.eventlog.sqlite import SQLiteLog
from server.live import frames as live_frames
from server.live.hub import Hub
from server.live.own_page import own_pages
from server.live.rooms import Cursor, Room
from server.protocol import codec
from tests.server.serving import Served, fresh_id, message, raw, serving
from tests.server.world import running, until

SQUAD = "01M8A000000000000000000000"
EVENTS = 200
MEMBERS = 50
BATCH = 64
ROWS_A_COMMAND = 5
"""An offer's event, answer, two claims and timer."""
LOOKS_AT_PAGES = 7
"""For all pages together: accounts, entries, open dares, seats, requests, squads, battles."""


class Ear:
    """An outlet that remembers what it got."""

    is_writable = True

    def __init__(self, player: PlayerId, heard: list[bytes]) -> None:
        self.player = player
        self.send: Callable[[bytes], None] = heard.append

    def write(self, frame: bytes) -> None:
        """Nobody is told anything alone here."""
        raise AssertionError(frame)


class Looked:
    """Rows, and how often somebody looked for some."""

    def __init__(self, rows: Readable) -> None:
        self.looks = 0
        self._rows = rows

    def get(self, table: Table[R], key: Key) -> R | None:
        """One row."""
        self.looks += 1
        return self._rows.get(table, key)

    def select(self, table: Table[R], **where: str) -> list[R]:
        """Some rows."""
        self.looks += 1
        return self._rows.select(table, **where)

    def select_each(self, table: Table[R], name: str, values: Collection[str]) -> list[R]:
        """Rows for several."""
        self.looks += 1
        return self._rows.select_each(table, name, values)


def hub_of(tmp_path: Path, members: int) -> tuple[Hub, Room, list[bytes]]:
    """A hub with one squad, all of whose members are abreast."""
    with closing(SQLiteLog(tmp_path / f"{members}.db")) as log:
        hub = Hub(log, lambda _sealed: None, 5)
    heard: list[bytes] = []
    room = Room(SQUAD, lambda _sealed: None)
    for number in range(members):
        cursor = Cursor(Ear(PlayerId(f"player {number}"), heard), room, 0)
        room.cursors.add(cursor)
        cursor.draw_level()
    hub._rooms[SQUAD] = room
    return hub, room, heard


def cheers(first: int, count: int) -> list[Recorded[Fact]]:
    """Events that everybody sees alike."""
    by = PlayerId("player 0")
    return [
        Recorded(
            n,
            f"squad-{SQUAD}",
            n,
            CheerGiven(at=n, by=by, dare=DareId("dare"), target=by, emoji=Emoji.CLAP),
            CommandId("command"),
        )
        for n in range(first, first + count)
    ]


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The messages that are encoded for live meanwhile."""
    encoded: list[object] = []
    framed = codec.framed

    def and_count(told: Any) -> bytes:  # noqa: ANN401 any server message
        encoded.append(told)
        return framed(told)

    with monkeypatch.context() as patch:
        patch.setattr(live_frames, "framed", and_count)
        yield encoded


def test_an_event_is_encoded_once_however_many_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what a batch brings is one write for each, of the same bytes."""
    hub, _, heard = hub_of(tmp_path, MEMBERS)
    with counted(monkeypatch) as encoded:
        for first in range(1, EVENTS, 4):
            hub.publish(cheers(first, 4))

    writes = Counter(map(id, heard))

    assert (len(encoded), len(writes), set(writes.values())) == (EVENTS, EVENTS // 4, {MEMBERS})


def test_an_event_of_which_some_see_less_is_encoded_once_for_each_audience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target and the issuer see an offer alike; the others a blank."""
    hub, room, _ = hub_of(tmp_path, MEMBERS)
    # Both are connected to this node.
    for cursor in room.cursors:
        hub.outlets[cursor.outlet.player] = {cursor.outlet}
    (event,) = next(offers(1)).events
    players = {"issuer": PlayerId("player 1"), "target": PlayerId("player 2")}
    fact = replace(to_fact(event.topic, event.state), by=players["issuer"], **players)
    with counted(monkeypatch) as encoded:
        hub.publish([Recorded(1, f"squad-{SQUAD}", 1, fact)])

    assert len(encoded) <= 2


def test_a_member_more_costs_an_event_no_memory(tmp_path: Path) -> None:
    """But a place in two lists, the hub's for the moment and this test's own: nothing is queued,
    copied or wrapped for each."""
    peaks = {}
    for members in (10, 1_000):
        hub, _, _ = hub_of(tmp_path, members)
        hub.publish(cheers(1, 1))
        facts = cheers(2, 1)
        tracemalloc.start()
        hub.publish(facts)
        peaks[members] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peaks[1_000] - peaks[10] < 990 * 32


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server."""
    async with serving(tmp_path) as served:
        yield served


async def test_what_a_turn_brings_to_a_connection_leaves_in_one_write(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a command and its event, to whoever sent it: one ``send`` of the socket."""
    writes: list[bytes] = []

    class Counting:
        """The transport, counting."""

        def __init__(self, transport: asyncio.Transport) -> None:
            self._transport = transport

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever a transport has
            return getattr(self._transport, name)

        def write(self, data: bytes) -> None:
            """Count, and write."""
            writes.append(data)
            self._transport.write(data)

    made = GutsySocket.connection_made
    monkeypatch.setattr(
        GutsySocket,
        "connection_made",
        lambda self, transport: made(self, cast(Any, Counting(transport))),
    )
    async with served.guest() as maya, raw(served) as wire:
        squad = await maya.squad()
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=maya.ticket, s={squad: 0}))
        await wire.message("live")
        await wire.message("view")
        before = len(writes)
        wire.send(message("cmd", id=fresh_id(), k="squad.invite", s=squad))
        await wire.message("ev")
        brought = [data for data in writes[before:] if b"\xa3ack" in data or b"\xa2ev" in data]

    assert [(b"\xa3ack" in data, b"\xa2ev" in data) for data in brought] == [(True, True)]


def test_a_batch_is_one_transaction_and_one_statement_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One flush of the disk for all of it: WAL with ``synchronous=FULL`` flushes at each commit."""
    ran: list[str] = []
    with closing(SQLiteLog(tmp_path / "gutsy.db")) as log:
        batches = offers(BATCH)
        log.append(next(batches))
        log._writer.set_trace_callback(ran.append)
        log.append(next(batches))
        log._writer.set_trace_callback(None)
        (level,) = log._writer.execute("PRAGMA synchronous").fetchone()
    kinds = Counter(statement.split()[0] for statement in ran)

    assert (kinds["BEGIN"], kinds["COMMIT"], level) == (1, 1, 2)
    assert kinds["INSERT"] <= BATCH * ROWS_A_COMMAND
    assert kinds.total() <= BATCH * ROWS_A_COMMAND + 4


async def test_commands_that_come_together_are_committed_together(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many: one look-up and one transaction for all that wait."""
    log = served.services.log
    assert isinstance(log, SQLiteLog)
    ran: list[str] = []
    async with served.guest() as maya, raw(served) as wire:
        squad = await maya.squad()
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=maya.ticket))
        await wire.message("welcome")
        log._writer.set_trace_callback(ran.append)
        wire.send(
            *(
                message("cmd", id=fresh_id(), k="squad.rename", s=squad, b={"name": f"Owls {n}"})
                for n in range(10)
            )
        )
        for _ in range(10):
            await wire.message("ack")
        await until(lambda: "COMMIT" in ran)
        log._writer.set_trace_callback(None)

    # The first may go alone, while the others wait for it.
    assert ran.count("COMMIT") <= 2


async def test_the_pages_of_many_cost_as_many_looks_as_that_of_one() -> None:
    """At the read models; the name of each is looked up in the log."""
    async with running() as world:
        squad, people = await world.squad_of("Maya", "Sam", "Lou", "Kim")
        await world.dare(people[0], people[1], squad, "which-apple")
        await world.folded()
        store = Looked(world.store)
        pages = own_pages(world.log, store, people, world.keys.open)

    assert (len(pages), store.looks) == (4, LOOKS_AT_PAGES)


def test_sqlite_traces_what_it_runs() -> None:
    """So that the counts above can fail."""
    ran: list[str] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        file.execute("CREATE TABLE one (n INTEGER)")
        file.set_trace_callback(ran.append)
        file.executemany("INSERT INTO one VALUES (?)", [(1,), (2,), (3,)])

    assert len(ran) == 3
