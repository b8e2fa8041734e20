"""What a squad's battle facts amount to, with the reports that count."""

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.battles.events import (
    BattleCancelled,
    BattleCountdownStarted,
    BattleFact,
    BattleFinished,
    BattleGraceStarted,
    BattleJoined,
    BattleLeft,
    BattleMode,
    BattleOpened,
    BattleWentLive,
)
from domain.battles.points import PACES, CountedReport, Pace, Place, places
from domain.dares.events import AboutDare, DareCorrected, DareIssued, DareReported
from domain.ids import DAY_MS, BattleId, CardId, Millis, PlayerId

LOBBY_LASTS_MS = DAY_MS
"""A lobby that nobody starts is called off, so that a forgotten one does not bar the next."""


class BattleState(StrEnum):
    """Where a battle stands; the last two are for ever."""

    LOBBY = "LOBBY"
    COUNTDOWN = "COUNTDOWN"
    LIVE = "LIVE"
    GRACE = "GRACE"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


BEFORE_LIVE = frozenset({BattleState.LOBBY, BattleState.COUNTDOWN})
OVER = frozenset({BattleState.FINISHED, BattleState.CANCELLED})


class Battle(Struct, frozen=True, kw_only=True):
    """One battle.

    ``reports`` has a key for everybody who takes part or did while it was live, in order of
    joining; ``participants`` are those who do now; ``taken`` says how many cards somebody has had.
    """

    battle: BattleId
    host: PlayerId
    mode: BattleMode
    duration_ms: Millis
    heat: bool
    double_down: bool
    ruleset: int
    cards: tuple[CardId, ...]
    opened_at: Millis
    state: BattleState = BattleState.LOBBY
    starts_at: Millis | None = None
    participants: tuple[PlayerId, ...] = ()
    reports: Mapping[PlayerId, tuple[CountedReport, ...]] = field(default_factory=dict)
    taken: Mapping[PlayerId, int] = field(default_factory=dict)

    @property
    def pace(self) -> Pace:
        """The numbers it goes by."""
        return PACES[self.ruleset]

    @property
    def ends_at(self) -> Millis:
        """From when on nobody can go in; only a battle that was started has an end."""
        assert self.starts_at is not None, "a battle without a start has no end"
        return self.starts_at + self.duration_ms

    @property
    def grace_until(self) -> Millis:
        """From when on no report counts."""
        return self.ends_at + self.pace.grace_ms

    @property
    def deadline(self) -> Millis | None:
        """The instant from which its state is another; None once it is over."""
        match self.state:
            case BattleState.LOBBY:
                return self.opened_at + LOBBY_LASTS_MS
            case BattleState.COUNTDOWN:
                return self.starts_at
            case BattleState.LIVE:
                return self.ends_at
            case BattleState.GRACE:
                return self.grace_until
            case BattleState.FINISHED | BattleState.CANCELLED:
                return None
            case _:
                assert_never(self.state)

    def places(self) -> tuple[Place, ...]:
        """The table as it stands (INV-B0)."""
        return places(self.reports, heat=self.heat)


class Battles(Struct, kw_only=True):
    """All battles of a squad, a fold in progress.

    ``live`` holds the ids of those that are not over, in order of opening: one, and before it any
    whose time has passed while its timer has not rung yet.
    """

    by_id: dict[BattleId, Battle] = field(default_factory=dict)
    live: dict[BattleId, None] = field(default_factory=dict)

    def copy(self) -> "Battles":
        """Battles that can go their own way; the frozen values in them are shared."""
        return Battles(by_id=dict(self.by_id), live=dict(self.live))

    @property
    def active(self) -> BattleId | None:
        """The battle that is not over."""
        return next(reversed(self.live), None)

    def current(self) -> Battle | None:
        """The battle that is not over."""
        return None if self.active is None else self.by_id[self.active]

    def going_on(self, battle_id: BattleId | None) -> Battle | None:
        """This battle, unless it is over or there is none."""
        return self.by_id[battle_id] if battle_id in self.live else None


