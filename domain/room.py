"""A squad's stream, whole: who belongs to it and what they dare each other.

This is the one door to everything that a squad's members may see happen. It composes
``squads``, ``dares`` and ``cheers``, lets time do its part first, and decides for exactly one
stream.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain import cheers as cheer_rules
from domain.cheers import CheerGiven, Cheers, GiveCheer
from domain.dares import decide as dare_rules
from domain.dares.commands import (
    AcceptDare,
    BailDare,
    CorrectDare,
    DareCommand,
    DeclineDare,
    IssueDare,
    ReportDare,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import AboutDare, DareFact, DareReported
from domain.dares.state import Dares
from domain.dares.state import evolve as evolve_dares
from domain.ids import SECOND_MS, DareId, Millis
from domain.squads import decide as squad_rules
from domain.squads.commands import (
    ApproveRequest,
    ArchiveSquad,
    BanMember,
    CancelRequest,
    ChangeRole,
    ChangeSettings,
    CloseWeek,
    CreateSquad,
    DeclineRequest,
    ForgetMember,
    IssueInvite,
    JoinSquad,
    KickMember,
    LeaveSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
    SquadCommand,
    UnbanMember,
)
from domain.squads.events import SquadFact, SquadSettingsChanged
from domain.squads.state import Squad, note_report
from domain.squads.state import evolve as evolve_squad
from domain.weeks import WeekId

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


class WeekAlarm(Struct, frozen=True):
    """When to close a week; ``rings_at`` None means never."""

    week: WeekId
    rings_at: Millis | None


RoomFact = SquadFact | DareFact | CheerGiven
RoomCommand = SquadCommand | DareCommand | GiveCheer | RingTimer


class Room(Struct, kw_only=True):
    """A squad's stream so far: a fold in progress, changed in place by ``evolve`` alone."""

    squad: Squad = field(default_factory=Squad)
    dares: Dares = field(default_factory=Dares)
    cheers: Cheers = field(default_factory=dict)
    last_at: Millis = 0

    def copy(self) -> "Room":
        """A room that can go its own way."""
        return Room(
            squad=self.squad.copy(),
            dares=self.dares.copy(),
            cheers=dict(self.cheers),
            last_at=self.last_at,
        )


def evolve(room: Room, fact: RoomFact) -> None:
    """Apply one more fact to the room, in place."""
    room.last_at = fact.at
    if isinstance(fact, AboutDare):
        evolve_dares(room.dares, fact)
        if isinstance(fact, DareReported):
            note_report(room.squad, fact.week)
    elif isinstance(fact, CheerGiven):
        cheer_rules.evolve(room.cheers, fact)
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


def week_alarms(room: Room, weeks: Iterable[WeekId]) -> tuple[WeekAlarm, ...]:
    """When to close these weeks, as the room is now."""
    answer = []
    for week in dict.fromkeys(weeks):
        closes_at = room.squad.calendar.closes_at(week) + CLOSING_DELAY_MS
        answer.append(WeekAlarm(week, closes_at if week in room.squad.open_weeks else None))
    return tuple(answer)


def dares_in(facts: Iterable[RoomFact]) -> tuple[DareId, ...]:
    """The dares that some facts are about, each once."""
    return tuple(dict.fromkeys(fact.dare for fact in facts if isinstance(fact, AboutDare)))


def weeks_in(room: Room, facts: Iterable[RoomFact]) -> tuple[WeekId, ...]:
    """The weeks whose closing some facts may have moved, each once."""
    weeks: dict[WeekId, None] = {}
    for fact in facts:
        if isinstance(fact, DareReported):
            weeks[fact.week] = None
        elif isinstance(fact, SquadSettingsChanged) and fact.tz is not None:
            weeks |= room.squad.open_weeks
    return tuple(weeks)


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


def _decide(room: Room, command: SquadCommand | DareCommand | GiveCheer) -> tuple[RoomFact, ...]:
    if isinstance(command, SquadCommand):
        return _of_squad(room, command)
    if isinstance(command, GiveCheer):
        return cheer_rules.give(room.cheers, room.dares, room.squad, command)
    return _of_dare(room, command)


def _of_squad(room: Room, command: SquadCommand) -> tuple[RoomFact, ...]:
    squad, dares, at = room.squad, room.dares, command.at
    match command:
        case CreateSquad():
            return squad_rules.create(squad, command)
        case RenameSquad():
            return squad_rules.rename(squad, command)
        case ChangeSettings():
            return squad_rules.change_settings(squad, command)
        case ArchiveSquad(by=by):
            ended = squad_rules.archive(squad, by, at)
            return (*dare_rules.end_all(dares, at, by), *ended)
        case IssueInvite():
            return squad_rules.invite(squad, command)
        case RevokeInvite():
            return squad_rules.revoke(squad, command)
        case JoinSquad():
            return squad_rules.join(squad, command)
        case RequestJoin():
            return squad_rules.request(squad, command)
        case CancelRequest(by=by):
            return squad_rules.cancel(squad, by, at)
        case ApproveRequest():
            return squad_rules.approve(squad, command)
        case DeclineRequest():
            return squad_rules.decline_request(squad, command)
        case LeaveSquad(by=by):
            left = squad_rules.leave(squad, by, at, by)
            return (*dare_rules.end_all_of(dares, by, at, by), *left)
        case KickMember(by=by, player=player):
            kicked = squad_rules.kick(squad, by, player, at)
            return (*dare_rules.end_all_of(dares, player, at, by), *kicked)
        case BanMember(by=by, player=player):
            banned = squad_rules.ban(squad, command)
            return (*dare_rules.end_all_of(dares, player, at, by), *banned)
        case UnbanMember(by=by, player=player):
            return squad_rules.unban(squad, by, player, at)
        case ChangeRole():
            return squad_rules.change_role(squad, command)
        case ForgetMember(player=player):
            forgotten = squad_rules.forget(squad, player, at)
            return (*dare_rules.end_all_of(dares, player, at, None), *forgotten)
        case CloseWeek():
            return squad_rules.close_week(squad, command)
        case _:
            assert_never(command)


def _of_dare(room: Room, command: DareCommand) -> tuple[RoomFact, ...]:
    squad, dares = room.squad, room.dares
    match command:
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
        case CorrectDare():
            return dare_rules.correct(dares, squad, command)
        case _:
            assert_never(command)
