"""Battles by chance, and a second, naive reading of their facts.

``arenas()`` draws what people try, with the clock at any ms, timers that ring whenever, and
commands that are said again. The reading below knows no code of ``domain.battles``: states are
words, and time is arithmetic.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

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
from domain.battles.events import (
    AboutBattle,
    BattleCountdownStarted,
    BattleJoined,
    BattleLeft,
    BattleMode,
    BattleOpened,
)
from domain.battles.state import Battle, BattleState
from domain.dares.commands import BailDare, CorrectDare, ReportDare, StartDare
from domain.dares.events import (
    AboutDare,
    DareCorrected,
    DareIssued,
    DareReported,
    DareStarted,
    DareStartLapsed,
)
from domain.dares.state import Dare, DareState
from domain.facts import name_of
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    BattleId,
    CardId,
    DareId,
    Fingerprint,
    Millis,
    PlayerId,
)
from domain.refusals import Refusal, RefusalCode
from domain.room import (
    RingBattle,
    RingTimer,
    Room,
    RoomCommand,
    RoomFact,
    as_of,
    battle_alarms,
    decide,
    evolve,
)
from domain.scoring import Outcome
from domain.squads.commands import ArchiveSquad, JoinSquad, KickMember, LeaveSquad
from tests.examples import (
    ANA,
    CARD_TERMS,
    FRIENDS,
    INVITE,
    NOW,
    PEOPLE,
    dare_id,
    id_of,
    invited,
    issue,
    room_of,
    sealed,
)

BEGINNING: tuple[RoomFact, ...] = (*FRIENDS, invited(max_uses=50, expires_at=NOW + 900 * DAY_MS))
SAFE_CARDS = tuple(card.card for card in deck.DECK if card.battle_safe)
LENGTHS = ((20 * SECOND_MS, MINUTE_MS, HOUR_MS), (10 * MINUTE_MS, HOUR_MS, 7 * DAY_MS))
"""Of battles, by ruleset."""
WAITS = (
    *(0, 1, SECOND_MS - 1, SECOND_MS, 5 * SECOND_MS, MINUTE_MS),
    *(5 * (3 * MINUTE_MS - 1, 3 * MINUTE_MS, 3 * MINUTE_MS, 7 * MINUTE_MS)),
    *(2 * HOUR_MS, DAY_MS),
)
LONG_AFTER_MS = 60 * DAY_MS
Answer = tuple[RoomFact, ...] | RefusalCode
Row = tuple[int, PlayerId, int, int, int, Millis | None]
"""Rank, player, points, noes, reports, and when the last of them arrived."""


# The naive reading

POINTS = {"REJECTED": 3, "IGNORED": 2, "MIXED": 2, "GRANTED": 1}


@dataclass
class Told:
    """A report that counts, as told last."""

    dare: DareId
    outcome: str
    doubled: bool
    at: Millis


@dataclass
class Reading:
    """What the facts say of one battle."""

    opened: BattleOpened
    starts_at: Millis | None = None
    ends: list[str] = field(default_factory=list)
    told: dict[PlayerId, list[Told]] = field(default_factory=dict)

    @property
    def ends_at(self) -> Millis:
        """When its time is up."""
        assert self.starts_at is not None, "it was started"
        return self.starts_at + self.opened.duration_ms

    @property
    def grace_until(self) -> Millis:
        """When its last minute is over; in ruleset 0 its last three seconds."""
        return self.ends_at + (60_000 if self.opened.ruleset else 3_000)

    def takes(self, fact: AboutBattle) -> None:
        """One of its own facts."""
        assert not self.ends, "a fact after the end"
        match fact:
            case BattleJoined(player=player):
                self.told.setdefault(player, [])
            case BattleLeft(player=player):
                if self.starts_at is None or fact.at < self.starts_at:
                    del self.told[player]
            case BattleCountdownStarted(starts_at=starts_at):
                self.starts_at = starts_at
            case _:
                name = name_of(type(fact))
                self.ends += [name] if name in ("battle.finished", "battle.cancelled") else []

    def points(self, player: PlayerId) -> int:
        """What somebody has: heat doubles the answer alone, after two that said no or nothing."""
        points = 0
        told = self.told[player]
        for place, one in enumerate(told):
            before = [other.outcome for other in told[:place]][-2:]
            is_hot = len(before) == 2 and set(before) <= {"REJECTED", "IGNORED"}
            points += POINTS[one.outcome] * (2 if is_hot and self.opened.heat else 1)
            points += 1 if one.doubled else 0
        return points

    def table(self) -> list[Row]:
        """Everybody's row, by player: the rank is one more than those who are better."""
        keys = {
            player: (
                self.points(player),
                sum(one.outcome == "REJECTED" for one in told),
                -len(told),
            )
            for player, told in self.told.items()
        }
        return sorted(
            (
                1 + sum(other > key for other in keys.values()),
                player,
                key[0],
                key[1],
                -key[2],
                self.told[player][-1].at if self.told[player] else None,
            )
            for player, key in keys.items()
        )


