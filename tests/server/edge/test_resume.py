"""Resuming, on histories that nobody thought of: P3, INV-C4 and the law of snapshots."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import PlayerId
from projections.squad_view import SquadView, fold
from server.live.catch_up import view_of
from tests.server.edge.histories import HANDLES, PROPERTY, STEPS, History, Step, body_of, seen_in
from tests.server.world import Client, Message, World, running


async def _history(world: World) -> History:
    squad, players = await world.squad_of(*HANDLES)
    return History(world, squad, players, await world.invite(players[0], squad, max_uses=20))


@PROPERTY
@given(steps=STEPS)
def test_wire_law_a_snapshot_is_the_fold_of_the_viewers_frames(steps: list[Step]) -> None:
    """LAW: ``snap(n)`` equals the fold of frames 1..n, for every viewer and every n.

    The frames are those that each viewer was sent live or when catching up.
    """

    async def play() -> None:
        async with running() as world:
            history = await _history(world)
            squad = history.squad
            live = [Client(world, player) for player in history.players]
            for client in live:
                await client.follow(squad, 0)
            for step in steps:
                await history.go(step)
            facts = world.facts(squad)
            for client in live:
                events = [event for event in client.events(squad) if event is not None]
                _holds(world, facts, squad, client.player, events)

    asyncio.run(play())


def _holds(
    world: World, facts: Sequence[object], squad: str, viewer: PlayerId, events: list[Message]
) -> None:
    folded = SquadView()
    for n, event in enumerate(events, 1):
        assert event["n"] == n
        seen = seen_in(event)
        if seen is not None:
            fold(folded, seen)
        snapped = view_of(facts[:n], squad, viewer, world.keys.open)  # type: ignore[arg-type]  # of one squad

        assert body_of(folded) == body_of(snapped)


@PROPERTY
@given(steps=STEPS)
def test_wire_law_a_snapshot_from_the_wire_is_what_was_seen_live(steps: list[Step]) -> None:
    """Whoever comes with nothing has what those have who were there all along."""

    async def play() -> None:
        async with running() as world:
            history = await _history(world)
            squad = history.squad
            live = Client(world, history.players[1])
            await live.follow(squad, 0)
            for step in steps:
                await history.go(step)
            if live.of("out"):
                return
            late = Client(world, history.players[1])
            await late.follow(squad, None)
            folded = SquadView()
            for event in live.events(squad):
                seen = None if event is None else seen_in(event)
                if seen is not None:
                    fold(folded, seen)

            assert late.of("snap")[0]["b"] == body_of(folded)

    asyncio.run(play())


@PROPERTY
@given(steps=STEPS)
def test_live_and_catching_up_bring_the_same_events(steps: list[Step]) -> None:
    """A frame is a function of the stored event and the audience, and of nothing else."""

    async def play() -> None:
        async with running() as world:
            history = await _history(world)
            squad = history.squad
            live = Client(world, history.players[0])
            await live.follow(squad, 0)
            for step in steps:
                await history.go(step)
            if live.of("out"):
                return
            world.hub._rooms.clear()  # so that it is read from the log
            late = Client(world, history.players[0])
            await late.follow(squad, 0)

            assert late.events(squad) == live.events(squad)

    asyncio.run(play())


INTERRUPTIONS = st.lists(st.sampled_from(["pause", "resume", "cut", "cold", "none"]), max_size=25)


@PROPERTY
@given(steps=STEPS, interruptions=INTERRUPTIONS, start=st.integers(0, 9))
def test_inv_c4_resuming_from_any_number_brings_exactly_the_missing_suffix(
    steps: list[Step], interruptions: list[str], start: int
) -> None:
    """Once each, in order, through pauses and cuts; or a snapshot that holds the start."""

    async def play() -> None:
        async with running() as world:
            history = await _history(world)
            squad, owner = history.squad, history.players[0]
            first_head = len(world.facts(squad))
            client = Client(world, owner)
            await client.follow(squad, start)
            came: list[Message | None] = []
            for i, step in enumerate(step for step in steps if step[0] != "leave"):
                match interruptions[i] if i < len(interruptions) else "none":
                    case "pause":
                        client.pause()
                    case "resume":
                        client.resume()
                    case "cut":
                        came += client.events(squad)
                        have = _have(came, client, min(start, first_head))
                        client.session.lost()
                        client = Client(world, owner)
                        await client.hello({squad: have})
                    case "cold":
                        world.hub._rooms = type(world.hub._rooms)(
                            {s: r for s, r in world.hub._rooms.items() if r.cursors}
                        )
                    case _:
                        pass
                await history.go(step)
            client.resume()
            head = len(world.facts(squad))
            await client.reach(squad, head) if _have(
                came, client, min(start, first_head)
            ) < head else None
            came += client.events(squad)
            numbers = [None if event is None else event["n"] for event in came]

            if start <= first_head:
                assert numbers == list(range(start + 1, head + 1))
            else:
                assert numbers[0] is None
                assert numbers[1:] == list(range(first_head + 1, head + 1))

    asyncio.run(play())


def _have(came: Sequence[Message | None], client: Client, start: int) -> int:
    """The last number that a client with this past has."""
    numbers: list[int] = [event["n"] for event in came if event is not None]
    snapped: list[int] = [message["n"] for message in client.of("snap")]
    return max([start, *numbers, *snapped])
