"""A kill loses nothing: what was acknowledged is in the log, exactly once (P1, P2)."""

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from server.settings import Settings
from server.upkeep import verify
from tests.server.serving import Process, free_port, fresh_id, process, registration
from tests.server.world import Message, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SEED = 20_261_123
KILLS = 5
PLAYERS = 3
COMMANDS_EACH = 150
IN_FLIGHT = 4


class Player:
    """A client as the protocol asks for one: an outbox, ids made once, sent until answered."""

    def __init__(self, number: int) -> None:
        self.registration = registration(f"Player {number}")
        self.ticket = ""
        self.squad = ""
        self.outbox: dict[str, dict[str, object]] = {}
        self.acks: dict[str, Message] = {}

    async def come_in(self, url: str) -> None:
        """Register, and found a squad."""
        async with httpx2.AsyncClient(base_url=url) as http:
            answer = await http.post("/api/guest", json=self.registration)
            self.ticket = answer.json()["ticket"]
            headers = {"authorization": f"Bearer {self.ticket}"}
            body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
            ack = (await http.post("/api/cmd", json=body, headers=headers)).json()
            self.squad = ack["b"]["squad"]
        self.acks[str(body["id"])] = ack
        for _ in range(COMMANDS_EACH):
            self.outbox[fresh_id()] = {"k": "squad.invite", "s": self.squad, "b": {}}

    async def work(self, url: str) -> None:
        """Send what is not answered, until it is or the connection breaks."""
        with suppress(OSError, WebSocketException, TimeoutError):
            async with connect(
                url, subprotocols=[Subprotocol("gutsy.v1")], compression=None, proxy=None
            ) as socket:
                hello = {"t": "hello", "v": 1, "c": "kill", "a": self.ticket}
                await socket.send(msgspec.msgpack.encode(hello))
                waiting = iter(list(self.outbox.items()))
                for command in islice(waiting, IN_FLIGHT):
                    await self._send(socket, command)
                while self.outbox:
                    async with asyncio.timeout(10):
                        message = msgspec.msgpack.decode(await socket.recv(decode=False))
                    if message["t"] in ("ack", "err"):
                        self._take(message)
                        for command in islice(waiting, 1):
                            await self._send(socket, command)

    async def _send(self, socket: ClientConnection, command: tuple[str, dict[str, object]]) -> None:
        message = {"t": "cmd", "id": command[0], **command[1]}
        await socket.send(msgspec.msgpack.encode(message))

    def _take(self, message: Message) -> None:
        if message["t"] == "ack":
            assert message["id"] not in self.acks, "answered once on each connection"
            self.acks[message["id"]] = message
            del self.outbox[message["id"]]
        else:
            assert message["c"] in ("BUSY", "INTERNAL"), message


async def _run_and_kill(folder: Path, chance: random.Random) -> list[Player]:
    port = free_port()
    players = [Player(number) for number in range(PLAYERS)]
    for turn in range(KILLS + 1):
        server = await asyncio.to_thread(Process, folder, port)
        if turn == 0:
            await asyncio.gather(*(player.come_in(server.url) for player in players))
        working = [asyncio.create_task(player.work(server.ws_url)) for player in players]
        if turn < KILLS:
            wanted = _acked(players) + chance.randrange(1, PLAYERS * COMMANDS_EACH // (KILLS + 2))
            await until(lambda wanted=wanted: _acked(players) >= wanted)  # type: ignore[misc]  # bound at once
            assert all(player.outbox for player in players), "everybody is at work"
            await asyncio.to_thread(server.kill)
        await asyncio.gather(*working)
        if turn == KILLS:
            await asyncio.to_thread(server.stop)
    return players


def _acked(players: Sequence[Player]) -> int:
    return sum(len(player.acks) for player in players)


def _rows(folder: Path, sql: str) -> list[Any]:
    file = sqlite3.connect(f"file:{folder / 'gutsy.db'}?mode=ro", uri=True)
    rows = file.execute(sql).fetchall()
    file.close()
    return rows


async def test_wire_p1_what_was_acknowledged_is_in_the_log_exactly_once(tmp_path: Path) -> None:
    """Through kills at any moment, with everything unanswered sent again under its id."""
    players = await _run_and_kill(tmp_path, random.Random(SEED))
    stored: dict[str, list[int]] = {}
    for seq, command in _rows(
        tmp_path, "SELECT seq, command FROM events WHERE topic LIKE 'invite%'"
    ):
        stored.setdefault(command, []).append(seq)
    acks = {
        command_id: ack
        for player in players
        for command_id, ack in player.acks.items()
        if "code" in ack["b"]
    }

    assert [player.outbox for player in players if player.outbox] == []
    assert {command_id: [ack["q"]] for command_id, ack in acks.items()} == stored
    assert len(acks) == PLAYERS * COMMANDS_EACH


async def test_inv_c4_after_kills_the_log_has_no_gap(tmp_path: Path) -> None:
    """Nor does any stream; every hash fits; the projections are where the log is."""
    await _run_and_kill(tmp_path, random.Random(SEED + 1))
    seqs = [seq for (seq,) in _rows(tmp_path, "SELECT seq FROM events ORDER BY seq")]
    streams = _rows(
        tmp_path, "SELECT stream, count(*), min(version), max(version) FROM events GROUP BY stream"
    )
    views = sqlite3.connect(tmp_path / "views.db")
    positions = {seq for (seq,) in views.execute("SELECT seq FROM positions")}
    views.close()

    assert list(range(1, len(seqs) + 1)) == seqs
    assert [row for row in streams if (row[2], row[3]) != (1, row[1])] == []
    assert {len(seqs)} == positions
    assert verify(Settings(data_dir=str(tmp_path)), lambda _at, _of: None).problems == []


def test_a_server_says_where_it_is_and_ends_when_asked(tmp_path: Path) -> None:
    """By SIGTERM, with everything put away."""
    with process(tmp_path) as server:
        url = server.url
        code = server.stop()

    assert url.startswith("http://127.0.0.1:")
    assert code == 0


def test_a_second_server_on_the_same_folder_does_not_start(tmp_path: Path) -> None:
    """And says why."""
    with process(tmp_path), pytest.raises(AssertionError, match="Another process serves"):
        Process(tmp_path, free_port())
