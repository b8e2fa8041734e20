"""How many commands a second become durable when many wait at once, without sockets.

Clients in one asyncio loop send a command, await its answer, and send the next: into group commit,
which looks up, decides, keeps the answer and commits for all who wait; or each into a thread that
saves with the library's stock application. The limit is ``sqlite3`` given rows in batches as large
as the clients are many.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import count

import uvloop

from domain.deck import DECK
from domain.ids import CommandId, PlayerId, SquadId
from loadtests.bench.appending import raw_batches
from loadtests.bench.disk import scratch
from loadtests.bench.latency import latencies
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.population import populate
from loadtests.bench.stock import open_stock
from server.app import open_keys, open_log
from server.clock import Clock, draw_bytes
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.submission import Done, Reply, Submission
from server.eventlog.log import HASH_BYTES
from server.pauses import rare_pauses
from server.protocol.bodies import CommandBody, DareIssue, DareWithdraw
from server.secret import load_secret
from server.settings import Settings

CLIENTS = (1, 8, 64, 512)
SECONDS = 2.0
REPEATS = 5
SQUADS = 2_048
"""Each of two: one dares the other and takes it back, 20 times at most (rules §3)."""
ISSUES = 19
"""Of a player in a run; one more was issued before, for its squad to be in memory."""


def trials(scale: float = 1.0) -> list[Trial]:
    """A trial for each number of clients; ``scale`` makes each measurement longer or shorter."""
    seconds = SECONDS * scale
    return [
        Trial(
            name=f"commands without sockets, {clients} clients",
            contestants=[
                Contestant("gutsy", partial(group_commit, clients, seconds)),
                Contestant("raw sqlite3", partial(_raw, clients, seconds)),
                Contestant("stock application", partial(stock_in_threads, clients, seconds)),
            ],
            repeats=REPEATS,
        )
        for clients in CLIENTS
    ]


def group_commit(clients: int, seconds: float) -> Figures:
    """Dares issued and taken back, each with all that belongs to it, by group commit."""
    with scratch() as folder, ExitStack() as stack:
        stack.enter_context(rare_pauses())
        people = populate(folder, squads=SQUADS, size=2)
        settings = Settings(data_dir=str(folder), queue_limit=10_000)
        log = stack.enter_context(closing(open_log(settings)))
        keys = stack.enter_context(closing(open_keys(settings)))
        tools = Tools(Clock(), keys, load_secret(None, folder), settings.ruleset)
        commands = GroupCommit(log, keys, tools, settings.queue_limit)
        stack.callback(commands.close)
        pairs = [_Pair(people.members(n), squad) for n, squad in enumerate(people.squads)]
        figures = uvloop.run(_committed(commands, pairs, clients, seconds))
        assert log.last_seq() >= figures["commands"], "every command has left an event"
    return figures


def stock_in_threads(clients: int, seconds: float) -> Figures:
    """A save for each command, in a thread, as the library would be called from asyncio."""
    with scratch() as folder, open_stock(folder) as stock:
        turns = [[table] for table in stock.open(clients)]
        sends = [partial(asyncio.to_thread, stock.issue, turn) for turn in turns]
        return uvloop.run(_paced(sends, seconds))


def _raw(clients: int, seconds: float) -> Figures:
    """Rows of as many commands in a transaction: each of them waits for the whole of it."""
    figures = raw_batches(clients, seconds)
    names = {"events_per_s": "commands_per_s", "events": "commands"}
    return {names.get(name, name): figure for name, figure in figures.items()}


class _Pair:
    """Two people of whom one dares the other and takes it back, again and again."""

    def __init__(self, members: Sequence[PlayerId], squad: SquadId) -> None:
        self._issuer, self._target = members
        self._squad = squad
        self._clock = Clock()
        self._turns = count()
        self._dare = ""

    def next(self) -> Submission:
        """The next command."""
        turn = next(self._turns)
        if turn % 2:
            return self._submission("dare.withdraw", DareWithdraw(dare=self._dare), "")
        self._dare = self._clock.new_id()
        card = DECK[turn % len(DECK)].card
        return self._submission("dare.issue", DareIssue(target=self._target, card=card), self._dare)

    def _submission(self, kind: str, body: CommandBody, new_id: str) -> Submission:
        return Submission(
            actor=self._issuer,
            command_id=CommandId(self._clock.new_id()),
            kind=kind,
            body=body,
            digest=draw_bytes(HASH_BYTES),
            arrived_at=self._clock.now(),
            new_id=new_id,
            squad=self._squad,
        )


async def _committed(
    commands: GroupCommit, pairs: Sequence[_Pair], clients: int, seconds: float
) -> Figures:
    async def send(turns: Iterator[_Pair]) -> None:
        _expect_done(await commands.submit(next(turns).next()))

    running = asyncio.create_task(commands.run())
    try:
        for _ in range(2):
            for reply in await asyncio.gather(*(commands.submit(p.next()) for p in pairs)):
                _expect_done(reply)
        turns = [_turns(pairs[client::clients]) for client in range(clients)]
        return await _paced([partial(send, turn) for turn in turns], seconds)
    finally:
        running.cancel()
        await asyncio.wait([running])


def _turns(pairs: Sequence[_Pair]) -> Iterator[_Pair]:
    """Whose turn it is, until all have done what the rules let them do in a day."""
    for _ in range(2 * ISSUES):
        yield from pairs


def _expect_done(reply: Reply) -> None:
    assert isinstance(reply, Done), reply


async def _paced(sends: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> Figures:
    """Let each send again as soon as it is answered, and count."""
    took_ms: list[float] = []
    began = time.perf_counter()

    async def client(send: Callable[[], Awaitable[None]]) -> None:
        now = time.perf_counter()
        while now - began < seconds:
            sent_at = now
            await send()
            now = time.perf_counter()
            took_ms.append((now - sent_at) * 1000)

    await asyncio.gather(*(client(send) for send in sends))
    commands_per_s = len(took_ms) / (time.perf_counter() - began)
    return {"commands_per_s": commands_per_s, **latencies(took_ms), "commands": len(took_ms)}
