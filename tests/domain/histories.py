"""Whole histories: several people in two squads who dare each other and hold battles by chance.

``worlds()`` draws moves and plays them through ``domain.room`` and ``domain.players``. What the
rules refuse is kept apart, so that every world is one that can come about; ``play_again`` plays
commands once more.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from domain import deck
from domain.battles.commands import (
    CancelBattle,
    JoinBattle,
    LeaveBattle,
    OpenBattle,
    StartBattle,
)
from domain.battles.decide import CARDS_ALLOWED
from domain.battles.events import BattleMode
from domain.battles.state import Battle, BattleState
from domain.cheers import Emoji, GiveCheer
from domain.dares.commands import (
    AcceptDare,
    BailDare,
    CorrectDare,
    DeclineDare,
    IssueDare,
    ReportDare,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import WithdrawReason
from domain.dares.state import Dare, DareState
from domain.dares.terms import DareKind, Terms
from domain.facts import Fact, Recorded
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    BattleId,
    CardId,
    CommandId,
    DareId,
    Fingerprint,
    InviteKey,
    Millis,
    PlayerId,
    SquadId,
)
from domain.players import decide as player_rules
from domain.players.commands import ChangeTimezone, ErasePlayer
from domain.players.events import PlayerFact
from domain.players.state import Player
from domain.players.state import evolve as evolve_player
from domain.refusals import Refusal
from domain.room import (
    RingBattle,
    RingTimer,
    Room,
    RoomCommand,
    RoomFact,
    alarms,
    as_of,
    battle_alarms,
    battles_in,
    dares_in,
    decide,
    evolve,
    week_alarms,
    weeks_in,
)
from domain.scoring import Outcome
from domain.squads.commands import (
    ApproveRequest,
    ArchiveSquad,
    BanMember,
    CancelRequest,
    ChangeRole,
    ChangeSettings,
    CloseWeek,
    DeclineRequest,
    ForgetMember,
    IssueInvite,
    JoinSquad,
    KickMember,
    LeaveSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
    UnbanMember,
)
from domain.squads.events import JoinPolicy, Role
from domain.squads.state import Squad
from domain.weeks import WeekId
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    NOW,
    OTHER_SQUAD,
    PEOPLE,
    SQUAD,
    battle_joined,
    battle_opened,
    countdown_started,
    dare_id,
    id_of,
    invited,
    joined,
    registered,
    sealed,
    squad_created,
)

SQUADS = {SQUAD: "Europe/Berlin", OTHER_SQUAD: "America/Los_Angeles"}
ZONES = dict(
    zip(
        PEOPLE,
        ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "UTC"),
        strict=True,
    )
)
MOVES = ("Asia/Tokyo", "Pacific/Honolulu", "Europe/Berlin", "Pacific/Kiritimati")
"""Where squads and people move to."""
WAITS = (
    *(3 * (0, 1, SECOND_MS, 5 * SECOND_MS, MINUTE_MS, HOUR_MS)),
    2 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    3 * DAY_MS + 12 * HOUR_MS,
)
"""Pauses between two moves, by how often they are drawn."""
LONG_AFTER_MS = 60 * DAY_MS
"""Long enough for every dare to end by itself (INV-D4) and for every week to be closed."""


class Verb(Enum):
    """What somebody may try; ERASE is followed by the system's own commands.

    BATTLE is what brings the squad's battle on: to open one, join it, start it, take a card or
    tell what came of it.
    """

    ISSUE = auto()
    ACCEPT = auto()
    DECLINE = auto()
    START = auto()
    BAIL = auto()
    WITHDRAW = auto()
    REPORT = auto()
    CORRECT = auto()
    CHEER = auto()
    INVITE = auto()
    REVOKE = auto()
    JOIN = auto()
    REQUEST = auto()
    CANCEL = auto()
    APPROVE = auto()
    TURN_AWAY = auto()
    LEAVE = auto()
    KICK = auto()
    BAN = auto()
    UNBAN = auto()
    ROLE = auto()
    RENAME = auto()
    SETTINGS = auto()
    ARCHIVE = auto()
    MOVE = auto()
    ERASE = auto()
    BATTLE = auto()
    LEAVE_BATTLE = auto()
    CALL_OFF = auto()


OFTEN = (
    *(9 * (Verb.ISSUE, Verb.ACCEPT, Verb.REPORT)),
    *(2 * (Verb.START, Verb.DECLINE, Verb.BAIL, Verb.WITHDRAW)),
    *(8 * (Verb.CORRECT,)),
    *(3 * (Verb.JOIN, Verb.REQUEST, Verb.APPROVE)),
    *(24 * (Verb.BATTLE,)),
    *Verb,
)
"""Verbs by how often they are drawn: what leads somewhere more often."""


class Move(Struct, frozen=True, kw_only=True):
    """A draw of chance; what it means depends on the world that it meets."""

    verb: Verb
    squad: SquadId
    who: PlayerId
    whom: PlayerId
    is_by_right: bool
    which: int
    wait: Millis
    thing: int
    difficulty: int
    outcome: Outcome
    reason: WithdrawReason | None


OwnCommand = ChangeTimezone | ErasePlayer
"""What is asked of a player's own stream."""
AnyCommand = RoomCommand | OwnCommand


