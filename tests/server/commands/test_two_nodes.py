"""INV-S1 to S4, S7, C1, C2 under real concurrency: two writers on one log, people all at once.

Each round several people send a command each, to one node or to both under one id; both nodes
hold states of their own, so every round meets conflicts. Afterwards the log alone is asked.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from domain.facts import Fact
from domain.ids import PlayerId
from domain.refusals import RefusalCode
from domain.room import Room, RoomFact, evolve
from domain.squads.events import (
    InviteIssued,
    JoinRequested,
    MemberBanned,
    MemberJoined,
    MemberKicked,
    MemberUnbanned,
    Role,
    RoleChanged,
)
from loadtests.cluster.postgres import Postgres
from server.commands.submission import Done, Refused, Reply
from server.edge.intake import Intake
from server.eventlog.log import Log
from server.eventlog.memory import MemoryLog
from server.eventlog.postgres import PostgresLog
from server.eventlog.sqlite import SQLiteLog
from tests.domain import profile
from tests.server.world import World, done, running, second_node

profile.load()

HANDLES = ("Ana", "Ben", "Cleo", "Dan", "Eve", "Fay")
SEATS = 10
RANK = {Role.MEMBER: 0, Role.CAPTAIN: 1, Role.OWNER: 2}
_numbers = count()


class Sent(Struct, frozen=True):
    """A command, the id under which it was sent, and the answer of each node that got it."""

    squad: str
    command_id: str
    replies: Sequence[Reply]


class Evening:
    """Two squads of three to five seats, six people, and a person with one seat left."""

    def __init__(self, world: World, other: Intake) -> None:
        self.world = world
        self.nodes = (world.intake, other)
        self.people: list[PlayerId] = []
        self.squads: list[str] = []
        self.codes: list[str] = []

    async def begin(self) -> None:
        """Ana's squad lets people in by code, Ben's by asking; Fay has been in nine others."""
        self.people = [await self.world.register(handle) for handle in HANDLES]
        ana, ben, *_, fay = self.people
        for owner, policy in ((ana, "CODE"), (ben, "APPROVAL")):
            squad = await self.world.create_squad(owner)
            self.codes.append(await self.world.invite(owner, squad, max_uses=8))
            body = {"size": 3, "join_policy": policy}
            done(await self.world.do(owner, "squad.settings", body, squad=squad))
            self.squads.append(squad)
        for number in range(SEATS - 1):
            await self.world.create_squad(fay, f"Squad {number}")

    async def round(self, numbers: Sequence[int]) -> list[Sent]:
        """What everybody sent at once, with its answers."""
        return list(await asyncio.gather(*(self._send(Random(number)) for number in numbers)))

    async def _send(self, chance: Random) -> Sent:
        which = chance.randrange(2)
        squad, code = self.squads[which], self.codes[which]
        by, whom = chance.choice(self.people), chance.choice(self.people)
        kind = chance.choice(KINDS)
        if kind in BY_LEADERS and chance.random() < 0.8:
            by = self.people[which]  # who owned it in the beginning
        body = KINDS_WITH[kind](chance, code, whom)
        named = None if kind in ("squad.join", "squad.request") else squad
        nodes = chance.choice((self.nodes[:1], self.nodes[1:], self.nodes))
        command_id = f"03{next(_numbers):024d}"

        def send(node: Intake) -> "asyncio.Future[Reply]":
            return self.world.submit(by, kind, body, squad=named, command_id=command_id, by=node)

        replies = await asyncio.gather(*(answered(send, node) for node in nodes))
        return Sent(squad, command_id, replies)

    # What holds after each round

    def check_squads(self) -> None:
        """INV-S1 to S4 and S7, fact by fact, and INV-C4."""
        for squad in self.squads:
            recorded = self.world.facts(squad)

            assert [one.n for one in recorded] == list(range(1, len(recorded) + 1))
            room = Room()
            for one in recorded:
                check_step(room, one.fact)
                take(room, one.fact)
                is_founded = one.n > 1 and not room.squad.is_archived
                roles = [member.role for member in room.squad.members.values()]

                assert not is_founded or 0 < len(roles) <= room.squad.size
                assert not is_founded or roles.count(Role.OWNER) == 1

    def check_claims(self) -> None:
        """Seats are those of the members and never more than ten; so are places of who asks."""
        rooms = {squad: self.room(squad) for squad in self.squads}
        for player in self.people:
            seats = self.world.log.find_claims_under("seat", player)
            asked = self.world.log.find_claims_under("request", player)
            others = [claim.owner for claim in seats if claim.owner not in rooms]

            assert len(seats) <= SEATS
            assert sorted(claim.owner for claim in seats if claim.owner in rooms) == sorted(
                squad for squad, room in rooms.items() if player in room.squad.members
            )
            assert len(others) == (SEATS - 1 if player == self.people[-1] else 0)
            assert sorted(claim.owner for claim in asked) == sorted(
                squad for squad, room in rooms.items() if player in room.squad.requests
            )

    def check_answers(self, sent: Sequence[Sent]) -> None:
        """INV-C1: appended once and answered alike; INV-C2: a no appended nothing."""
        for one in sent:
            places = [f for f in self.world.facts(one.squad) if f.command == one.command_id]
            n = places[-1].n if places else None
            q = places[-1].seq if places else None

            assert len({repr(same_but_dup(reply)) for reply in one.replies}) == 1
            assert sum(isinstance(r, Done) and not r.is_repeat for r in one.replies) <= 1
            for reply in one.replies:
                assert (n, q) == ((reply.n, reply.q) if isinstance(reply, Done) else (None, None))

    def room(self, squad: str) -> Room:
        """A squad as the log has it."""
        room = Room()
        for one in self.world.facts(squad):
            take(room, one.fact)
        return room


async def answered(send: Callable[[Intake], "asyncio.Future[Reply]"], node: Intake) -> Reply:
    """The answer; whoever is told BUSY sends the same again."""
    while True:
        reply = await send(node)
        if not (isinstance(reply, Refused) and reply.code is RefusalCode.BUSY):
            return reply


def check_step(room: Room, fact: Fact) -> None:
    """What one more fact may not do to a squad."""
    members, banned = room.squad.members, room.squad.banned
    if isinstance(fact, MemberJoined | JoinRequested):
        assert fact.player not in banned
        assert fact.player not in members
    elif isinstance(fact, MemberUnbanned):
        assert fact.player in banned
    elif isinstance(fact, MemberKicked | MemberBanned | RoleChanged) and fact.by is not None:
        done_to = members.get(fact.player)

        assert done_to is None or RANK[members[fact.by].role] > RANK[done_to.role]


def take(room: Room, fact: Fact) -> None:
    """Fold a squad's fact in."""
    assert isinstance(fact, RoomFact)
    evolve(room, fact)


