"""A squad's stream, whole: who belongs to it and what they dare each other.

This is the one door to everything that a squad's members may see happen. It composes
``squads``, ``dares``, ``battles`` and ``cheers``, lets time do its part first, and decides for
exactly one stream.
"""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain import cheers as cheer_rules
from domain.battles import decide as battle_rules
from domain.battles.commands import (
    BattleCommand,
    CancelBattle,
    JoinBattle,
    LeaveBattle,
    OpenBattle,
    StartBattle,
)
from domain.battles.events import AboutBattle, BattleFact, BattleFinished
from domain.battles.state import Battle, Battles, BattleState, note_dare
from domain.battles.state import evolve as evolve_battles
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
from domain.ids import SECOND_MS, BattleId, DareId, Millis, PlayerId
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
from domain.squads.events import SquadArchived, SquadFact, SquadSettingsChanged
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


class RingBattle(Struct, frozen=True, kw_only=True):
    """The system's command: see what time has done to a battle."""

    at: Millis
    battle: BattleId


class Alarm(Struct, frozen=True):
    """When to look at a dare again; ``rings_at`` None means never."""

    dare: DareId
    rings_at: Millis | None


class BattleAlarm(Struct, frozen=True):
    """When to look at a battle again; ``rings_at`` None means never."""

    battle: BattleId
    rings_at: Millis | None


class WeekAlarm(Struct, frozen=True):
    """When to close a week; ``rings_at`` None means never."""

    week: WeekId
    rings_at: Millis | None


RoomFact = SquadFact | DareFact | BattleFact | CheerGiven
RoomCommand = SquadCommand | DareCommand | BattleCommand | GiveCheer | RingTimer | RingBattle


class Room(Struct, kw_only=True):
    """A squad's stream so far: a fold in progress, changed in place by ``evolve`` alone."""

    squad: Squad = field(default_factory=Squad)
    dares: Dares = field(default_factory=Dares)
    battles: Battles = field(default_factory=Battles)
    cheers: Cheers = field(default_factory=dict)
    last_at: Millis = 0

    def copy(self) -> "Room":
        """A room that can go its own way."""
        return Room(
            squad=self.squad.copy(),
            dares=self.dares.copy(),
            battles=self.battles.copy(),
            cheers=dict(self.cheers),
            last_at=self.last_at,
        )


def evolve(room: Room, fact: RoomFact) -> None:
    """Apply one more fact to the room, in place."""
    room.last_at = fact.at
    if isinstance(fact, AboutDare):
        evolve_dares(room.dares, fact)
        note_dare(room.battles, fact)
        if isinstance(fact, DareReported):
            note_report(room.squad, fact.week)
    elif isinstance(fact, AboutBattle):
        evolve_battles(room.battles, fact)
        if isinstance(fact, BattleFinished):
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
    if isinstance(command, RingTimer | RingBattle):
        facts = _rung(room, command)
    else:
        facts = _decide(as_of(room, command.at), command)
    if isinstance(command, CloseWeek) and facts:
        facts = (*_ended_in(room, command), *facts)
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


def battle_alarms(room: Room, battles: Iterable[BattleId]) -> tuple[BattleAlarm, ...]:
    """When to look at these battles again, as the room is now.

    What begins is on time; what closes something comes later, so that all that arrived in time is
    committed (INV-D7).
    """
    answer = []
    for battle_id in dict.fromkeys(battles):
        battle = room.battles.by_id.get(battle_id)
        deadline = None if battle is None else battle.deadline
        if battle is None or deadline is None:
            answer.append(BattleAlarm(battle_id, None))
            continue
        answer.append(BattleAlarm(battle_id, deadline + _delay_ms(battle)))
    return tuple(answer)


def _delay_ms(battle: Battle) -> Millis:
    """How long after its deadline time alone may take a battle on."""
    begins = battle.state in (BattleState.COUNTDOWN, BattleState.LIVE)
    return 0 if begins else CLOSING_DELAY_MS


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


def battles_in(facts: Iterable[RoomFact]) -> tuple[BattleId, ...]:
    """The battles that some facts are about, each once."""
    return tuple(dict.fromkeys(fact.battle for fact in facts if isinstance(fact, AboutBattle)))


def weeks_in(room: Room, facts: Iterable[RoomFact]) -> tuple[WeekId, ...]:
    """The weeks whose closing some facts may have moved, each once."""
    weeks: dict[WeekId, None] = {}
    for fact in facts:
        if isinstance(fact, DareReported | BattleFinished):
            weeks[fact.week] = None
        elif isinstance(fact, SquadSettingsChanged) and fact.tz is not None:
            weeks |= room.squad.open_weeks
    return tuple(weeks)


def _due(room: Room, at: Millis) -> list[DareFact | BattleFact]:
    """The next fact of all whose time has come, in due order (ties by id)."""
    dares = [room.dares.by_id[dare] for dare in room.dares.live]
    late: list[tuple[Millis, str, DareFact | BattleFact | None]] = [
        (dare.deadline, dare.dare, dare_rules.due(dare, at))
        for dare in dares
        if dare.deadline and dare.deadline <= at
    ]
    late += [
        (battle.deadline, battle.battle, battle_rules.due(battle, room.squad, at))
        for battle in (room.battles.by_id[live] for live in room.battles.live)
        if battle.deadline and battle.deadline <= at
    ]
    late.sort(key=lambda one: one[:2])
    return [fact for _, _, fact in late if fact is not None]


