"""Whole histories: several people in two squads who dare each other as chance has it.

``worlds()`` draws moves and plays them through ``domain.room``. What the rules refuse is kept
apart, so that every world is one that can come about; ``World.play`` plays commands once more.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto

from hypothesis import strategies as st
from msgspec import Struct

from domain.dares.commands import (
    AcceptDare,
    BailDare,
    DeclineDare,
    IssueDare,
    ReportDare,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import WithdrawReason
from domain.dares.state import DareState
from domain.dares.terms import DareKind, Terms
from domain.facts import Fact, Recorded
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    CommandId,
    DareId,
    Fingerprint,
    InviteKey,
    Millis,
    PlayerId,
    SquadId,
)
from domain.refusals import Refusal
from domain.room import RingTimer, Room, RoomCommand, RoomFact, alarms, dares_in, decide, evolve
from domain.scoring import Outcome
from domain.squads.commands import IssueInvite, JoinSquad, LeaveSquad
from domain.squads.events import Role
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    NOW,
    OTHER_SQUAD,
    PEOPLE,
    SQUAD,
    dare_id,
    id_of,
    invited,
    joined,
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
"""Long enough for every dare to end by itself (INV-D4)."""


class Verb(Enum):
    """What somebody may try."""

    ISSUE = auto()
    ACCEPT = auto()
    DECLINE = auto()
    START = auto()
    BAIL = auto()
    WITHDRAW = auto()
    REPORT = auto()
    INVITE = auto()
    JOIN = auto()
    LEAVE = auto()


OFTEN = (
    *(7 * (Verb.ISSUE, Verb.ACCEPT, Verb.REPORT)),
    *(2 * (Verb.START, Verb.JOIN, Verb.DECLINE, Verb.BAIL, Verb.WITHDRAW)),
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


class Asked(Struct, frozen=True, kw_only=True):
    """A command that was allowed."""

    squad: SquadId
    command: RoomCommand


class World:
    """Squads whose timers ring on time, and the log of all that happened in them."""

    def __init__(self, *, size: int = 4, ringing: bool = True) -> None:
        self.rooms = {squad: Room() for squad in SQUADS}
        self.log: list[Recorded[Fact]] = []
        self.asked: list[Asked] = []
        self.refused: list[Refusal] = []
        self.now: Millis = NOW
        self._is_ringing = ringing
        self._timers: dict[tuple[SquadId, DareId], Millis] = {}
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

    def facts(self, squad: SquadId) -> list[RoomFact]:
        """What happened in one squad."""
        stream = f"squad-{squad}"
        return [r.fact for r in self.log if r.stream == stream]  # type: ignore[misc]  # squads hold RoomFacts

    def move_on(self, at: Millis) -> None:
        """Let time pass; what is due rings, each timer at its own instant."""
        while self._is_ringing and (due := self._due(at)):
            rings_at, squad, dare = min(due)
            self.now = max(self.now, rings_at)
            self.ring(squad, dare)
        self.now = max(self.now, at)

    def ring(self, squad: SquadId, dare: DareId) -> tuple[RoomFact, ...]:
        """Ring one dare's timer now, due or not."""
        facts = decide(self.rooms[squad], RingTimer(at=self.now, dare=dare))
        self._record(squad, facts, rung=dare)
        return facts

    def ask(self, squad: SquadId, command: RoomCommand) -> tuple[RoomFact, ...] | Refusal:
        """Move on to the command's instant, and decide."""
        self.move_on(command.at)
        try:
            facts = decide(self.rooms[squad], command)
        except Refusal as refusal:
            self.refused.append(refusal)
            return refusal
        self.asked.append(Asked(squad=squad, command=command))
        self._record(squad, facts)
        return facts

    def finish(self) -> None:
        """Let everything come to its end by time alone."""
        self._is_ringing = True
        self.move_on(self.now + LONG_AFTER_MS)

    def _due(self, at: Millis) -> list[tuple[Millis, SquadId, DareId]]:
        return [(due, squad, dare) for (squad, dare), due in self._timers.items() if due <= at]

    def _record(
        self, squad: SquadId, facts: Sequence[RoomFact], rung: DareId | None = None
    ) -> None:
        room, stream = self.rooms[squad], f"squad-{squad}"
        n = sum(recorded.stream == stream for recorded in self.log)
        for fact in facts:
            evolve(room, fact)
            n += 1
            seq = len(self.log) + 1
            command = None if fact.by is None else CommandId(id_of("C", seq))
            self.log.append(Recorded(seq, stream, n, fact, command))
        for alarm in alarms(room, (*dares_in(facts), *(() if rung is None else (rung,)))):
            self._timers.pop((squad, alarm.dare), None)
            if alarm.rings_at is not None:
                self._timers[squad, alarm.dare] = alarm.rings_at


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
}
"""The states in which somebody who knows the rules would try it."""


def command_of(world: World, move: Move, number: int) -> RoomCommand:
    """What a move means in a world; ``number`` names what is made by it."""
    at, by = world.now + move.wait, move.who
    match move.verb:
        case Verb.ISSUE:
            return _issue(world, move, number, at)
        case Verb.INVITE:
            return IssueInvite(
                at=at, by=by, invite=InviteKey(f"invite-{number}"), code=sealed(str(number))
            )
        case Verb.JOIN:
            invites = list(world.rooms[move.squad].squad.invites)
            invite = invites[move.which % len(invites)]
            return JoinSquad(at=at, by=by, invite=invite, handle=sealed(by), seat=0)
        case Verb.LEAVE:
            return LeaveSquad(at=at, by=by)
        case _:
            return _about_dare(world, move, at) or _issue(world, move, number, at)


def _issue(world: World, move: Move, number: int, at: Millis) -> IssueDare:
    by, target = move.who, move.whom
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
    if not dares:
        return None
    dare = dares[move.which % len(dares)]
    id_, by = dare.dare, move.who
    if move.is_by_right:
        by = dare.issuer if move.verb is Verb.WITHDRAW else dare.target
    match move.verb:
        case Verb.ACCEPT:
            return AcceptDare(at=at, by=by, dare=id_)
        case Verb.DECLINE:
            return DeclineDare(at=at, by=by, dare=id_)
        case Verb.START:
            return StartDare(at=at, by=by, dare=id_)
        case Verb.BAIL:
            return BailDare(at=at, by=by, dare=id_)
        case Verb.WITHDRAW:
            return WithdrawDare(at=at, by=by, dare=id_, reason=move.reason)
        case _:
            return ReportDare(
                at=at,
                by=by,
                dare=id_,
                tz=ZONES[by],
                day_start_hour=PEOPLE.index(by),
                outcome=move.outcome,
            )


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