class Asked(Struct, frozen=True, kw_only=True):
    """A command that was allowed; for one of a player's own stream the squad says nothing."""

    squad: SquadId
    command: AnyCommand


class Timer(NamedTuple):
    """What rings in a squad: exactly one of the three is there."""

    squad: SquadId
    dare: DareId | None = None
    week: WeekId | None = None
    battle: BattleId | None = None


class Step(NamedTuple):
    """What one decision led to in a squad: one fact or more."""

    squad: SquadId
    facts: tuple[RoomFact, ...]


class World:
    """Squads whose timers ring on time, their people, and the log of all that happened."""

    def __init__(self, *, size: int = 4, ringing: bool = True) -> None:
        self.rooms = {squad: Room() for squad in SQUADS}
        self.players: dict[PlayerId, Player] = {}
        self.log: list[Recorded[Fact]] = []
        self.steps: list[Step] = []
        self.asked: list[Asked] = []
        self.refused: list[Refusal] = []
        self.now: Millis = NOW
        self._is_ringing = ringing
        self._timers: dict[Timer, Millis] = {}
        self._heads: dict[str, int] = {}
        for hour, player in enumerate(PEOPLE):
            self._record_of(
                player, (registered(player, at=NOW, tz=ZONES[player], day_start_hour=hour),)
            )
        for squad, tz in SQUADS.items():
            self._record(
                squad,
                (
                    squad_created(ANA, squad=squad, tz=tz, size=size, at=NOW),
                    joined(ANA, role=Role.OWNER, at=NOW),
                    joined(BEN, at=NOW),
                    joined(CLEO, role=Role.CAPTAIN, at=NOW),
                    invited(ANA, at=NOW, expires_at=NOW + 20 * DAY_MS, max_uses=3),
                ),
            )
        # One battle is about to begin: chance alone brings few so far.
        self._record(
            OTHER_SQUAD,
            (
                battle_opened(at=NOW, duration_ms=2 * HOUR_MS),
                *(battle_joined(player, at=NOW) for player in (ANA, BEN, CLEO)),
                countdown_started(at=NOW),
            ),
        )

    @property
    def alive(self) -> list[PlayerId]:
        """Everybody who was not erased."""
        return [player for player in PEOPLE if not self.players[player].is_erased]

    def facts(self, squad: SquadId) -> list[RoomFact]:
        """What happened in one squad."""
        stream = f"squad-{squad}"
        return [r.fact for r in self.log if r.stream == stream]  # type: ignore[misc]  # squads hold RoomFacts

    @property
    def every_timer(self) -> list[Timer]:
        """A timer for each dare, battle and week that there ever was, due or not."""
        return [
            timer
            for squad, room in self.rooms.items()
            for timer in (
                *(Timer(squad, dare=dare) for dare in room.dares.by_id),
                *(Timer(squad, battle=battle) for battle in room.battles.by_id),
                *(
                    Timer(squad, week=week)
                    for week in sorted(room.squad.open_weeks | room.squad.closed_weeks)
                ),
            )
        ]

    def ring_one(self, which: int) -> None:
        """Ring one of them, if there are so many."""
        timers = self.every_timer
        if which < len(timers):
            self.ring(timers[which])

    def move_on(self, at: Millis) -> None:
        """Let time pass; what is due rings, each timer at its own instant."""
        while self._is_ringing and (due := self._due(at)):
            rings_at, timer = min(due, key=lambda one: (one[0], str(one[1])))
            self.now = max(self.now, rings_at)
            self.ring(timer)
        self.now = max(self.now, at)

    def ring(self, timer: Timer) -> tuple[RoomFact, ...]:
        """Ring a timer now, due or not."""
        command: RingTimer | RingBattle | CloseWeek
        if timer.dare is not None:
            command = RingTimer(at=self.now, dare=timer.dare)
        elif timer.battle is not None:
            command = RingBattle(at=self.now, battle=timer.battle)
        else:
            assert timer.week is not None, "a timer is a dare's, a battle's or a week's"
            command = CloseWeek(at=self.now, week=timer.week)
        facts = decide(self.rooms[timer.squad], command)
        self._record(timer.squad, facts, rung=timer)
        return facts

    def ask(self, squad: SquadId, command: AnyCommand) -> None:
        """Move on to the command's instant, and decide."""
        self.move_on(command.at)
        try:
            if isinstance(command, OwnCommand):
                self._record_of(command.by, player_rules.decide(self.players[command.by], command))
            else:
                self._record(squad, decide(self.rooms[squad], command))
        except Refusal as refusal:
            self.refused.append(refusal)
            return
        self.asked.append(Asked(squad=squad, command=command))
        if isinstance(command, ErasePlayer):
            self._forget(command.by, command.at)

    def finish(self) -> None:
        """Let everything come to its end by time alone."""
        self._is_ringing = True
        self.move_on(self.now + LONG_AFTER_MS)

    def _forget(self, player: PlayerId, at: Millis) -> None:
        """What follows from an erasure: they leave every squad."""
        for squad, room in self.rooms.items():
            self._record(squad, decide(room, ForgetMember(at=at, player=player)))

    def _due(self, at: Millis) -> list[tuple[Millis, Timer]]:
        return [(due, timer) for timer, due in self._timers.items() if due <= at]

    def _record(self, squad: SquadId, facts: Sequence[RoomFact], rung: Timer | None = None) -> None:
        room = self.rooms[squad]
        if facts:
            self.steps.append(Step(squad, tuple(facts)))
        for fact in facts:
            evolve(room, fact)
            self._write(f"squad-{squad}", fact)
        dares, weeks = list(dares_in(facts)), list(weeks_in(room, facts))
        battles = list(battles_in(facts))
        if rung is not None:
            dares += [] if rung.dare is None else [rung.dare]
            weeks += [] if rung.week is None else [rung.week]
            battles += [] if rung.battle is None else [rung.battle]
        for alarm in alarms(room, dares):
            self._set(Timer(squad, dare=alarm.dare), alarm.rings_at)
        for next_ring in battle_alarms(room, battles):
            self._set(Timer(squad, battle=next_ring.battle), next_ring.rings_at)
        for closing in week_alarms(room, weeks):
            self._set(Timer(squad, week=closing.week), closing.rings_at)

    def _record_of(self, player: PlayerId, facts: Sequence[PlayerFact]) -> None:
        for fact in facts:
            self.players[player] = evolve_player(self.players.get(player), fact)
            self._write(f"player-{player}", fact)

    def _write(self, stream: str, fact: Fact) -> None:
        seq, n = len(self.log) + 1, self._heads.get(stream, 0) + 1
        self._heads[stream] = n
        command = None if fact.by is None else CommandId(id_of("C", seq))
        self.log.append(Recorded(seq, stream, n, fact, command))

    def _set(self, timer: Timer, rings_at: Millis | None) -> None:
        self._timers.pop(timer, None)
        if rings_at is not None:
            self._timers[timer] = rings_at