def same_but_dup(reply: Reply) -> Reply:
    """A reply without the mark of a repeat."""
    if isinstance(reply, Refused):
        return reply
    return Done(squad=reply.squad, n=reply.n, q=reply.q, body=reply.body)


KINDS_WITH: dict[str, Callable[[Random, str, PlayerId], dict[str, object]]] = {
    "squad.join": lambda _, code, _w: {"code": code},
    "squad.request": lambda _, code, _w: {"code": code},
    "squad.approve": lambda _, _c, whom: {"player": whom},
    "squad.decline": lambda _, _c, whom: {"player": whom},
    "squad.kick": lambda _, _c, whom: {"player": whom},
    "squad.ban": lambda _, _c, whom: {"player": whom},
    "squad.unban": lambda _, _c, whom: {"player": whom},
    "squad.role": lambda chance, _c, whom: {"player": whom, "role": chance.choice(tuple(Role))},
    "squad.settings": lambda chance, _c, _w: {"size": chance.randrange(2, 6)},
    "squad.leave": lambda _, _c, _w: {},
    "squad.invite": lambda _, _c, _w: {},
}
BY_LEADERS = frozenset(KINDS_WITH) - {"squad.join", "squad.request", "squad.leave"}
KINDS = (
    *(5 * ("squad.join", "squad.request", "squad.approve")),
    *(2 * ("squad.ban", "squad.unban", "squad.leave", "squad.settings")),
    *KINDS_WITH,
)
"""Kinds by how often they are drawn."""


@asynccontextmanager
async def evening(log: Log, others: Log | None = None) -> AsyncIterator[Evening]:
    """The squads on one log, and two nodes that write to it."""
    async with running(log) as world, second_node(world, others) as other:
        evening = Evening(world, other)
        await evening.begin()
        yield evening


async def play(log: Log, rounds: Sequence[Sequence[int]], others: Log | None = None) -> None:
    """Round after round, and what holds after each."""
    async with evening(log, others) as one:
        for numbers in rounds:
            sent = await one.round(numbers)
            one.check_squads()
            one.check_claims()
            one.check_answers(sent)


rounds_of = st.lists(
    st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=8), min_size=3, max_size=10
)


