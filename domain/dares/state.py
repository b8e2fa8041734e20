"""What a squad's dare facts amount to: every dare with its state and its next deadline."""

from enum import StrEnum
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.dares.events import (
    DareAccepted,
    DareBailed,
    DareCorrected,
    DareDeclined,
    DareExpired,
    DareFact,
    DareIssued,
    DareReported,
    DareSettled,
    DareStarted,
    DareStartLapsed,
    DareWithdrawn,
)
from domain.dares.terms import Terms
from domain.ids import HOUR_MS, BattleId, DareId, Millis, PlayerId
from domain.scoring import Counts, Outcome

REPORT_GRACE_MS = 12 * HOUR_MS
"""How long after ``attempt_by`` a report still counts: it may have been made without a net."""

START_LASTS_MS = 2 * HOUR_MS


class DareState(StrEnum):
    """Where a dare stands. The first four are live, the rest are for ever (INV-D1)."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    REPORTED = "REPORTED"
    SETTLED = "SETTLED"
    DECLINED = "DECLINED"
    BAILED = "BAILED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


OPEN = frozenset({DareState.OFFERED, DareState.ACCEPTED, DareState.IN_PROGRESS})
LIVE = OPEN | {DareState.REPORTED}


class Answer(Struct, frozen=True, kw_only=True):
    """What the world answered, as reported last; ``arrived_at`` is when it was reported first."""

    outcome: Outcome
    counts: Counts | None
    arrived_at: Millis
    is_corrected: bool = False


class GoingIn(Struct, frozen=True, kw_only=True):
    """The target is out there: since when, and whether with no excuse (rules §8).

    ``since`` is when word of it arrived, which deadlines compare (§0); the fact's ``at`` only
    orders.
    """

    since: Millis
    doubled: bool


class Dare(Struct, frozen=True, kw_only=True):
    """One dare. ``deadline`` is the instant from which its state is another, None once it ended."""

    dare: DareId
    issuer: PlayerId
    target: PlayerId
    state: DareState
    terms: Terms
    ruleset: int
    deadline: Millis | None
    attempt_within_ms: Millis
    attempt_by: Millis | None = None
    accepted_at: Millis | None = None
    going_in: GoingIn | None = None
    battle: BattleId | None = None
    answer: Answer | None = None

    @property
    def was_accepted(self) -> bool:
        """Whether the squad has seen this dare."""
        return self.accepted_at is not None

    @property
    def attempt_ends_at(self) -> Millis:
        """When an accepted dare expires."""
        assert self.attempt_by is not None, "only an accepted dare has an attempt to end"
        return self.attempt_by + REPORT_GRACE_MS


class Dares(Struct, kw_only=True):
    """All dares of a squad, a fold in progress (changed in place: see ``squads.state``).

    ``live`` holds the ids of those that have a deadline; ``issues`` the instants of each issuer's
    last issues, newest last, for the daily limit.
    """

    by_id: dict[DareId, Dare] = field(default_factory=dict)
    live: dict[DareId, None] = field(default_factory=dict)
    issues: dict[PlayerId, tuple[Millis, ...]] = field(default_factory=dict)

    def copy(self) -> "Dares":
        """Dares that can go their own way; the frozen values in them are shared."""
        return Dares(by_id=dict(self.by_id), live=dict(self.live), issues=dict(self.issues))

    def open_dares(self) -> list[Dare]:
        """Every dare that waits for an answer or an attempt, in order of issue."""
        return [self.by_id[d] for d in self.live if self.by_id[d].state in OPEN]


ISSUES_A_DAY = 20


def evolve(dares: Dares, fact: DareFact) -> None:
    """Apply one more fact, in place."""
    if isinstance(fact, DareIssued):
        dares.by_id[fact.dare] = _offered(fact)
        dares.live[fact.dare] = None
        if fact.battle is None:  # cards taken in a battle are outside the limit (rules §8)
            recent = dares.issues.get(fact.issuer, ())
            dares.issues[fact.issuer] = (*recent, fact.at)[-ISSUES_A_DAY:]
        return
    dare = _after(dares.by_id[fact.dare], fact)
    dares.by_id[fact.dare] = dare
    if dare.deadline is None:
        del dares.live[fact.dare]


def _offered(fact: DareIssued) -> Dare:
    return Dare(
        dare=fact.dare,
        issuer=fact.issuer,
        target=fact.target,
        state=DareState.OFFERED,
        terms=_terms(fact),
        ruleset=fact.ruleset,
        deadline=fact.answer_by,
        attempt_within_ms=fact.attempt_within_ms,
        battle=fact.battle,
    )


def _terms(fact: DareIssued | DareAccepted) -> Terms:
    return Terms(
        kind=fact.kind,
        difficulty=fact.difficulty,
        categories=fact.categories,
        fingerprint=fact.fingerprint,
        card=fact.card,
        text=fact.text,
    )


def _after(
    dare: Dare,
    fact: DareAccepted
    | DareDeclined
    | DareStarted
    | DareStartLapsed
    | DareBailed
    | DareExpired
    | DareWithdrawn
    | DareReported
    | DareCorrected
    | DareSettled,
) -> Dare:
    match fact:
        case DareAccepted():
            return replace(
                dare,
                state=DareState.ACCEPTED,
                terms=_terms(fact),
                deadline=fact.attempt_by + REPORT_GRACE_MS,
                attempt_by=fact.attempt_by,
                accepted_at=fact.at,
            )
        case DareStarted():
            deadline = min(fact.lapses_at, dare.attempt_ends_at)
            return replace(
                dare,
                state=DareState.IN_PROGRESS,
                deadline=deadline,
                going_in=GoingIn(since=fact.lapses_at - START_LASTS_MS, doubled=fact.doubled),
            )
        case DareStartLapsed():
            return replace(
                dare,
                state=DareState.ACCEPTED,
                deadline=dare.attempt_ends_at,
                going_in=None,
            )
        case DareReported():
            answer = Answer(outcome=fact.outcome, counts=fact.counts, arrived_at=fact.arrived_at)
            return replace(
                dare,
                state=DareState.REPORTED,
                deadline=fact.settles_at,
                going_in=None,
                answer=answer,
            )
        case DareCorrected():
            assert dare.answer is not None, "only a report is corrected"
            answer = replace(
                dare.answer, outcome=fact.outcome, counts=fact.counts, is_corrected=True
            )
            return replace(dare, answer=answer)
        case DareSettled():
            return _over(dare, DareState.SETTLED)
        case DareDeclined():
            return _over(dare, DareState.DECLINED)
        case DareBailed():
            return _over(dare, DareState.BAILED)
        case DareExpired():
            return _over(dare, DareState.EXPIRED)
        case DareWithdrawn():
            return _over(dare, DareState.WITHDRAWN)
        case _:
            assert_never(fact)


def _over(dare: Dare, state: DareState) -> Dare:
    return replace(dare, state=state, deadline=None, going_in=None)