def play(moves: Iterable[Move], *, size: int = 4) -> World:
    """The world that some moves lead to."""
    world = World(size=size)
    for number, move in enumerate(moves, 1):
        world.ask(move.squad, command_of(world, move, number))
    return world


def play_again(
    asked: Iterable[Asked], *, size: int = 4, before_each: Callable[[World], None] | None = None
) -> World:
    """The world that the same commands lead to; with ``before_each``, timers ring only there."""
    world = World(size=size, ringing=before_each is None)
    for question in asked:
        world.move_on(question.command.at)
        if before_each is not None:
            before_each(world)
        world.ask(question.squad, question.command)
    return world


def issue_by_chance(
    dare: DareId, *, by: PlayerId, target: PlayerId, at: Millis, thing: int, difficulty: int
) -> IssueDare:
    """Dare somebody to one of a few things."""
    terms = Terms(
        kind=DareKind.ASK,
        difficulty=difficulty,
        categories=(),
        fingerprint=Fingerprint(f"words:{thing}"),
        text=sealed(str(thing)),
    )
    return IssueDare(
        at=at, by=by, dare=dare, target=target, terms=terms, text_length=9, ruleset=thing % 2
    )


_OPEN = (DareState.ACCEPTED, DareState.IN_PROGRESS)
_FITTING = {
    Verb.ACCEPT: (DareState.OFFERED,),
    Verb.DECLINE: (DareState.OFFERED,),
    Verb.START: (DareState.ACCEPTED,),
    Verb.BAIL: _OPEN,
    Verb.WITHDRAW: (DareState.OFFERED, *_OPEN),
    Verb.REPORT: _OPEN,
    Verb.CORRECT: (DareState.REPORTED,),
    Verb.CHEER: (*_OPEN, DareState.REPORTED, DareState.SETTLED, DareState.BAILED),
}
"""The states in which somebody who knows the rules would try it."""