@given(rounds_of)
@settings(max_examples=50)
def test_inv_s1_to_s7_hold_when_everybody_acts_at_once_on_two_nodes(
    rounds: list[list[int]],
) -> None:
    """With INV-C1, C2 and C4, on a log in memory."""
    asyncio.run(play(MemoryLog(), rounds))


@given(rounds_of)
@settings(max_examples=5)
def test_inv_s1_to_s7_hold_on_a_disk_too(rounds: list[list[int]]) -> None:
    """The same on SQLite."""
    with TemporaryDirectory() as folder:
        asyncio.run(play(SQLiteLog(Path(folder) / "gutsy.db"), rounds))


@given(rounds_of)
@settings(max_examples=10)
def test_inv_s1_to_s7_hold_in_postgres_too(postgres: Postgres, rounds: list[list[int]]) -> None:
    """The same, each node with connections of its own: nothing but the database is between them."""
    place = postgres.place()
    with closing(PostgresLog(place)) as others:
        asyncio.run(play(PostgresLog(place), rounds, others))


# Races that chance might miss


async def at_once(*sent: "asyncio.Future[Reply]") -> list[str]:
    """The code of each answer, or "yes"."""
    replies = await asyncio.gather(*sent)
    return sorted("yes" if isinstance(r, Done) else r.code.value for r in replies)


async def test_inv_s1_of_two_who_join_by_two_nodes_for_the_last_seat_one_is_in() -> None:
    """And the other is told that the squad is full."""
    async with evening(MemoryLog()) as one:
        world, (_, ben, cleo, dan, *_) = one.world, one.people
        done(await world.do(ben, "squad.join", {"code": one.codes[0]}))
        answers = await at_once(
            *(
                world.submit(who, "squad.join", {"code": one.codes[0]}, by=node)
                for who, node in zip((cleo, dan), one.nodes, strict=True)
            )
        )

        assert answers == ["SQUAD_FULL", "yes"]
        one.check_squads()


async def test_inv_s1_of_two_approvals_into_two_squads_one_takes_the_last_seat() -> None:
    """A person's seats are claims: exact over squads and nodes."""
    async with evening(MemoryLog()) as one:
        world, (ana, ben, *_, fay) = one.world, one.people
        for code in one.codes:
            done(await world.do(fay, "squad.request", {"code": code}))
        answers = await at_once(
            *(
                world.submit(who, "squad.approve", {"player": fay}, squad=squad, by=node)
                for who, squad, node in zip((ana, ben), one.squads, one.nodes, strict=True)
            )
        )

        assert answers == ["TOO_MANY_SQUADS", "yes"]
        one.check_claims()


async def test_inv_s3_a_ban_and_an_approval_at_once_never_leave_a_banned_member() -> None:
    """Whichever comes first."""
    async with evening(MemoryLog()) as one:
        world, (_, ben, cleo, *_) = one.world, one.people
        done(await world.do(cleo, "squad.request", {"code": one.codes[1]}))
        kinds = ("squad.ban", "squad.approve")
        await at_once(
            *(
                world.submit(ben, kind, {"player": cleo}, squad=one.squads[1], by=node)
                for kind, node in zip(kinds, one.nodes, strict=True)
            )
        )
        squad = one.room(one.squads[1]).squad

        assert (cleo in squad.members, cleo in squad.banned) == (False, True)
        one.check_claims()


async def test_inv_s7_of_a_join_and_a_smaller_size_at_once_one_is_refused() -> None:
    """So that nobody stands without a seat."""
    async with evening(MemoryLog()) as one:
        world, (ana, ben, cleo, *_) = one.world, one.people
        done(await world.do(ben, "squad.join", {"code": one.codes[0]}))
        answers = await at_once(
            world.submit(cleo, "squad.join", {"code": one.codes[0]}, by=one.nodes[0]),
            world.submit(ana, "squad.settings", {"size": 2}, squad=one.squads[0], by=one.nodes[1]),
        )

        assert answers in (["SQUAD_FULL", "yes"], ["WRONG_STATE", "yes"])
        one.check_squads()


async def test_inv_c1_an_invite_made_on_two_nodes_at_once_is_one_code() -> None:
    """Each node drew a code of its own; the one that was written first is told to both."""
    async with evening(MemoryLog()) as one:
        world, ana = one.world, one.people[0]
        replies = await asyncio.gather(
            *(
                world.submit(ana, "squad.invite", squad=one.squads[0], command_id="0" * 26, by=node)
                for node in one.nodes
            )
        )
        made = [f for f in world.facts(one.squads[0]) if isinstance(f.fact, InviteIssued)]

        assert (len({str(done(reply)["code"]) for reply in replies}), len(made)) == (1, 2)
