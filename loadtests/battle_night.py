"""Battle night: many squads battle at once over real sockets, and no score may be wrong.

``python -m loadtests.battle_night --battles 200 --players 10`` starts a server of its own with
ruleset 0. Everybody takes cards, goes in, reports, bails at times, loses the net at times, and
comes back. In the end each player's last ``view battle``, the replay, and a fold of the events
that the player saw, written down here once more from the rulebook, are one and the same.
"""

import asyncio
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from statistics import quantiles

import click
import httpx2 as httpx
import msgpack
from msgspec import Struct, field
from rich.progress import Progress
from ulid import ULID
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from loadtests.battles import OUTCOMES, SPACING_S, points, shown
from loadtests.game import server
from server.protocol.client_messages import SUBPROTOCOL, VERSION, Cmd, Hello, Pong, Sub
from server.protocol.codec import decode_server, encode
from server.protocol.server_messages import Ack, Body, Err, Ev, Evs, Live, Ping, Snap, View, Welcome

ANSWER_S = 60.0
AT_ONCE = 50
"""Guests that come in at a time."""
MOST_REPORTS = 10
"""Of one player, that count in one battle (rules, section 8)."""
CLOSING_MS = 5_000
"""How long after grace a battle ends (rules, INV-D7)."""


class Night(Struct):
    """What the whole run counts."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    late_ms: dict[str, list[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counted: int = 0


class Battle(Struct):
    """One squad's battle, as its players share it."""

    everybody: asyncio.Barrier
    squad: str = ""
    code: str = ""
    battle: str = ""
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Player:
    """Somebody with a phone: a cursor, the newest table, and a battle to play."""

    def __init__(self, url: str, ticket: str, night: Night) -> None:
        self.player = ""
        self.events: list[tuple[str, int, Body]] = []
        self.n = 0
        self.table: Body = {}
        self.is_live = False
        self._url = url.replace("http", "ws", 1) + "/ws"
        self._ticket = ticket
        self._night = night
        self._squad = ""
        self._answers: dict[str, asyncio.Future[Ack | Err]] = {}
        self._changed = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open a socket, and go on in the squad from where this player is."""
        self.is_live = False
        self._socket = await connect(
            self._url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=ANSWER_S,
        )
        have = {self._squad: self.n} if self._squad else {}
        await self._send(Hello(v=VERSION, c=str(ULID()), a=self._ticket, s=dict(have)))
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.until(lambda: self.player != "" and (self.is_live or not have))

    async def drop(self) -> None:
        """The net is gone, without a word."""
        assert self._socket is not None, "nothing to lose"
        self._socket.transport.abort()
        if self._reader is not None:
            await self._reader

    async def follow(self, squad: str) -> None:
        """Follow a squad from its first event."""
        self._squad = squad
        await self._send(Sub(id=str(ULID()), s=squad, n=0))
        await self.until(lambda: self.is_live)

    async def command(self, kind: str, body: Body, squad: str | None = None) -> Body | None:
        """The answer's body; None if the rules say no, which is counted."""
        command = Cmd(id=str(ULID()), k=kind, b=body, s=squad)
        answer = await self._ask(command)
        if isinstance(answer, Err):
            self._night.refused[f"{kind} {answer.c}"] += 1
            return None
        self._night.done[kind] += 1
        return dict(answer.b or {})

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to be so."""
        async with asyncio.timeout(ANSWER_S), self._changed:
            await self._changed.wait_for(holds)

    def saw(self, kind: str) -> bool:
        """Whether an event of a kind has come."""
        return any(event[0] == kind for event in self.events)

    async def _ask(self, command: Cmd) -> Ack | Err:
        """Sent again, with the same id, for as long as the net fails."""
        while True:
            waiting: asyncio.Future[Ack | Err] = asyncio.get_running_loop().create_future()
            self._answers[command.id] = waiting
            try:
                await self._send(command)
                return await asyncio.wait_for(waiting, ANSWER_S)
            except (ConnectionClosed, ConnectionResetError):
                await self.connect()

    async def _send(self, message: Hello | Sub | Cmd | Pong) -> None:
        assert self._socket is not None, "connect first"
        await self._socket.send(encode(message))

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                assert isinstance(data, bytes), "the server sends binary messages only"
                await self._take(data)
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())

    async def _take(self, data: bytes) -> None:
        message = decode_server(data)
        match message:
            case Welcome():
                self.player = message.u
            case Ev():
                self._apply(message.n, message.k, message.at, message.b)
            case Evs():
                for n, row in enumerate(message.b, message.n):
                    kind, at, body = (None, None, None) if row is None else (row[0], row[1], row[4])
                    self._apply(n, kind, at, body)
            case Snap():
                self._night.wrong.append(f"{self.player}: a snapshot, asked for from {self.n}")
            case Live():
                self.is_live = True
            case View(k="battle"):
                self.table = msgpack.unpackb(bytes(message.b))
            case Ack() | Err():
                waiting = self._answers.pop(message.id or "", None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case Ping():
                await self._send(Pong())
            case _:
                pass
        async with self._changed:
            self._changed.notify_all()

    def _apply(self, n: int, kind: str | None, at: int | None, body: Body | None) -> None:
        if n != self.n + 1:
            self._night.wrong.append(f"{self.player}: event {n} after {self.n}")
        self.n = n
        if kind is not None:
            self.events.append((kind, at or 0, body or {}))


async def come_in(http: httpx.AsyncClient, gate: asyncio.Semaphore) -> str:
    """A guest's ticket."""
    body = {
        "id": secrets.token_hex(16),
        "handle": f"p{secrets.token_hex(8)}",
        "tz": "Europe/Berlin",
        "adult": True,
    }
    async with gate:
        response = await http.post("/api/guest", json=body)
    response.raise_for_status()
    return str(response.json()["ticket"])