def command_of(world: World, move: Move, number: int) -> AnyCommand:
    """What a move means in a world; ``number`` names what is made by it."""
    at = world.now + _wait(world, move)
    command: AnyCommand | None
    if move.verb in _FITTING:
        command = _about_dare(world, move, at)
    elif move.verb in (Verb.MOVE, Verb.ERASE):
        command = _about_oneself(world, move, at)
    elif move.verb in (Verb.BATTLE, Verb.LEAVE_BATTLE, Verb.CALL_OFF):
        command = _about_battle(world, move, number, at)
    elif move.verb is Verb.ISSUE:
        command = None
    else:
        command = _about_squad(world, move, number, at)
    return command or _issue(world, move, number, at)


def _wait(world: World, move: Move) -> Millis:
    """Where a battle is on there is little time to lose: otherwise none would come to anything."""
    is_on = any(room.battles.live for room in world.rooms.values())
    return move.wait % HOUR_MS if is_on and move.is_by_right else move.wait


def _alive(world: World, player: PlayerId) -> PlayerId:
    """This player, or another one who was not erased."""
    alive = world.alive
    return alive[PEOPLE.index(player) % len(alive)]


def _issue(world: World, move: Move, number: int, at: Millis) -> IssueDare:
    by, target = _alive(world, move.who), _alive(world, move.whom)
    members = list(world.rooms[move.squad].squad.members)
    if move.is_by_right and members:
        by = members[PEOPLE.index(by) % len(members)]
        target = by if move.verb is Verb.REPORT else members[PEOPLE.index(target) % len(members)]
    return issue_by_chance(
        dare_id(number),
        by=by,
        target=target,
        at=at,
        thing=move.thing,
        difficulty=move.difficulty,
    )


