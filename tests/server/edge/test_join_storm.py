"""A storm on one invite: far more people than seats, all at one moment, over real sockets."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import msgspec
import pytest

from domain.facts import Fact
from domain.room import Room, RoomFact, evolve
from domain.squads.events import MemberJoined
from projections.squad_view import Seen, SquadView, fold
from server.eventlog.mapper import recorded
from tests.server.serving import Guest, Socket, fresh_id, serving
from tests.server.world import Message, one_event

GUESTS, SEATS = 120, 50


async def join(socket: Socket, code: str) -> Message:
    """The answer to a command that is sent twice, as by somebody who is nervous."""
    command_id = fresh_id()
    for _ in range(2):
        await socket.say("cmd", id=command_id, k="squad.join", b={"code": code})
    answers: list[Message] = []
    while len(answers) < 2:
        answer = msgspec.msgpack.decode(await socket.connection.recv(decode=False))
        if answer.get("id") == command_id:
            answers.append(answer)
    first, second = ({**answer, "dup": None} for answer in answers)
    assert first == second
    return answers[0]


async def seen_roster(guest: Guest, squad: str, head: int) -> set[str]:
    """Who is in a squad by the fold of what one of its members is sent, from the beginning."""
    view = SquadView()
    async with guest.socket({squad: 0}) as socket:
        await socket.hear("live", s=squad)
        for said in socket.heard:
            if said.get("s") != squad or said["t"] not in ("ev", "evs"):
                continue
            rows = [said] if said["t"] == "ev" else []
            if said["t"] == "evs":
                rows = [one_event(squad, n, row) for n, row in enumerate(said["b"], said["n"])]
            for row in rows:
                if "k" in row:
                    fold(view, seen_of(row))
    assert head == max(said["n"] for said in socket.heard if said["t"] == "live")
    return set(view.roster)


def seen_of(event: Message) -> Seen:
    """An ``ev`` in the form that the server folds."""
    return (event["n"], event["k"], event["at"], event.get("u"), event.get("c"), event["b"])


@pytest.mark.slow
async def test_inv_s1_in_a_storm_exactly_the_seats_are_taken(tmp_path: Path) -> None:
    """Nobody twice, nobody beyond; everybody else is told so, and all see the same squad."""
    async with serving(tmp_path) as served, AsyncExitStack() as stack:
        owner = await stack.enter_async_context(served.guest("Owner"))
        squad = await owner.squad()
        await owner.do("squad.settings", squad, size=SEATS)
        code = (await owner.do("squad.invite", squad, max_uses=SEATS))["b"]["code"]
        guests = [await stack.enter_async_context(served.guest()) for _ in range(GUESTS)]
        sockets = [await stack.enter_async_context(guest.socket()) for guest in guests]
        answers = await asyncio.gather(*(join(socket, code) for socket in sockets))

        stored = served.services.log.read_stream(f"squad-{squad}")
        facts = [fact.fact for fact in recorded(stored)]
        joined = [fact.player for fact in facts if isinstance(fact, MemberJoined)]
        in_by_answer = {g.player for g, a in zip(guests, answers, strict=True) if a["t"] == "ack"}
        codes = [answer["c"] for answer in answers if answer["t"] == "err"]
        members = [owner, *(guest for guest in guests if guest.player in in_by_answer)]
        rosters = [await seen_roster(member, squad, len(facts)) for member in members]

    assert ["SQUAD_FULL"] * (GUESTS - SEATS + 1) == codes
    assert {owner.player, *in_by_answer} == {*joined}
    assert (SEATS, SEATS) == (len(joined), len({*joined}))
    assert most_members(facts) == SEATS
    assert [{*joined}] * SEATS == rosters


def most_members(facts: Sequence[Fact]) -> int:
    """The most members that a squad ever had."""
    room, most = Room(), 0
    for fact in facts:
        evolve(room, cast(RoomFact, fact))
        most = max(most, len(room.squad.members))
    return most