async def gather(player: Player, battle: Battle, seat: int, minutes: float) -> None:
    """Come into the squad and into the lobby; the host opens it; wait for all."""
    await player.connect()
    if seat == 0:
        made = await player.command("squad.create", {"name": "Owls", "tz": "Europe/Berlin"})
        battle.squad = str((made or {})["squad"])
        invited = await player.command("squad.invite", {}, battle.squad)
        battle.code = str((invited or {})["code"])
        settings: Body = {"minutes": minutes, "heat": True, "double_down": True}
        opened = await player.command("battle.open", settings, battle.squad)
        battle.battle = str((opened or {})["battle"])
        battle.ready.set()
    await battle.ready.wait()
    if seat:
        await player.command("squad.join", {"code": battle.code})
        await player.command("battle.join", {"battle": battle.battle}, battle.squad)
    await player.follow(battle.squad)
    await battle.everybody.wait()


async def play(player: Player, battle: Battle, cards: list[str], dice: random.Random) -> None:
    """Take cards until the end; at times bail, double down, or lose the net."""
    await player.until(lambda: player.saw("battle.went_live"))
    squad = battle.squad
    while not player.saw("battle.grace_started"):
        taken: Body = {
            "target": player.player,
            "card": dice.choice(cards),
            "battle": battle.battle,
        }
        answer = await player.command("dare.issue", taken, squad)
        if answer is None:
            break
        dare = str(answer["dare"])
        await asyncio.sleep(dice.uniform(0, 1))
        if dice.random() < 0.1:  # noqa: PLR2004
            await player.command("dare.bail", {"dare": dare}, squad)
            continue
        going: Body = {"dare": dare, "double_down": dice.random() < 0.3}  # noqa: PLR2004
        await player.command("dare.start", going, squad)
        if dice.random() < 0.1:  # noqa: PLR2004
            await player.drop()
            await asyncio.sleep(dice.uniform(0, 2))
            await player.connect()
        await asyncio.sleep(SPACING_S + dice.uniform(0, 2))
        report: Body = {"dare": dare, "outcome": dice.choice(OUTCOMES)}
        await player.command("dare.report", report, squad)
    await player.until(lambda: player.saw("battle.finished"))
    await player.until(lambda: player.table.get("state") == "FINISHED")


async def compare(
    http: httpx.AsyncClient, player: Player, ticket: str, battle: Battle, night: Night
) -> None:
    """What the player was shown last, the replay, and the fold of what the player saw."""
    folded = points([(kind, body) for kind, _, body in player.events], battle.battle)
    told = [
        (at, body)
        for kind, at, body in player.events
        if kind == "dare.reported" and body["target"] == player.player
    ]
    rows: list[Body] = player.table["rows"]  # type: ignore[assignment]  # a list of rows
    if shown(rows) != folded:
        night.wrong.append(f"{player.player}: the table is not the fold of the events")
    counted = [body for _, body in told if body.get("battle") == battle.battle]
    ends_at = next(int(b["ends_at"]) for k, _, b in player.events if k == "battle.went_live")  # type: ignore[call-overload]  # a number
    # Each is spaced: what was committed before the end counts, up to the tenth.
    if len(counted) < min(MOST_REPORTS, sum(at < ends_at for at, _ in told)):
        night.wrong.append(f"{player.player}: a report in time does not count")
    night.counted += len(counted)
    path = f"/api/squads/{battle.squad}/battles/{battle.battle}"
    answer = await http.get(path, headers={"Authorization": f"Bearer {ticket}"})
    if answer.status_code != 200 or shown(answer.json()["moments"][-1]["rows"]) != folded:  # noqa: PLR2004
        night.wrong.append(f"{player.player}: the replay is not the fold of the events")