def read(facts: Iterable[RoomFact]) -> dict[BattleId, Reading]:
    """What some facts say of every battle."""
    readings: dict[BattleId, Reading] = {}
    for fact in facts:
        if isinstance(fact, BattleOpened):
            readings[fact.battle] = Reading(fact)
        elif isinstance(fact, AboutBattle):
            readings[fact.battle].takes(fact)
        elif isinstance(fact, DareReported) and fact.battle is not None:
            reading = readings[fact.battle]
            assert not reading.ends, "a report after the end"
            reading.told[fact.target].append(
                Told(fact.dare, fact.outcome, fact.doubled, fact.arrived_at)
            )
        elif isinstance(fact, DareCorrected):
            for reading in readings.values():
                for one in reading.told.get(fact.target, []):
                    if one.dare == fact.dare and fact.at < reading.grace_until:
                        assert not reading.ends, "nothing is put right after the end"
                        one.outcome = fact.outcome
    return readings


def should_count(before: Sequence[RoomFact], report: DareReported) -> bool:
    """What rules §8 say of a report, after the facts before it."""
    about = [f for f in before if isinstance(f, AboutDare) and f.dare == report.dare]
    (battle,) = (f.battle for f in about if isinstance(f, DareIssued))
    if battle is None:
        return False
    reading = read(before)[battle]
    at = report.arrived_at
    if reading.starts_at is None or reading.ends or at < reading.starts_at:
        return False
    steps = [f for f in about if isinstance(f, DareStarted | DareStartLapsed)]
    is_going_in = (
        bool(steps)
        and isinstance(steps[-1], DareStarted)
        and steps[-1].lapses_at - 2 * HOUR_MS < reading.ends_at
        and at < steps[-1].lapses_at
    )
    told = reading.told[report.target]
    spacing = 3 * MINUTE_MS if reading.opened.ruleset else SECOND_MS
    return (
        at < (reading.grace_until if is_going_in else reading.ends_at)
        and (not told or at >= told[-1].at + spacing)
        and len(told) < 10
    )


def table_of(battle: Battle) -> list[Row]:
    """The same, as the domain has it."""
    return sorted(
        (
            place.rank,
            place.score.player,
            place.score.points,
            place.score.rejections,
            place.score.reports,
            place.score.last_at,
        )
        for place in battle.places()
    )


def tables_of(room: Room) -> dict[BattleId, list[Row]]:
    """The tables of all battles."""
    return {id_: table_of(battle) for id_, battle in room.battles.by_id.items()}


# Battles by chance

VERBS = (
    *(4 * ("open", "start", "jump", "jump", "ring")),
    *(8 * ("join", "wait", "go in")),
    *(14 * ("card", "report")),
    *(3 * ("bail", "correct", "leave", "again")),
    *("cancel", "own dare", "out", "kick", "back in", "back in", "archive", "clock back"),
)


class Draw(Struct, frozen=True):
    """A draw of chance; what it means depends on the arena."""

    verb: str
    who: int
    which: int
    thing: int


def draws() -> st.SearchStrategy[Draw]:
    """One draw, from a byte for each choice."""
    return st.binary(min_size=4, max_size=4).map(
        lambda c: Draw(VERBS[c[0] % len(VERBS)], c[1], c[2], c[3])
    )


