"""What a command about a dare leads to: the table of rules §3, one function a row."""

from typing import TypedDict

from domain.dares.commands import (
    AcceptDare,
    BailDare,
    CorrectDare,
    DeclineDare,
    IssueDare,
    ReportDare,
    Rewording,
    StartDare,
    WithdrawDare,
)
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
    WithdrawReason,
)
from domain.dares.state import ISSUES_A_DAY, LIVE, START_LASTS_MS, Dare, Dares, DareState
from domain.dares.terms import Category, DareKind, Terms
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    BattleId,
    CardId,
    DareId,
    Fingerprint,
    Millis,
    PlayerId,
)
from domain.personal import Sealed
from domain.refusals import Refusal, RefusalCode
from domain.scoring import Counts, Outcome, outcome_of
from domain.squads.decide import member_of
from domain.squads.state import Squad
from domain.weeks import day_of

POLICY_VERSION = 1
"""Of the safety checks that a dare passed when it was issued (rules §9); the list is empty yet."""
TEXT_LENGTH = range(1, 281)
LINE_LENGTH = range(501)
DIFFICULTY = range(1, 6)
ANSWER_MS, ANSWER_MS_ALLOWED = DAY_MS, range(15 * MINUTE_MS, 7 * DAY_MS + 1)
ATTEMPT_MS, ATTEMPT_MS_ALLOWED = 3 * DAY_MS, range(15 * MINUTE_MS, 14 * DAY_MS + 1)
WITNESS_WINDOW_MS = 12 * HOUR_MS
CLAIM_WINDOW_MS = DAY_MS
CORRECTION_MS = 10 * MINUTE_MS
"""How long after a report its outcome may be put right, once."""
OPEN_FOR_PAIR = 3
OPEN_FOR_TARGET = 10


def issue(dares: Dares, squad: Squad, command: IssueDare) -> tuple[DareFact, ...]:
    """An offer; a dare to oneself is taken on at once.

    Raises:
        Refusal: BAD_INPUT, FORBIDDEN, TARGET_UNAVAILABLE, QUOTA, or WRONG_STATE if the id is taken.
    """
    member_of(squad, command.by)
    if command.dare in dares.by_id:
        raise Refusal(RefusalCode.WRONG_STATE, "This dare exists already.")
    _check_terms(command)
    answer_ms = _span(
        command.answer_within_ms, ANSWER_MS, ANSWER_MS_ALLOWED, "answer_within_s", "7 days"
    )
    attempt_ms = _span(
        command.attempt_within_ms, ATTEMPT_MS, ATTEMPT_MS_ALLOWED, "attempt_within_s", "14 days"
    )
    if command.target not in squad.members:
        raise _unavailable()
    if command.battle is None:
        _check_limits(dares, command)
    offer = DareIssued(
        at=command.at,
        by=command.by,
        dare=command.dare,
        issuer=command.by,
        target=command.target,
        was_accepted=False,
        **_whole(command.terms),
        ruleset=command.ruleset,
        answer_by=command.at + answer_ms,
        attempt_within_ms=attempt_ms,
        policy_version=POLICY_VERSION,
        repeat_of=command.repeat_of,
        call=command.call,
        battle=command.battle,
    )
    if command.target != command.by:
        return (offer,)
    accepted = DareAccepted(
        at=command.at,
        by=command.by,
        dare=command.dare,
        issuer=command.by,
        target=command.by,
        was_accepted=True,
        **_whole(command.terms),
        ruleset=command.ruleset,
        attempt_by=command.at + attempt_ms,
        battle=command.battle,
    )
    return (offer, accepted)