def _about_dare(world: World, move: Move, at: Millis) -> RoomCommand | None:
    """A command about one of the latest dares; None when none of them asks for it."""
    dares = list(world.rooms[move.squad].dares.by_id.values())[::-1]
    if move.is_by_right:
        dares = [dare for dare in dares if dare.state in _FITTING[move.verb]]
    if move.verb is Verb.CORRECT and move.is_by_right:
        at = world.now + move.wait % MINUTE_MS
        fresh = [d for d in dares if d.answer and at < d.answer.arrived_at + 10 * MINUTE_MS]
        dares = [d for d in fresh if d.answer and not d.answer.is_corrected]
        if not dares:
            return _about_dare(world, replace(move, verb=Verb.REPORT), at)
    if not dares:
        return None
    dare = dares[move.which % len(dares)]
    id_, by = dare.dare, _alive(world, move.who)
    if move.is_by_right:
        by = _by_right(world, move, dare)
    match move.verb:
        case Verb.ACCEPT:
            return AcceptDare(at=at, by=by, dare=id_)
        case Verb.DECLINE:
            return DeclineDare(at=at, by=by, dare=id_)
        case Verb.START:
            is_doubled = dare.battle is not None and move.thing % 2 == 0
            return StartDare(at=at, by=by, dare=id_, double_down=is_doubled)
        case Verb.BAIL:
            return BailDare(at=at, by=by, dare=id_)
        case Verb.WITHDRAW:
            return WithdrawDare(at=at, by=by, dare=id_, reason=move.reason)
        case Verb.CORRECT:
            return CorrectDare(at=at, by=by, dare=id_, outcome=move.outcome)
        case Verb.CHEER:
            return GiveCheer(at=at, by=by, dare=id_, emoji=tuple(Emoji)[move.thing])
        case _:
            return _report(world, move, id_, by, at)


def _report(world: World, move: Move, dare: DareId, by: PlayerId, at: Millis) -> ReportDare:
    player = world.players[by]
    return ReportDare(
        at=at,
        by=by,
        dare=dare,
        tz=player.tz,
        day_start_hour=player.day_start_hour,
        outcome=move.outcome,
    )


DURATIONS = (10 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS)
SAFE_CARDS = tuple(card.card for card in deck.DECK if card.battle_safe)


def card_by_chance(
    dare: DareId, battle: BattleId, *, by: PlayerId, at: Millis, card: CardId
) -> IssueDare:
    """Take a card in a battle."""
    known = deck.BY_ID[card]
    terms = Terms(
        kind=known.kind,
        difficulty=known.difficulty,
        categories=known.categories,
        fingerprint=Fingerprint(f"card:{card}"),
        card=card,
    )
    return IssueDare(
        at=at,
        by=by,
        dare=dare,
        target=by,
        terms=terms,
        text_length=None,
        ruleset=1,
        battle=battle,
    )


def _about_battle(world: World, move: Move, number: int, at: Millis) -> RoomCommand | None:
    """What brings the squad's battle on, or takes somebody out of it; None if nothing would."""
    seen = as_of(world.rooms[move.squad], at)
    by, members = _alive(world, move.who), list(seen.squad.members)
    if move.is_by_right:
        by = _one_of(members, by)
    battle = seen.battles.current()
    if battle is None:
        return _open(move, number, by, at) if move.verb is Verb.BATTLE else None
    if move.verb is Verb.CALL_OFF:
        by = battle.host if move.is_by_right else by
        return CancelBattle(at=at, by=by, battle=battle.battle)
    inside = list(battle.participants)
    if move.verb is Verb.LEAVE_BATTLE:
        by = _one_of(inside, by) if move.is_by_right else by
        return LeaveBattle(at=at, by=by, battle=battle.battle)
    outside = [player for player in members if player not in inside]
    if battle.state is BattleState.LIVE and move.which:
        by = _one_of(inside, by)
        cards = [d for d in seen.dares.open_dares() if d.battle == battle.battle]
        mine = [dare for dare in cards if dare.target == by]
        if not mine and (move.difficulty % 2 or not cards):
            return _take(move, number, battle, by, at)
        dare = (mine or cards)[0]
        if dare.state is DareState.ACCEPTED and move.which == 1:
            is_doubled = battle.double_down and move.thing % 2 == 0
            return StartDare(at=at, by=dare.target, dare=dare.dare, double_down=is_doubled)
        return _report(world, move, dare.dare, dare.target, at)
    if battle.state is BattleState.LOBBY and (len(inside) > 1 or not outside) and move.which:
        return StartBattle(at=at, by=battle.host if move.is_by_right else by, battle=battle.battle)
    return JoinBattle(at=at, by=_one_of(outside, by), battle=battle.battle)


