"""A squad's stream, whole: who belongs to it and what they dare each other.

This is the one door to everything that a squad's members may see happen. It composes
``squads`` and ``dares``, lets time do its part first, and decides for exactly one stream.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.dares import decide as dare_rules
from domain.dares.commands import (
    AcceptDare,
    BailDare,
    DareCommand,
    DeclineDare,
    IssueDare,
    ReportDare,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import AboutDare, DareFact
from domain.dares.state import Dares
from domain.dares.state import evolve as evolve_dares
from domain.ids import SECOND_MS, DareId, Millis
from domain.squads import decide as squad_rules
from domain.squads.commands import CreateSquad, IssueInvite, JoinSquad, LeaveSquad, SquadCommand
from domain.squads.events import SquadFact
from domain.squads.state import Squad
from domain.squads.state import evolve as evolve_squad

CLOSING_DELAY_MS = 5 * SECOND_MS
"""Timers that close something fire this much after the deadline, so that what arrived in time is
committed first; the deadline itself does not move (INV-D7)."""


class RingTimer(Struct, frozen=True, kw_only=True):
    """The system's command: see what time has done to one dare. ``by`` is nobody."""

    at: Millis
    dare: DareId


class Alarm(Struct, frozen=True):
    """When to look at a dare again; ``rings_at`` None means never."""

    dare: DareId
    rings_at: Millis | None


RoomFact = SquadFact | DareFact
RoomCommand = SquadCommand | DareCommand | RingTimer


class Room(Struct, kw_only=True):
    """A squad's stream so far: a fold in progress, changed in place by ``evolve`` alone."""

    squad: Squad = field(default_factory=Squad)
    dares: Dares = field(default_factory=Dares)
    last_at: Millis = 0

    def copy(self) -> "Room":
        """A room that can go its own way."""
        return Room(squad=self.squad.copy(), dares=self.dares.copy(), last_at=self.last_at)


def evolve(room: Room, fact: RoomFact) -> None:
    """Apply one more fact to the room, in place."""
    room.last_at = fact.at
    if isinstance(fact, AboutDare):
        evolve_dares(room.dares, fact)
    else:
        evolve_squad(room.squad, fact)


def decide(room: Room, command: RoomCommand) -> tuple[RoomFact, ...]:
    """The facts that a command leads to, in order; perhaps none.

    The room is seen as if every timer due by ``arrived_at`` had fired, in due order (INV-D7);
    those facts are the timers' own and are not among the answer.

    Raises:
        Refusal: when the rules do not allow the command.
    """
    if isinstance(command, RingTimer):
        facts = _rung(room, command)
    else:
        facts = _decide(as_of(room, command.at), command)
    if command.at >= room.last_at:
        return facts
    # The clock was set back: deadlines compare arrival, but the order of a stream stands (§0).
    return tuple(replace(fact, at=room.last_at) for fact in facts)


def as_of(room: Room, at: Millis) -> Room:
    """The room as time alone has made it by ``at``: the same one when nothing is due."""
    facts = _due(room, at)
    if not facts:
        return room
    seen = room.copy()
    while facts:
        for fact in facts:
            evolve(seen, fact)
        facts = _due(seen, at)
    return seen


def alarms(room: Room, dares: Iterable[DareId]) -> tuple[Alarm, ...]:
    """When to look at these dares again, as the room is now."""
    answer = []
    for dare_id in dict.fromkeys(dares):
        dare = room.dares.by_id.get(dare_id)
        deadline = None if dare is None else dare.deadline
        answer.append(Alarm(dare_id, None if deadline is None else deadline + CLOSING_DELAY_MS))
    return tuple(answer)


def dares_in(facts: Iterable[RoomFact]) -> tuple[DareId, ...]:
    """The dares that some facts are about, each once."""
    return tuple(dict.fromkeys(fact.dare for fact in facts if isinstance(fact, AboutDare)))


def _due(room: Room, at: Millis) -> list[DareFact]:
    """The next fact of each dare whose time has come, in due order (ties by id)."""
    dares = [room.dares.by_id[dare] for dare in room.dares.live]
    late = sorted(
        (dare.deadline, dare.dare) for dare in dares if dare.deadline and dare.deadline <= at
    )
    facts = (dare_rules.due(room.dares.by_id[dare], at) for _, dare in late)
    return [fact for fact in facts if fact is not None]


def _rung(room: Room, command: RingTimer) -> tuple[RoomFact, ...]:
    seen, facts = room, []
    while (dare := seen.dares.by_id.get(command.dare)) is not None:
        fact = dare_rules.due(dare, command.at)
        if fact is None:
            break
        if seen is room:
            seen = room.copy()
        evolve(seen, fact)
        facts.append(fact)
    return tuple(facts)


def _decide(room: Room, command: SquadCommand | DareCommand) -> tuple[RoomFact, ...]:
    squad, dares = room.squad, room.dares
    match command:
        case CreateSquad():
            return squad_rules.create(squad, command)
        case IssueInvite():
            return squad_rules.invite(squad, command)
        case JoinSquad():
            return squad_rules.join(squad, command)
        case LeaveSquad():
            left = squad_rules.leave(squad, command.by, command.at)
            return (*dare_rules.withdraw_all_of(dares, command.by, command.at), *left)
        case IssueDare():
            return dare_rules.issue(dares, squad, command)
        case AcceptDare():
            return dare_rules.accept(dares, squad, command)
        case DeclineDare():
            return dare_rules.decline(dares, squad, command)
        case StartDare():
            return dare_rules.start(dares, squad, command)
        case BailDare():
            return dare_rules.bail(dares, squad, command)
        case WithdrawDare():
            return dare_rules.withdraw(dares, squad, command)
        case ReportDare():
            return dare_rules.report(dares, squad, command)
        case _:
            assert_never(command)