def accept(dares: Dares, squad: Squad, command: AcceptDare) -> tuple[DareFact, ...]:
    """The agreed terms, one level lower or higher and with fewer words if the target likes.

    Raises:
        Refusal: what ``_target_of`` raises, or BAD_INPUT.
    """
    dare = _target_of(dares, squad, command.by, command.dare)
    _expect(dare, command.by, DareState.OFFERED)
    difficulty = dare.terms.difficulty if command.difficulty is None else command.difficulty
    if difficulty not in DIFFICULTY or abs(difficulty - dare.terms.difficulty) > 1:
        raise Refusal(
            RefusalCode.BAD_INPUT, "You can go one level lower or higher.", field="difficulty"
        )
    terms = _whole(dare.terms)
    terms["difficulty"] = difficulty
    if command.rewording is not None:
        terms["text"] = _shorter(dare, command.rewording)
    accepted = DareAccepted(
        at=command.at,
        by=command.by,
        dare=dare.dare,
        issuer=dare.issuer,
        target=dare.target,
        was_accepted=True,
        **terms,
        ruleset=dare.ruleset,
        attempt_by=command.at + dare.attempt_within_ms,
    )
    return (accepted,)


def decline(dares: Dares, squad: Squad, command: DeclineDare) -> tuple[DareFact, ...]:
    """Free: changes no number anywhere (INV-D5)."""
    dare = _target_of(dares, squad, command.by, command.dare)
    _expect(dare, command.by, DareState.OFFERED)
    return (DareDeclined(at=command.at, by=command.by, **_parties(dare)),)


def start(dares: Dares, squad: Squad, command: StartDare) -> tuple[DareFact, ...]:
    """Going in, for two hours at most."""
    dare = _target_of(dares, squad, command.by, command.dare)
    _expect(dare, command.by, DareState.ACCEPTED)
    lapses_at = command.at + START_LASTS_MS
    started = DareStarted(
        at=command.at,
        by=command.by,
        **_parties(dare),
        lapses_at=lapses_at,
        doubled=command.double_down,
    )
    return (started,)


def bail(dares: Dares, squad: Squad, command: BailDare) -> tuple[DareFact, ...]:
    """Free, like a decline."""
    dare = _target_of(dares, squad, command.by, command.dare)
    _expect(dare, command.by, DareState.ACCEPTED, DareState.IN_PROGRESS)
    return (DareBailed(at=command.at, by=command.by, **_parties(dare)),)


def withdraw(dares: Dares, squad: Squad, command: WithdrawDare) -> tuple[DareFact, ...]:
    """Take it back. Once accepted, only a worry about safety is reason enough.

    Raises:
        Refusal: FORBIDDEN for anyone but the issuer, WRONG_STATE, BAD_INPUT without the reason.
    """
    member_of(squad, command.by)
    dare = _seen_by(dares, command.by, command.dare)
    if dare.issuer != command.by:
        raise Refusal(RefusalCode.FORBIDDEN, "Only whoever dared can take it back.")
    _expect(dare, command.by, DareState.OFFERED, DareState.ACCEPTED)
    if command.reason not in (None, WithdrawReason.SAFETY):
        raise Refusal(RefusalCode.BAD_INPUT, "That reason is not yours to give.", field="reason")
    if dare.was_accepted and command.reason is not WithdrawReason.SAFETY:
        raise Refusal(
            RefusalCode.BAD_INPUT,
            "They said yes already: it can be taken back for safety only.",
            field="reason",
        )
    withdrawn = DareWithdrawn(at=command.at, by=command.by, **_parties(dare), reason=command.reason)
    return (withdrawn,)


def report(
    dares: Dares, squad: Squad, command: ReportDare, battle: BattleId | None = None
) -> tuple[DareFact, ...]:
    """What the world answered, dated for the board, the XP day and the streak (§5, §6, §7).

    ``battle`` is the one in which it counts (``battles.decide.counting``).

    Raises:
        Refusal: what ``_target_of`` raises, or BAD_INPUT.
    """
    dare = _target_of(dares, squad, command.by, command.dare)
    _expect(dare, command.by, DareState.ACCEPTED, DareState.IN_PROGRESS)
    if command.line_length not in LINE_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A line has at most 500 characters.", field="line")
    day_at = _credited_at(dare, command)
    reported = DareReported(
        at=command.at,
        by=command.by,
        **_parties(dare),
        **_whole(dare.terms),
        ruleset=dare.ruleset,
        outcome=_outcome(command.outcome, command.counts),
        counts=command.counts,
        line=command.line,
        arrived_at=command.at,
        week=squad.calendar.week_of(command.at),
        xp_day=day_of(command.at, command.tz, command.day_start_hour),
        local_day=day_of(day_at, command.tz, command.day_start_hour),
        tz=command.tz,
        settles_at=command.at + WITNESS_WINDOW_MS,
        battle=battle,
        doubled=battle is not None and dare.going_in is not None and dare.going_in.doubled,
        claimed_at=command.claimed_at,
    )
    return (reported,)


