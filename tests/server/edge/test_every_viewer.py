"""The law of snapshots and INV-C4 for every kind of viewer, over the wire.

Four people; whoever is in the squad follows it, whoever is put out stops, whoever comes in or comes
back follows anew, with nothing or from zero. After every step each of them has what a snapshot of
that number would hold.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.audience import sights
from domain.dares.events import AboutDare
from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import MemberJoined, MemberLeft
from projections.squad_view import SquadView, fold
from server.live.catch_up import needs_snapshot, view_of
from tests.projections.folding import restored
from tests.server.edge.histories import KINDS, PROPERTY, History, Step, body_of, seen_in
from tests.server.world import Client, Message, World, decoded, one_event, running, until

HANDLES = ("Maya", "Sam", "Kim", "Lee")
"""The first three are members from the start."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from((*KINDS, "join", "request", "approve", "leave", "kick", "erase")),
        st.integers(0, 3),
        st.integers(0, 9),
    ),
    max_size=25,
)
STORY: list[Step] = [
    ("dare", 0, 1),
    ("accept", 1, 0),
    ("start", 1, 0),
    ("report", 1, 0),
    ("cheer", 2, 0),
    ("dare", 0, 1),
    ("decline", 1, 0),
    ("join", 3, 0),
    ("words", 3, 0),
    ("withdraw", 3, 0),
    ("words", 2, 1),
    ("leave", 2, 0),
    ("self", 0, 0),
    ("join", 2, 0),
    ("kick", 0, 1),
    ("policy", 0, 1),
    ("invite", 0, 0),
    ("request", 1, 0),
    ("approve", 0, 1),
    ("dare", 1, 0),
    ("ban", 0, 2),
    ("erase", 1, 0),
    ("words", 3, 0),
]
"""Every kind of viewer, whatever chance brings."""


class Viewer:
    """One person's connection, and what a client has by folding what comes."""

    def __init__(self, world: World, player: PlayerId, kind: str) -> None:
        self.player = player
        self.kind = kind
        self.client = Client(world, player)
        self.view = SquadView()
        self.n = 0
        self.is_out = False
        self.audiences: set[str] = set()
        self._read = 0

    def read(self, squad: str) -> None:
        """Take in what has come: a snapshot replaces, the next event is folded."""
        frames = self.client.far_end.frames
        while self._read < len(frames):
            message = decoded(frames[self._read])
            self._read += 1
            if message.get("s") != squad:
                continue
            if message["t"] == "snap":
                self.view, self.n = restored(message["b"]), message["n"]
            if message["t"] == "out":
                self.is_out = True
            for event in _events(message):
                assert event["n"] == self.n + 1, "in order, without a gap or a duplicate"
                self.n += 1
                seen = seen_in(event)
                if seen is not None:
                    fold(self.view, seen)


class Watched:
    """A history, and whoever watches it."""

    def __init__(self, world: World, history: History) -> None:
        self.world = world
        self.history = history
        self.viewers: list[Viewer] = []
        self._is_from_zero = False

    async def go(self, step: Step) -> None:
        """One more step; then everybody has what they may have."""
        await self.history.go(step)
        await self.check()

    async def check(self) -> None:
        """Let in whoever is a member, wait until all are at the head, and compare."""
        squad, world = self.history.squad, self.world
        room = world.hub._rooms.get(squad)
        members = self.history.players[:3] if room is None else room.members
        for player in sorted(members):
            if not any(v.player == player and not v.is_out for v in self.viewers):
                await self._follow(player)
        room = world.hub._rooms[squad]
        await until(lambda: all(c.is_abreast for c in room.cursors))
        for viewer in [viewer for viewer in self.viewers if not viewer.is_out]:
            before = viewer.n
            # After an erasure a snapshot without the name comes a little later than the facts.
            await until(partial(self._has_all, viewer))
            facts = world.facts(squad)
            viewer.audiences |= {_audience(r.fact, viewer.player) for r in facts[before : viewer.n]}
            if viewer.is_out:
                viewer.client.session.lost()

    def _has_all(self, viewer: Viewer) -> bool:
        """Whether a viewer has what a fresh snapshot would give them."""
        squad = self.history.squad
        facts = self.world.facts(squad)
        viewer.read(squad)
        if viewer.is_out and _is_erased(facts, viewer.player):
            return True  # what they knew is theirs to forget: nobody sends them a newer view
        snapped = view_of(facts[: viewer.n], squad, viewer.player, self.world.keys.open)
        is_at_head = viewer.is_out or viewer.n == len(facts)
        return is_at_head and body_of(viewer.view) == body_of(snapped)

    async def _follow(self, player: PlayerId) -> None:
        facts = self.world.facts(self.history.squad)
        viewer = Viewer(self.world, player, _kind(facts, player))
        self.viewers.append(viewer)
        self._is_from_zero = not self._is_from_zero
        await viewer.client.follow(self.history.squad, 0 if self._is_from_zero else None)