def lateness(player: Player, night: Night) -> None:
    """How late the battle's timers were, by the server's own clock."""
    times = {kind: (at, body) for kind, at, body in player.events if kind.startswith("battle.")}
    due = {
        "battle.went_live": int(times["battle.countdown_started"][1]["starts_at"]),  # type: ignore[call-overload]  # numbers
        "battle.grace_started": int(times["battle.went_live"][1]["ends_at"]),  # type: ignore[call-overload]
        "battle.finished": int(times["battle.grace_started"][1]["until"]) + CLOSING_MS,  # type: ignore[call-overload]
    }
    for kind, at in due.items():
        night.late_ms.setdefault(kind, []).append(times[kind][0] - at)


@asynccontextmanager
async def bar(label: str, total: int) -> AsyncIterator[Callable[[], None]]:
    """A progress bar for long work."""
    with Progress() as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)


async def night_of(url: str, battles: int, size: int, minutes: float, seed: int) -> Night:
    """The whole run."""
    night = Night()
    dice = random.Random(seed)
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S) as http:
        deck = (await http.get("/api/deck")).json()["cards"]
        cards = [card["card"] for card in deck if card["battle_safe"]]
        tickets = await asyncio.gather(*(come_in(http, gate) for _ in range(battles * size)))
        tables = [Battle(everybody=asyncio.Barrier(size)) for _ in range(battles)]
        players = [Player(url, ticket, night) for ticket in tickets]
        seats = [(p, tables[i // size], i % size) for i, p in enumerate(players)]
        async with bar("coming in", len(players)) as advance, asyncio.TaskGroup() as group:
            for player, table, seat in seats:
                task = group.create_task(gather(player, table, seat, minutes))
                task.add_done_callback(lambda _: advance())
        print(f"{len(players):,} sockets, {battles} lobbies", flush=True)
        for player, table, seat in seats:
            if seat == 0:
                await player.command("battle.start", {"battle": table.battle}, table.squad)
        started = time.monotonic()
        async with bar("battling", len(players)) as advance, asyncio.TaskGroup() as group:
            for player, table, _ in seats:
                own = random.Random(dice.random())
                task = group.create_task(play(player, table, cards, own))
                task.add_done_callback(lambda _: advance())
        print(f"played for {time.monotonic() - started:.0f} s", flush=True)
        for (player, table, seat), ticket in zip(seats, tickets, strict=True):
            await compare(http, player, ticket, table, night)
            if seat == 0:
                lateness(player, night)
        for player in players:
            await player.drop()
    return night


@click.command()
@click.option("--battles", default=200, show_default=True, help="Squads that battle at once.")
@click.option("--players", default=10, show_default=True, help="Players of each.")
@click.option("--minutes", default=1.0, show_default=True, help="How long a battle is.")
@click.option("--seed", default=7, show_default=True, help="The same seed, the same choices.")
def main(battles: int, players: int, minutes: float, seed: int) -> None:
    """Many battles at once, and the check that no score is wrong."""
    with server(GUTSY_RULESET="0", GUTSY_LOG_LEVEL="warning") as url:
        night = asyncio.run(night_of(url, battles, players, minutes, seed))
    print(f"commands: {sum(night.done.values()):,} ({dict(night.done)})")
    print(f"refused by the rules: {dict(night.refused)}")
    for kind, late in night.late_ms.items():
        p99 = quantiles(late, n=100)[98] if len(late) > 1 else late[0]
        print(f"{kind}: late by p50 {sorted(late)[len(late) // 2]} ms, p99 {p99:.0f} ms")
    if night.counted == 0:
        night.wrong.append("nobody scored")
    for line in night.wrong[:20]:
        print(line)
    print(
        f"check: {battles * players:,} players, {battles} battles, {night.counted:,} reports, "
        f"{len(night.wrong)} differences"
    )
    sys.exit(1 if night.wrong else 0)


if __name__ == "__main__":
    main()