def correct(dares: Dares, squad: Squad, command: CorrectDare) -> tuple[DareFact, ...]:
    """Another outcome is in force; the report's dates stay as they are (INV-D3).

    Raises:
        Refusal: what ``_target_of`` raises, BAD_INPUT, WRONG_STATE for a second correction, or
            DEADLINE_PASSED ten minutes after the report.
    """
    dare = _target_of(dares, squad, command.by, command.dare)
    if dare.answer is None:
        raise Refusal(RefusalCode.WRONG_STATE, "There is nothing to put right here.")
    if command.at >= dare.answer.arrived_at + CORRECTION_MS:
        raise Refusal(RefusalCode.DEADLINE_PASSED, "After ten minutes a report stands.")
    if dare.answer.is_corrected:
        raise Refusal(RefusalCode.WRONG_STATE, "You put this one right already.")
    outcome = _outcome(command.outcome, command.counts)
    if (outcome, command.counts) == (dare.answer.outcome, dare.answer.counts):
        raise Refusal(RefusalCode.BAD_INPUT, "That is what you said.", field="outcome")
    corrected = DareCorrected(
        at=command.at, by=command.by, **_parties(dare), outcome=outcome, counts=command.counts
    )
    return (corrected,)


def due(dare: Dare, at: Millis) -> DareFact | None:
    """What time alone does to a dare by ``at``: the next fact, or None (INV-D7)."""
    if dare.deadline is None or at < dare.deadline:
        return None
    if dare.state is DareState.REPORTED:
        return DareSettled(at=at, by=None, **_parties(dare))
    if dare.state is DareState.IN_PROGRESS and dare.deadline < dare.attempt_ends_at:
        return DareStartLapsed(at=at, by=None, **_parties(dare))
    return DareExpired(at=at, by=None, **_parties(dare))


def end_all_of(dares: Dares, player: PlayerId, at: Millis, by: PlayerId | None) -> list[DareFact]:
    """Whoever is out has no open dares, on neither side; a report stands (INV-S5)."""
    theirs = [d for d in dares.open_dares() if player in (d.issuer, d.target)]
    return [_ended(dare, at, by, WithdrawReason.PARTY_LEFT) for dare in theirs]


def end_all(dares: Dares, at: Millis, by: PlayerId | None) -> list[DareFact]:
    """Every open dare of a squad that ends, ends with it; a report stands (INV-S5)."""
    return [_ended(d, at, by, WithdrawReason.SQUAD_ARCHIVED) for d in dares.open_dares()]


def _ended(dare: Dare, at: Millis, by: PlayerId | None, reason: WithdrawReason) -> DareWithdrawn:
    return DareWithdrawn(at=at, by=by, **_parties(dare), reason=reason)


class _Parties(TypedDict):
    dare: DareId
    issuer: PlayerId
    target: PlayerId
    was_accepted: bool


class _Whole(TypedDict):
    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...]
    fingerprint: Fingerprint
    card: CardId | None
    text: Sealed | None


def _parties(dare: Dare) -> _Parties:
    return {
        "dare": dare.dare,
        "issuer": dare.issuer,
        "target": dare.target,
        "was_accepted": dare.was_accepted,
    }


def _whole(terms: Terms) -> _Whole:
    return {
        "kind": terms.kind,
        "difficulty": terms.difficulty,
        "categories": terms.categories,
        "fingerprint": terms.fingerprint,
        "card": terms.card,
        "text": terms.text,
    }


def _target_of(dares: Dares, squad: Squad, by: PlayerId, dare_id: DareId) -> Dare:
    member_of(squad, by)
    dare = _seen_by(dares, by, dare_id)
    if dare.target != by:
        raise Refusal(RefusalCode.FORBIDDEN, "This dare is for somebody else.")
    return dare