class Arena:
    """A squad whose timers ring only when chance rings them, and all that it was asked."""

    def __init__(self) -> None:
        self.room = room_of(BEGINNING)
        self.facts: list[RoomFact] = list(BEGINNING)
        self.asked: list[RoomCommand] = []
        self.answers: list[Answer] = []
        self.now: Millis = NOW
        self.is_clock_true = True

    def do(self, command: RoomCommand) -> Answer:
        """Decide, and take in what comes of it."""
        self.asked.append(command)
        try:
            facts = decide(self.room, command)
        except Refusal as refusal:
            self.answers.append(refusal.code)
            return refusal.code
        for fact in facts:
            evolve(self.room, fact)
        self.facts += facts
        self.answers.append(facts)
        return facts

    def play(self, draw: Draw) -> None:
        """What a draw means here and now."""
        match draw.verb:
            case "wait":
                self.now += WAITS[draw.thing % len(WAITS)]
            case "jump":
                self._jump(draw)
            case "card" if draw.which % 8:
                self._go_on(draw)
            case "clock back":
                self.now -= (1, SECOND_MS, MINUTE_MS)[draw.thing % 3]
                self.is_clock_true = False
            case "ring":
                self.ring(draw.which, draw.thing)
            case "again":
                if self.asked:
                    self.do(replace(self.asked[-1], at=self.now))
            case _:
                command = self._command(draw)
                if command is not None:
                    self.do(command)

    def ring(self, which: int, thing: int) -> None:
        """Ring some timer, due or not."""
        battles, dares = list(self.room.battles.by_id), list(self.room.dares.by_id)
        if battles and (thing % 3 or not dares):
            self.do(RingBattle(at=self.now, battle=battles[-1 - which % min(2, len(battles))]))
        elif dares:
            self.do(RingTimer(at=self.now, dare=dares[-1 - which % min(4, len(dares))]))

    def finish(self) -> None:
        """Long after, every timer rings."""
        self.now += LONG_AFTER_MS
        for battle in list(self.room.battles.by_id):
            self.do(RingBattle(at=self.now, battle=battle))
        for dare in list(self.room.dares.by_id):
            self.do(RingTimer(at=self.now, dare=dare))

    def _go_on(self, draw: Draw) -> None:
        """What leads to a card: open a battle, join it, start it, wait for it, take one."""
        battle = as_of(self.room, self.now).battles.current()
        verb = "card"
        if battle is None:
            verb = "open"
        elif battle.state is BattleState.LOBBY:
            verb = "join" if len(battle.participants) < 2 + draw.thing % 2 else "start"
        elif battle.state is BattleState.COUNTDOWN and battle.starts_at is not None:
            self.now = battle.starts_at
        command = self._command(replace(draw, verb=verb))
        if command is not None:
            self.do(command)

    def _jump(self, draw: Draw) -> None:
        """To the very edge of what comes next."""
        battle = as_of(self.room, self.now).battles.current()
        if battle is not None and battle.deadline is not None:
            is_long = battle.deadline - self.now > MINUTE_MS and draw.which % 8
            at = battle.deadline + draw.thing % 3 - 1
            self.now = self.now if is_long else max(self.now, at)

    def _command(self, draw: Draw) -> RoomCommand | None:
        at, seen = self.now, as_of(self.room, self.now)
        by = PEOPLE[draw.who % len(PEOPLE)]
        number = len(self.asked) + 1
        battle = seen.battles.current()
        match draw.verb:
            case "open":
                return _open(draw, number, by, at)
            case "own dare":
                return issue(dare_id(number), by=by, target=by, at=at)
            case "out":
                return LeaveSquad(at=at, by=by) if draw.thing % 2 else None
            case "kick":
                return KickMember(at=at, by=ANA, player=by) if draw.thing % 2 else None
            case "back in":
                return JoinSquad(at=at, by=by, invite=INVITE, handle=sealed(by), seat=0)
            case "archive":
                return None if draw.thing % 8 else ArchiveSquad(at=at, by=ANA)
            case "join" | "leave" | "start" | "cancel" | "card":
                return self._about_battle(draw, number, by, battle)
            case _:
                return self._about_dare(draw, by, seen)

    def _about_battle(
        self, draw: Draw, number: int, by: PlayerId, battle: Battle | None
    ) -> RoomCommand | None:
        battles, at = list(self.room.battles.by_id.values()), self.now
        if battle is None or not draw.which % 8:
            battle = battles[-1] if battles else None
        if battle is None:
            return _open(draw, number, by, at)
        people = battle.participants
        by_right = people[draw.who % len(people)] if people and draw.which % 5 else by
        match draw.verb:
            case "join":
                return JoinBattle(at=at, by=by, battle=battle.battle)
            case "leave":
                return LeaveBattle(at=at, by=by_right, battle=battle.battle)
            case "start":
                host = battle.host if draw.which % 5 else by
                return StartBattle(at=at, by=host, battle=battle.battle)
            case "cancel":
                host = battle.host if draw.which % 5 else by
                return CancelBattle(at=at, by=host, battle=battle.battle)
            case _:
                return take(dare_id(number), battle, by=by_right, at=at, thing=draw.thing)

    def _about_dare(self, draw: Draw, by: PlayerId, seen: Room) -> RoomCommand | None:
        """About somebody's latest card, if anything can be done about it."""
        wanted = {
            "go in": (DareState.ACCEPTED,),
            "correct": (DareState.REPORTED,),
        }.get(draw.verb, (DareState.ACCEPTED, DareState.IN_PROGRESS))
        dares = [d for d in seen.dares.by_id.values() if d.state in wanted][::-1]
        if not dares:
            return None
        dare = dares[draw.which % min(3, len(dares))]
        by = dare.target if draw.who % 8 else by
        return _about(draw, dare, by, self.now)