def _is_erased(facts: Sequence[Recorded[Fact]], player: PlayerId) -> bool:
    """Whether somebody has left because they were erased."""
    left = [r.fact for r in facts if isinstance(r.fact, MemberLeft) and r.fact.player == player]
    return any(fact.by is None for fact in left)


def _events(message: Message) -> list[Message]:
    if message["t"] == "ev":
        return [message]
    rows = message["b"] if message["t"] == "evs" else []
    return [one_event(message["s"], n, row) for n, row in enumerate(rows, message.get("n", 0))]


def _kind(facts: Sequence[Recorded[Fact]], player: PlayerId) -> str:
    """How somebody came to be in a squad."""
    joins = [r for r in facts if isinstance(r.fact, MemberJoined) and r.fact.player == player]
    if len(joins) > 1:
        return "back again, let in" if joins[-1].fact.by != player else "back again"
    return "there from the start" if joins[0].n <= 6 else "newcomer"


def _audience(fact: Fact, player: PlayerId) -> str:
    if not isinstance(fact, AboutDare):
        return "squad"
    shown = sights(fact)  # type: ignore[arg-type]  # of one squad
    return {shown.self_id: "self", shown.party_id: "party"}.get(player, "squad")


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    """A squad of three whom somebody else may join."""
    async with running(connections_per_player=1_000) as world:
        squad, players = await world.squad_of(*HANDLES[:3])
        players = [*players, await world.register(HANDLES[3])]
        code = await world.invite(players[0], squad, max_uses=20)
        yield Watched(world, History(world, squad, players, code, HANDLES))


@PROPERTY
@given(steps=STEPS)
@example(steps=STORY)
def test_wire_law_holds_for_every_viewer_after_every_step(steps: list[Step]) -> None:
    """Members from the start, newcomers, those who are back or were let in, and leavers to their
    last number; through erasures, too."""

    async def play() -> None:
        async with watched() as one:
            await one.check()
            for step in steps:
                await one.go(step)

    asyncio.run(play())


def test_the_story_has_every_kind_of_viewer() -> None:
    """So that the law above is not about some of them only."""

    async def play() -> Watched:
        async with watched() as one:
            await one.check()
            for step in STORY:
                await one.go(step)
            return one

    one = asyncio.run(play())
    whys = {m["why"] for viewer in one.viewers for m in viewer.client.of("out")}

    assert {viewer.kind for viewer in one.viewers} == {
        "there from the start",
        "newcomer",
        "back again",
        "back again, let in",
    }
    assert whys == {"left", "kicked", "banned"}
    assert {a for viewer in one.viewers for a in viewer.audiences} == {"self", "party", "squad"}


@settings(PROPERTY, max_examples=6)
@given(steps=STEPS)
@example(steps=STORY)
def test_inv_c4_every_member_resumes_from_every_number(steps: list[Step]) -> None:
    """From the ring and from the log: exactly the missing suffix of their own frames, or a
    snapshot for a number that is none, or older than an erasure."""

    async def play() -> None:
        async with watched() as one:
            await one.check()
            for step in steps:
                await one.history.go(step)
            squad, world = one.history.squad, one.world
            room, facts = world.hub._rooms[squad], world.facts(squad)
            for player in sorted(room.members):
                for n in range(len(facts) + 2):
                    for is_cold in (False, True):
                        if is_cold:
                            room.ring.clear()
                        await _resumes(world, squad, player, n)

    asyncio.run(play())


async def _resumes(world: World, squad: str, player: PlayerId, n: int) -> None:
    room, facts = world.hub._rooms[squad], world.facts(squad)
    viewer = Viewer(world, player, "")
    await viewer.client.follow(squad, n)
    viewer.n = n
    viewer.view = view_of(facts[:n], squad, player, world.keys.open)
    viewer.read(squad)
    viewer.client.session.lost()
    is_snapped = needs_snapshot(n, len(facts)) or n < room.forgotten_at

    assert (viewer.n, len(viewer.client.of("snap"))) == (len(facts), int(is_snapped))
    assert body_of(viewer.view) == body_of(view_of(facts, squad, player, world.keys.open))