def evolve(battles: Battles, fact: BattleFact) -> None:
    """Apply one more fact, in place."""
    battle = after(battles.by_id.get(fact.battle), fact)
    battles.by_id[fact.battle] = battle
    if battle.state in OVER:
        del battles.live[fact.battle]
    else:
        battles.live[fact.battle] = None


def note_dare(battles: Battles, fact: AboutDare) -> None:
    """Apply what a dare's fact means to its battle, unless that is over, in place."""
    if isinstance(fact, DareIssued | DareReported):
        battle = battles.going_on(fact.battle)
    else:
        # A correction names none; it means nothing to one whose time is over (``after_dare``).
        battle = battles.current()
    if battle is not None:
        battles.by_id[battle.battle] = after_dare(battle, fact)


def after(battle: Battle | None, fact: BattleFact) -> Battle:
    """The battle after one of its own facts."""
    if isinstance(fact, BattleOpened):
        return _opened(fact)
    assert battle is not None, "a battle begins by being opened"
    match fact:
        case BattleJoined(player=player):
            return replace(
                battle,
                participants=(*battle.participants, player),
                reports={**battle.reports, player: battle.reports.get(player, ())},
            )
        case BattleLeft(player=player):
            rest = tuple(other for other in battle.participants if other != player)
            # By its instant, not by the state: the timer may not have rung yet (INV-D7).
            if battle.starts_at is not None and fact.at >= battle.starts_at:
                return replace(battle, participants=rest)
            # Whoever leaves before it is live has no part in the table.
            reports = {other: battle.reports[other] for other in rest}
            return replace(battle, participants=rest, reports=reports)
        case BattleCountdownStarted(starts_at=starts_at):
            return replace(battle, state=BattleState.COUNTDOWN, starts_at=starts_at)
        case BattleWentLive():
            return replace(battle, state=BattleState.LIVE)
        case BattleGraceStarted():
            return replace(battle, state=BattleState.GRACE)
        case BattleFinished():
            return replace(battle, state=BattleState.FINISHED)
        case BattleCancelled():
            return replace(battle, state=BattleState.CANCELLED)
        case _:
            assert_never(fact)


def after_dare(battle: Battle, fact: AboutDare) -> Battle:
    """The battle after a fact about a dare: a card taken, a report that counts, a correction."""
    if isinstance(fact, DareIssued) and fact.battle == battle.battle:
        taken = battle.taken.get(fact.target, 0) + 1
        return replace(battle, taken={**battle.taken, fact.target: taken})
    if isinstance(fact, DareReported) and fact.battle == battle.battle:
        report = CountedReport(
            dare=fact.dare, outcome=fact.outcome, doubled=fact.doubled, at=fact.arrived_at
        )
        return _with_reports(battle, fact.target, (*battle.reports[fact.target], report))
    if isinstance(fact, DareCorrected) and _is_open_to_corrections(battle, fact):
        mine = (
            replace(report, outcome=fact.outcome) if report.dare == fact.dare else report
            for report in battle.reports[fact.target]
        )
        return _with_reports(battle, fact.target, tuple(mine))
    return battle


def _opened(fact: BattleOpened) -> Battle:
    return Battle(
        battle=fact.battle,
        host=fact.host,
        mode=fact.mode,
        duration_ms=fact.duration_ms,
        heat=fact.heat,
        double_down=fact.double_down,
        ruleset=fact.ruleset,
        cards=fact.cards,
        opened_at=fact.at,
    )


def _is_open_to_corrections(battle: Battle, fact: DareCorrected) -> bool:
    # As long as a report could count, not until ``battle.finished``, which comes later or much
    # later: when the timer rings changes no score (INV-D7).
    is_in_time = battle.starts_at is not None and fact.at < battle.grace_until
    return is_in_time and fact.target in battle.reports


def _with_reports(battle: Battle, player: PlayerId, reports: tuple[CountedReport, ...]) -> Battle:
    return replace(battle, reports={**battle.reports, player: reports})
