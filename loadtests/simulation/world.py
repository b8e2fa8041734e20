"""A house whose time is set by hand: the real log, keys, commands and timers, and nobody waits.

Time goes in rounds. What falls into a round is submitted at once, each command with its own
instant, and awaited together, so that batches are large; a round begins with the timers that have
become due. One seed gives the same facts again, but for what is sealed and what is drawn as code.
"""

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random

from msgspec import Struct
from ulid import ULID

from domain.facts import Fact, Recorded, name_of
from domain.ids import DAY_MS, HOUR_MS, MINUTE_MS, Millis, PlayerId
from server.app import open_keys, open_log
from server.clock import Clock
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.submission import Done, Refused, Reply
from server.commands.timers import AT_ONCE, Timers
from server.edge.intake import Intake
from server.eventlog.log import IDLE_KEPT_MS, ISSUE_KEPT_MS, Log
from server.protocol.bodies import PlayerRegister
from server.reactions import Reactions
from server.secret import Secret, load_secret
from server.settings import Settings

START: Millis = 1_732_492_800_000
"""2024-11-25T00:00:00Z, a Monday: two years later is not long ago."""
ROUND_MS = 2 * HOUR_MS
"""Long enough for large batches, and not longer than going in lasts: one may report in the next."""

Fields = dict[str, object]


class VirtualClock(Clock):
    """A clock that stands until it is moved; its ids are drawn from the seed."""

    def __init__(self, at: Millis, chance: Random) -> None:
        super().__init__()
        self._at = at
        self._chance = chance

    def now(self) -> int:
        return self._at

    def steady(self) -> float:
        return self._at / 1000

    def new_id(self) -> str:
        return str(ULID.from_bytes(self._at.to_bytes(6, "big") + self._chance.randbytes(10)))

    def move_to(self, at: Millis) -> None:
        """It is this instant now."""
        self._at = at


class Act(Struct, frozen=True, kw_only=True):
    """A command that somebody sends; a registration has a name for whoever has no id yet."""

    by: str
    kind: str
    fields: Fields
    squad: str | None = None


Story = Generator[Act | Millis, Reply | None, None]
"""What somebody does: yields a command and is sent its answer, or the instant to sleep until."""
Answered = Generator[Act | Millis, Reply | None, Done | None]
"""A part of a story that ends in a command's answer, None for a refusal."""


class House(Struct, frozen=True, kw_only=True):
    """The parts of a server that a world calls, on one log and one clock."""

    log: Log
    tools: Tools
    commands: GroupCommit
    intake: Intake
    timers: Timers
    reactions: Reactions


class World:
    """Stories under way in a house; ``open_world`` makes one."""

    def __init__(self, house: House, clock: VirtualClock, chance: Random) -> None:
        self.chance = chance
        self.facts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.commands = 0
        self.last_seq = 0
        self._house = house
        self._clock = clock
        self._round_begins_at = clock.now()
        self._earliest = clock.now()
        self._reacted_to = 0
        self._asleep: list[tuple[Millis, int, Story]] = []
        self._numbers = itertools.count()
        self._asked: list[tuple[Story, asyncio.Future[Reply]]] = []
        house.commands.on_commit(self._count)

    @property
    def now(self) -> Millis:
        """The instant that the story under way has come to."""
        return self._clock.now()

    def name_of_invite(self, code: str) -> str:
        """What its events call an invite, which every member has seen."""
        return self._house.tools.claim_key(code)

    def begin(self, story: Story, at: Millis) -> None:
        """Let a story begin at an instant; one that is over, shortly after the round that was."""
        if at < self._earliest:
            at = self._earliest + self.chance.randrange(MINUTE_MS)
        heapq.heappush(self._asleep, (at, next(self._numbers), story))

    def ask(self, act: Act) -> Answered:
        """Send a command, and get its answer; None when it was refused."""
        reply = yield act
        if isinstance(reply, Done):
            return reply
        assert isinstance(reply, Refused), "a command is always answered"
        self.refusals[f"{act.kind} {reply.code}"] += 1
        return None

    async def play_round(self) -> None:
        """Ring what is due, let everybody do what falls into this round, and await the answers."""
        self._clock.move_to(self._round_begins_at)
        await self._do_duties()
        self._round_begins_at += ROUND_MS
        while self._asleep and self._asleep[0][0] < self._round_begins_at:
            self._earliest, _, story = heapq.heappop(self._asleep)
            self._clock.move_to(self._earliest)
            self._go_on(story, None)
        self._earliest = self._round_begins_at
        self._clock.move_to(self._round_begins_at - 1)
        while self._asked:
            asked, self._asked = self._asked, []
            replies = await asyncio.gather(*(answer for _, answer in asked))
            for (story, _), reply in zip(asked, replies, strict=True):
                self._go_on(story, reply)

    async def _do_duties(self) -> None:
        """What a server does by itself: react, ring, drop what is kept only for a while."""
        house, now = self._house, self.now
        if self.facts["player.erased"] > self._reacted_to:
            self._reacted_to = self.facts["player.erased"]
            while not await house.reactions.step():
                pass
        while await house.timers.ring_due() == AT_ONCE:
            pass
        if now % DAY_MS == 0:
            await asyncio.to_thread(
                house.log.forget,
                idle_before=now - IDLE_KEPT_MS,
                issues_before=now - ISSUE_KEPT_MS,
            )

    def _go_on(self, story: Story, reply: Reply | None) -> None:
        with suppress(StopIteration):
            wish = next(story) if reply is None else story.send(reply)
            if isinstance(wish, Act):
                self._asked.append((story, self._submit(wish)))
                self.commands += 1
            else:
                self.begin(story, wish)

    def _submit(self, act: Act) -> asyncio.Future[Reply]:
        if act.kind == "player.register":
            return self._house.intake.register(act.by, PlayerRegister(**act.fields))  # type: ignore[arg-type]  # by name
        return self._house.intake.command(
            PlayerId(act.by),
            address=act.by,  # everybody is at home
            command_id=self._clock.new_id(),
            kind=act.kind,
            squad=act.squad,
            fields=act.fields,
            arrived_at=self._clock.now(),
        )

    def _count(self, facts: Sequence[Recorded[Fact]]) -> None:
        self.last_seq = facts[-1].seq
        self.facts.update(name_of(type(recorded.fact)) for recorded in facts)


@asynccontextmanager
async def open_world(folder: Path, seed: int) -> AsyncIterator[World]:
    """A world that begins at ``START``, in a folder that has no log yet."""
    chance = Random(seed)
    settings = Settings(data_dir=str(folder))
    secret = _move_in(folder, chance)
    clock = VirtualClock(START, chance)
    async with AsyncExitStack() as stack:
        log = open_log(settings)
        stack.callback(log.close)
        keys = open_keys(settings)
        stack.callback(keys.close)
        tools = Tools(clock, keys, secret, settings.ruleset)
        commands = GroupCommit(log, keys, tools, settings.queue_limit)
        stack.callback(commands.close)
        running = asyncio.create_task(commands.run())
        stack.push_async_callback(asyncio.wait, [running])
        stack.callback(running.cancel)
        house = House(
            log=log,
            tools=tools,
            commands=commands,
            intake=Intake(commands, tools, settings, clock),
            timers=Timers(log, commands, clock),
            reactions=Reactions(log, commands, keys, clock, lambda _player: None),
        )
        yield World(house, clock, chance)


def _move_in(folder: Path, chance: Random) -> Secret:
    """Make the folder and its secret: it guards nobody's words, and the seed makes it again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_bytes(chance.randbytes(32))
    return load_secret(None, folder)