def _open(move: Move, number: int, by: PlayerId, at: Millis) -> OpenBattle:
    mode = tuple(BattleMode)[move.thing % len(BattleMode)]
    first = number % (len(SAFE_CARDS) - 10)
    return OpenBattle(
        at=at,
        by=by,
        battle=BattleId(id_of("Y", number)),
        mode=mode,
        duration_ms=DURATIONS[move.which],
        heat=move.difficulty > 1,
        double_down=move.difficulty > 2,
        ruleset=move.difficulty % 2,
        cards=SAFE_CARDS[first : first + CARDS_ALLOWED[mode][-1]],
    )


def _take(move: Move, number: int, battle: Battle, by: PlayerId, at: Millis) -> IssueDare:
    cards = battle.cards or SAFE_CARDS
    had = battle.taken.get(by, 0) if move.is_by_right and battle.cards else move.thing
    return card_by_chance(
        dare_id(number), battle.battle, by=by, at=at, card=cards[had % len(cards)]
    )


def _by_right(world: World, move: Move, dare: Dare) -> PlayerId:
    """Whoever may do it."""
    if move.verb is Verb.WITHDRAW:
        return dare.issuer
    if move.verb is not Verb.CHEER:
        return dare.target
    others = [p for p in world.rooms[move.squad].squad.members if p != dare.target]
    return others[PEOPLE.index(move.who) % len(others)] if others else dare.issuer


def _about_oneself(world: World, move: Move, at: Millis) -> OwnCommand | None:
    by = _alive(world, move.who)
    if move.verb is Verb.MOVE:
        return ChangeTimezone(at=at, by=by, tz=MOVES[move.thing])
    # Seldom, and never so many that nobody is left to play.
    if move.thing or len(world.alive) <= 3:
        return None
    return ErasePlayer(at=at, by=by, is_confirmed=True)


def _about_squad(world: World, move: Move, number: int, at: Millis) -> RoomCommand | None:
    """A command about the squad; by right, of somebody whom the rules let try it."""
    squad = world.rooms[move.squad].squad
    by, whom = _pair(world, move, squad)
    invites = list(squad.invites) or [InviteKey("no invite")]
    invite = invites[move.which % len(invites)]
    match move.verb:
        case Verb.INVITE:
            made = InviteKey(f"invite-{number}")
            return IssueInvite(at=at, by=by, invite=made, code=sealed(str(number)))
        case Verb.REVOKE:
            return RevokeInvite(at=at, by=by, invite=invite)
        case Verb.JOIN:
            return JoinSquad(at=at, by=by, invite=invite, handle=sealed(by), seat=0)
        case Verb.REQUEST:
            return RequestJoin(at=at, by=by, invite=invite, handle=sealed(by), requests=0)
        case Verb.CANCEL:
            return CancelRequest(at=at, by=by)
        case Verb.APPROVE:
            return ApproveRequest(at=at, by=by, player=whom, seat=0)
        case Verb.TURN_AWAY:
            return DeclineRequest(at=at, by=by, player=whom)
        case Verb.LEAVE:
            return LeaveSquad(at=at, by=by)
        case Verb.KICK:
            return KickMember(at=at, by=by, player=whom)
        case Verb.BAN:
            return BanMember(at=at, by=by, player=whom)
        case Verb.UNBAN:
            return UnbanMember(at=at, by=by, player=whom)
        case Verb.ROLE:
            return ChangeRole(at=at, by=by, player=whom, role=tuple(Role)[move.difficulty % 3])
        case Verb.RENAME:
            return RenameSquad(at=at, by=by, name=sealed(str(number)), name_length=3)
        case Verb.SETTINGS:
            return _settings(move, by, at)
        case _:
            # Seldom: nothing comes after it.
            return None if move.thing else ArchiveSquad(at=at, by=by)