def _seen_by(dares: Dares, by: PlayerId, dare_id: DareId) -> Dare:
    """The dare, unless it is an offer between two others: then it does not exist (INV-D6)."""
    dare = dares.by_id.get(dare_id)
    if dare is None or not (dare.was_accepted or by in (dare.issuer, dare.target)):
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such dare.", field="dare")
    return dare


def _expect(dare: Dare, by: PlayerId, *states: DareState) -> None:
    if dare.state in states:
        return
    if dare.state in LIVE:
        state = dare.state.lower().replace("_", " ")
        raise Refusal(RefusalCode.WRONG_STATE, f"This dare is {state}.")
    # The same answer whether or not the timer has fired yet (INV-D7); and how a dare came to
    # nothing is its target's to know (INV-D6).
    if dare.state is DareState.EXPIRED and by == dare.target:
        raise Refusal(RefusalCode.DEADLINE_PASSED, "Time ran out on this one. That's free.")
    raise Refusal(RefusalCode.WRONG_STATE, "This dare is over.")


def _check_terms(command: IssueDare) -> None:
    if command.terms.difficulty not in DIFFICULTY:
        raise Refusal(RefusalCode.BAD_INPUT, "Comfort goes from 1 to 5.", field="difficulty")
    if (command.terms.card is None) == (command.terms.text is None):
        raise Refusal(RefusalCode.BAD_INPUT, "A dare is a card or your own words.", field="text")
    if command.text_length is not None and command.text_length not in TEXT_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A dare has 1 to 280 characters.", field="text")


def _check_limits(dares: Dares, command: IssueDare) -> None:
    """At most 3 open for a pair, 10 for a target, and 20 issues in any 24 hours (rules §3)."""
    here = [d.issuer for d in dares.open_dares() if d.target == command.target and not d.battle]
    issuers = (*here, *command.open_elsewhere)
    if issuers.count(command.by) >= OPEN_FOR_PAIR:
        raise Refusal(
            RefusalCode.QUOTA,
            "They have three of yours. Let them answer those first.",
            field="target",
        )
    if len(issuers) >= OPEN_FOR_TARGET:
        raise _unavailable()  # and not why: offers of others are nobody else's to know (INV-Y1)
    issued = (*dares.issues.get(command.by, ()), *command.issued_elsewhere)
    recent = sorted(at for at in issued if command.at - at < DAY_MS)
    if len(recent) >= ISSUES_A_DAY:
        raise Refusal(
            RefusalCode.QUOTA,
            "That's 20 dares in a day. Time to do one?",
            retry_after_ms=recent[-ISSUES_A_DAY] + DAY_MS - command.at,
        )


def _unavailable() -> Refusal:
    return Refusal(RefusalCode.TARGET_UNAVAILABLE, "They can't be dared right now.")


def _span(
    given: Millis | None, default: Millis, allowed: range, field: str, longest: str
) -> Millis:
    span = default if given is None else given
    if span not in allowed:
        raise Refusal(
            RefusalCode.BAD_INPUT, f"Choose between 15 minutes and {longest}.", field=field
        )
    return span


def _shorter(dare: Dare, rewording: Rewording) -> Sealed:
    """Words may only be dropped: what is left stands in the old order."""
    rest = iter(rewording.before.split())
    words = rewording.after.split()
    if dare.terms.text is None or not words or not all(word in rest for word in words):
        raise Refusal(RefusalCode.BAD_INPUT, "Words can only be dropped.", field="text")
    return rewording.sealed


def _outcome(said: Outcome | None, counts: Counts | None) -> Outcome:
    if counts is None:
        if said is None:
            raise Refusal(RefusalCode.BAD_INPUT, "What did they say?", field="outcome")
        return said
    outcome = outcome_of(counts)
    if said not in (None, outcome):
        raise Refusal(
            RefusalCode.BAD_INPUT, f"These numbers say {outcome.lower()}.", field="outcome"
        )
    return outcome


def _credited_at(dare: Dare, command: ReportDare) -> Millis:
    """The instant that names the streak's day: a report made offline may name its own (§6)."""
    claimed = command.claimed_at
    assert dare.accepted_at is not None, "an open attempt was accepted"
    if claimed is None or not (
        dare.accepted_at <= claimed <= command.at <= claimed + CLAIM_WINDOW_MS
    ):
        return command.at
    return claimed
