"""The facts about a battle (rules §8). None of them holds a score: that is a fold of reports."""

from enum import StrEnum
from typing import Annotated

from domain.facts import Fact, Unseen
from domain.ids import BattleId, CardId, Millis, PlayerId
from domain.weeks import DayId, WeekId


class BattleMode(StrEnum):
    """NO_RACE: any card, most points. SAME_DECK: the same cards in order. DUEL: that, for two."""

    NO_RACE = "NO_RACE"
    SAME_DECK = "SAME_DECK"
    DUEL = "DUEL"


class CancelReason(StrEnum):
    """Why a battle came to nothing."""

    BY_HOST = "BY_HOST"
    TOO_FEW = "TOO_FEW"
    NOT_STARTED = "NOT_STARTED"
    SQUAD_ARCHIVED = "SQUAD_ARCHIVED"


class AboutBattle(Fact, frozen=True, kw_only=True):
    """What each fact about a battle carries."""

    battle: BattleId


class BattleOpened(AboutBattle, frozen=True, kw_only=True):
    """A lobby. ``cards`` are those drawn, in the order in which they are taken."""

    host: PlayerId
    mode: BattleMode
    duration_ms: Millis
    heat: bool
    double_down: bool
    ruleset: int
    cards: tuple[CardId, ...] = ()


class BattleJoined(AboutBattle, frozen=True, kw_only=True):
    """Somebody takes part; the host does from the start."""

    player: PlayerId


class BattleLeft(AboutBattle, frozen=True, kw_only=True):
    """Somebody takes part no longer. What they scored stays."""

    player: PlayerId


class BattleCountdownStarted(AboutBattle, frozen=True, kw_only=True):
    """The host has started it."""

    starts_at: Millis


class BattleWentLive(AboutBattle, frozen=True, kw_only=True):
    """Cards can be taken, and reports count."""

    ends_at: Millis


class BattleGraceStarted(AboutBattle, frozen=True, kw_only=True):
    """Time is up; whoever was going in may still report until ``until``."""

    until: Millis


class BattleFinished(AboutBattle, frozen=True, kw_only=True):
    """The score stands as it is here. ``week`` and ``day`` are the squad's, of the deadline."""

    week: WeekId
    day: Annotated[DayId, Unseen]


class BattleCancelled(AboutBattle, frozen=True, kw_only=True):
    """It came to nothing and awards nothing (INV-B3)."""

    reason: CancelReason


BattleFact = (
    BattleOpened
    | BattleJoined
    | BattleLeft
    | BattleCountdownStarted
    | BattleWentLive
    | BattleGraceStarted
    | BattleFinished
    | BattleCancelled
)
