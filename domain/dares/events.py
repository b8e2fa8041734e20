"""The facts about a dare (rules §3).

Every one names the dare, its issuer and its target, and says whether it had been accepted, so
that who may see it follows from the fact alone (protocol, "What one may see").
"""

from enum import StrEnum
from typing import Annotated

from domain.dares.terms import Category, DareKind
from domain.facts import Fact, Unseen
from domain.ids import BattleId, CardId, DareId, Fingerprint, Millis, PlayerId
from domain.personal import Sealed
from domain.scoring import Counts, Outcome
from domain.weeks import DayId, WeekId


class WithdrawReason(StrEnum):
    """Why a dare was taken back: for safety, because one of the two is out, or the squad is."""

    SAFETY = "SAFETY"
    PARTY_LEFT = "PARTY_LEFT"
    SQUAD_ARCHIVED = "SQUAD_ARCHIVED"


class AboutDare(Fact, frozen=True, kw_only=True):
    """What each fact about a dare carries."""

    dare: DareId
    issuer: PlayerId
    target: PlayerId
    was_accepted: Annotated[bool, Unseen]


class WithTerms(AboutDare, frozen=True, kw_only=True):
    """A fact that shows the terms whole: exactly one of ``card`` and ``text`` is there.

    ``battle`` is the one that the card was taken in; on a report, the one in which it counts.
    """

    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...]
    fingerprint: Annotated[Fingerprint, Unseen]
    ruleset: int
    card: CardId | None = None
    text: Sealed | None = None
    battle: BattleId | None = None


class DareIssued(WithTerms, frozen=True, kw_only=True):
    """An offer, seen by its issuer and its target alone."""

    answer_by: Millis
    attempt_within_ms: Millis
    policy_version: Annotated[int, Unseen]
    rules_hit: Annotated[tuple[str, ...], Unseen] = ()
    repeat_of: DareId | None = None
    call: str | None = None


class DareAccepted(WithTerms, frozen=True, kw_only=True):
    """The target will try; the agreed terms, whole, for the squad to see."""

    attempt_by: Millis


class DareDeclined(AboutDare, frozen=True, kw_only=True):
    """The target would rather not. Nobody else learns who or why (INV-D6)."""


class DareStarted(AboutDare, frozen=True, kw_only=True):
    """The target is going in, right now. ``doubled``: with no props and no excuse (rules §8)."""

    lapses_at: Millis
    doubled: bool = False


class DareStartLapsed(AboutDare, frozen=True, kw_only=True):
    """Nothing came of going in; the dare is open as before."""


class DareBailed(AboutDare, frozen=True, kw_only=True):
    """The target stepped back after accepting. Free, and nobody else learns of it."""


class DareExpired(AboutDare, frozen=True, kw_only=True):
    """Time ran out. Free."""


class DareWithdrawn(AboutDare, frozen=True, kw_only=True):
    """The issuer took the dare back, one of the two is out of the squad, or the squad ended."""

    reason: WithdrawReason | None = None


class DareReported(WithTerms, frozen=True, kw_only=True):
    """What the world answered. Scoring reads this fact and nothing but it."""

    outcome: Outcome
    arrived_at: Millis
    week: WeekId
    xp_day: Annotated[DayId, Unseen]
    local_day: Annotated[DayId, Unseen]
    tz: Annotated[str, Unseen]
    settles_at: Millis
    counts: Counts | None = None
    line: Sealed | None = None
    doubled: bool = False
    claimed_at: Annotated[Millis | None, Unseen] = None


class DareCorrected(AboutDare, frozen=True, kw_only=True):
    """The world had answered otherwise than reported: this outcome is in force (INV-D3)."""

    outcome: Outcome
    counts: Counts | None = None


class DareSettled(AboutDare, frozen=True, kw_only=True):
    """The witness window is over; the report stands."""


DareFact = (
    DareIssued
    | DareAccepted
    | DareDeclined
    | DareStarted
    | DareStartLapsed
    | DareBailed
    | DareExpired
    | DareWithdrawn
    | DareReported
    | DareCorrected
    | DareSettled
)