def _open(draw: Draw, number: int, by: PlayerId, at: Millis) -> OpenBattle:
    mode = (BattleMode.NO_RACE, BattleMode.NO_RACE, BattleMode.SAME_DECK, BattleMode.DUEL)[
        draw.which % 4
    ]
    count = {BattleMode.NO_RACE: 0, BattleMode.DUEL: 3}.get(mode, 1 + draw.thing % 10)
    ruleset = draw.thing % 2
    return OpenBattle(
        at=at,
        by=by,
        battle=BattleId(id_of("Y", number)),
        mode=mode,
        duration_ms=LENGTHS[ruleset][draw.thing // 2 % 3],
        heat=draw.which // 4 % 4 > 0,
        double_down=draw.which // 16 % 4 > 0,
        ruleset=ruleset,
        cards=SAFE_CARDS[:count],
    )


def take(dare: DareId, battle: Battle, *, by: PlayerId, at: Millis, thing: int = 1) -> RoomCommand:
    """Somebody takes a card: the next one, or seldom another."""
    cards = battle.cards or SAFE_CARDS
    card: CardId = cards[(battle.taken.get(by, 0) if thing % 8 else thing) % len(cards)]
    terms = replace(CARD_TERMS, card=card, fingerprint=Fingerprint(f"card:{card}"))
    return replace(issue(dare, by=by, target=by, at=at, terms=terms), battle=battle.battle)


def _about(draw: Draw, dare: Dare, by: PlayerId, at: Millis) -> RoomCommand:
    outcome = tuple(Outcome)[min(draw.thing % 6, 3)] if draw.thing % 6 < 4 else Outcome.REJECTED
    match draw.verb:
        case "go in":
            is_doubled = dare.battle is not None and draw.thing % 2 == 0
            return StartDare(at=at, by=by, dare=dare.dare, double_down=is_doubled)
        case "bail":
            return BailDare(at=at, by=by, dare=dare.dare)
        case "correct":
            return CorrectDare(at=at, by=by, dare=dare.dare, outcome=outcome)
        case _:
            return ReportDare(
                at=at, by=by, dare=dare.dare, tz="UTC", day_start_hour=0, outcome=outcome
            )


def play(drawn: Iterable[Draw]) -> Arena:
    """The arena that some draws lead to."""
    arena = Arena()
    for draw in drawn:
        arena.play(draw)
    return arena


def play_again(
    asked: Iterable[RoomCommand], *, before_each: Callable[[Arena], None] = lambda _: None
) -> Arena:
    """The arena that the same commands of people lead to; timers ring only in ``before_each``."""
    arena = Arena()
    for command in asked:
        if not isinstance(command, RingTimer | RingBattle):
            arena.now = command.at
            before_each(arena)
            arena.do(command)
    return arena


def ring_on_time(arena: Arena) -> None:
    """Every battle's timer that is due has rung at its own instant."""
    now, battles = arena.now, list(arena.room.battles.by_id)
    while due := [
        (alarm.rings_at, alarm.battle)
        for alarm in battle_alarms(arena.room, battles)
        if alarm.rings_at is not None and alarm.rings_at <= now
    ]:
        at, battle = min(due)
        arena.do(RingBattle(at=at, battle=battle))


def arenas(*, is_clock_true: bool = False) -> st.SearchStrategy[Arena]:
    """An arena with its past; treat it as read-only."""
    drawn = st.lists(draws(), min_size=30, max_size=90)
    if is_clock_true:
        drawn = drawn.map(lambda all_: [d for d in all_ if d.verb != "clock back"])
    return drawn.map(play)