def _rung(room: Room, command: RingTimer | RingBattle) -> tuple[RoomFact, ...]:
    seen, facts = room, []
    while (fact := _due_by(seen, command)) is not None:
        if seen is room:
            seen = room.copy()
        evolve(seen, fact)
        facts.append(fact)
    return tuple(facts)


def _ended_in(room: Room, command: CloseWeek) -> list[RoomFact]:
    """What time has done to battles that ended in a week, before that week is closed.

    Whichever timer rings first, what a battle pays is on the week's board (INV-D7).
    """
    ended: list[RoomFact] = []
    for battle in room.battles.live:
        facts = _rung(room, RingBattle(at=command.at, battle=battle))
        if any(isinstance(f, BattleFinished) and f.week == command.week for f in facts):
            ended += facts
    return ended


def _due_by(room: Room, command: RingTimer | RingBattle) -> DareFact | BattleFact | None:
    """What time has done by now to what a timer is for."""
    if isinstance(command, RingTimer):
        dare = room.dares.by_id.get(command.dare)
        return None if dare is None else dare_rules.due(dare, command.at)
    battle = room.battles.by_id.get(command.battle)
    # A late ring finds several deadlines behind it: the last may still have its delay before it.
    if battle is None or command.at - _delay_ms(battle) < (battle.deadline or 0):
        return None
    return battle_rules.due(battle, room.squad, command.at)


def _decide(
    room: Room, command: SquadCommand | DareCommand | BattleCommand | GiveCheer
) -> tuple[RoomFact, ...]:
    if isinstance(command, SquadCommand):
        return _of_squad(room, command)
    if isinstance(command, BattleCommand):
        return _of_battle(room, command)
    if isinstance(command, GiveCheer):
        return cheer_rules.give(room.cheers, room.dares, room.squad, command)
    return _of_dare(room, command)


def _of_squad(room: Room, command: SquadCommand) -> tuple[RoomFact, ...]:
    squad, dares, battles, at = room.squad, room.dares, room.battles, command.at
    match command:
        case CreateSquad():
            return squad_rules.create(squad, command)
        case RenameSquad():
            return squad_rules.rename(squad, command)
        case ChangeSettings():
            return squad_rules.change_settings(squad, command)
        case ArchiveSquad(by=by):
            ended = squad_rules.archive(squad, by, at)
            over = battle_rules.end_all(battles, at, by)
            return (*dare_rules.end_all(dares, at, by), *over, *ended)
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
            return (*_out(room, by, at, by, left), *left)
        case KickMember(by=by, player=player):
            kicked = squad_rules.kick(squad, by, player, at)
            return (*_out(room, player, at, by, kicked), *kicked)
        case BanMember(by=by, player=player):
            banned = squad_rules.ban(squad, command)
            return (*_out(room, player, at, by, banned), *banned)
        case UnbanMember(by=by, player=player):
            return squad_rules.unban(squad, by, player, at)
        case ChangeRole():
            return squad_rules.change_role(squad, command)
        case ForgetMember(player=player):
            forgotten = squad_rules.forget(squad, player, at)
            return (*_out(room, player, at, None, forgotten), *forgotten)
        case CloseWeek():
            return squad_rules.close_week(squad, command)
        case _:
            assert_never(command)


def _out(
    room: Room,
    player: PlayerId,
    at: Millis,
    by: PlayerId | None,
    facts: tuple[SquadFact, ...],
) -> list[RoomFact]:
    """Whoever is out of the squad is out of its dares and of its battle; the last one ends it."""
    dares, battles = room.dares, room.battles
    if any(isinstance(fact, SquadArchived) for fact in facts):
        over = battle_rules.end_all(battles, at, by)
    else:
        over = battle_rules.end_of(battles, player, at, by)
    return [*dare_rules.end_all_of(dares, player, at, by), *over]


def _of_battle(room: Room, command: BattleCommand) -> tuple[RoomFact, ...]:
    squad, battles = room.squad, room.battles
    match command:
        case OpenBattle():
            return battle_rules.open_battle(battles, squad, command)
        case JoinBattle():
            return battle_rules.join(battles, squad, command)
        case LeaveBattle():
            return battle_rules.leave(battles, squad, command)
        case StartBattle():
            return battle_rules.start(battles, squad, command)
        case CancelBattle():
            return battle_rules.cancel(battles, squad, command)
        case _:
            assert_never(command)


def _of_dare(room: Room, command: DareCommand) -> tuple[RoomFact, ...]:
    squad, dares, battles = room.squad, room.dares, room.battles
    match command:
        case IssueDare():
            if command.battle is not None:
                battle_rules.check_card(battles, dares, squad, command)
            return dare_rules.issue(dares, squad, command)
        case AcceptDare():
            return dare_rules.accept(dares, squad, command)
        case DeclineDare():
            return dare_rules.decline(dares, squad, command)
        case StartDare():
            battle_rules.check_double_down(battles, dares, command)
            return dare_rules.start(dares, squad, command)
        case BailDare():
            return dare_rules.bail(dares, squad, command)
        case WithdrawDare():
            return dare_rules.withdraw(dares, squad, command)
        case ReportDare():
            battle = battle_rules.counting(battles, dares.by_id.get(command.dare), command.at)
            return dare_rules.report(dares, squad, command, battle)
        case CorrectDare():
            return dare_rules.correct(dares, squad, command)
        case _:
            assert_never(command)