def _settings(move: Move, by: PlayerId, at: Millis) -> ChangeSettings:
    return ChangeSettings(
        at=at,
        by=by,
        size=move.difficulty + 1 if move.which == 0 else None,
        join_policy=tuple(JoinPolicy)[move.thing % 2] if move.which == 1 else None,
        tz=MOVES[move.thing] if move.which > 1 else None,
    )


_OWNERS = (Verb.ROLE, Verb.RENAME, Verb.SETTINGS, Verb.ARCHIVE)
_LEADERS = (
    Verb.INVITE,
    Verb.REVOKE,
    Verb.APPROVE,
    Verb.TURN_AWAY,
    Verb.KICK,
    Verb.BAN,
    Verb.UNBAN,
)


def _pair(world: World, move: Move, squad: Squad) -> tuple[PlayerId, PlayerId]:
    """Who does something about the squad, and to whom."""
    by, whom = _alive(world, move.who), _alive(world, move.whom)
    if not move.is_by_right:
        return by, whom
    members = list(squad.members.values())
    doers = [m.player for m in members]
    if move.verb in _OWNERS:
        doers = [m.player for m in members if m.role is Role.OWNER]
    elif move.verb in _LEADERS:
        doers = [m.player for m in members if m.role is not Role.MEMBER]
    elif move.verb is Verb.CANCEL:
        doers = list(squad.requests)
    elif move.verb in (Verb.JOIN, Verb.REQUEST):
        doers = [p for p in world.alive if p not in squad.members]
    done_to = doers
    if move.verb in (Verb.APPROVE, Verb.TURN_AWAY):
        done_to = list(squad.requests)
    elif move.verb in (Verb.KICK, Verb.BAN, Verb.ROLE):
        done_to = [m.player for m in members if m.role is not Role.OWNER]
    elif move.verb is Verb.UNBAN:
        done_to = list(squad.banned)
    return _one_of(doers, by), _one_of(done_to, whom)


def _one_of(people: Sequence[PlayerId], otherwise: PlayerId) -> PlayerId:
    return people[PEOPLE.index(otherwise) % len(people)] if people else otherwise


def moves() -> st.SearchStrategy[Move]:
    """One move, from a byte for each choice: one draw instead of eleven is five times as fast."""
    return st.binary(min_size=11, max_size=11).map(_move)


def _move(chance: bytes) -> Move:
    return Move(
        verb=OFTEN[chance[0] % len(OFTEN)],
        squad=(SQUAD, SQUAD, OTHER_SQUAD)[chance[1] % 3],
        who=PEOPLE[chance[2] % len(PEOPLE)],
        whom=PEOPLE[chance[3] % len(PEOPLE)],
        is_by_right=chance[4] % 4 != 3,
        which=chance[5] % 4,
        wait=WAITS[chance[6] % len(WAITS)],
        thing=chance[7] % 4,
        difficulty=1 + chance[8] % 5,
        outcome=tuple(Outcome)[chance[9] % len(Outcome)],
        reason=(None, WithdrawReason.SAFETY)[chance[10] % 2],
    )


def worlds(*, max_moves: int = 40) -> st.SearchStrategy[World]:
    """A world with its past; timers rang on time. Treat it as read-only."""
    return st.lists(moves(), min_size=max_moves // 2, max_size=max_moves).map(play)
