"""From bodies to the commands about dares and cheers; ``building`` lists them."""

from collections.abc import Sequence
from typing import cast

from domain import deck
from domain.cheers import GiveCheer
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
from domain.dares.terms import Terms
from domain.facts import Fact
from domain.ids import BattleId, CardId, DareId, Fingerprint, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import Room
from server.clock import is_id
from server.commands.handling import Case, Handler, Key, named_squad
from server.commands.submission import Submission
from server.commands.words import clean, only_words
from server.protocol import bodies
from server.protocol.server_messages import Body
from server.secret import Purpose


def _issue(case: Case) -> IssueDare:
    body = cast(bodies.DareIssue, case.submission.body)
    text = None if body.text is None else clean(body.text)
    return IssueDare(
        at=case.at,
        by=case.by,
        dare=DareId(case.submission.new_id),
        target=PlayerId(body.target),
        terms=_terms(case, body, text),
        text_length=None if text is None else len(text),
        ruleset=case.tools.ruleset,
        answer_within_ms=_ms(body.answer_within_s),
        attempt_within_ms=_ms(body.attempt_within_s),
        repeat_of=_reference(body.repeat_of, "repeat_of"),
        call=_reference(body.call, "call"),
        battle=None if body.battle is None else BattleId(body.battle),
        open_elsewhere=_open_elsewhere(case),
        issued_elsewhere=_issued_elsewhere(case),
    )


def _waiting_and_issued(submission: Submission) -> Sequence[Key]:
    target = cast(bodies.DareIssue, submission.body).target
    return [("open", target), ("issue", submission.actor)]


def _open_elsewhere(case: Case) -> tuple[PlayerId, ...]:
    owners = [claim.owner.split(":") for claim in case.found.of("open")]
    return tuple(PlayerId(issuer) for squad, issuer in owners if squad != case.submission.squad)


def _issued_elsewhere(case: Case) -> tuple[int, ...]:
    issued = case.found.of("issue")
    return tuple(claim.at for claim in issued if claim.owner != case.submission.squad)


def _terms(case: Case, body: bodies.DareIssue, text: str | None) -> Terms:
    if body.card is not None:
        card = deck.BY_ID.get(CardId(body.card))
        if card is None:
            raise Refusal(RefusalCode.NOT_FOUND, "There is no such card.", field="card")
        return Terms(
            kind=card.kind,
            difficulty=card.difficulty,
            categories=card.categories,
            fingerprint=Fingerprint(f"card:{card.card}"),
            card=card.card,
            text=None if text is None else case.seal(text),
        )
    if text is None or body.kind is None or body.difficulty is None:
        missing = "text" if text is None else "kind" if body.kind is None else "difficulty"
        raise Refusal(
            RefusalCode.BAD_INPUT, "Pick a card, or say it in your own words.", field=missing
        )
    digest = case.tools.secret.keyed_hash(Purpose.FINGERPRINTS, only_words(text).encode())
    return Terms(
        kind=body.kind,
        difficulty=body.difficulty,
        categories=tuple(sorted(set(body.categories))),
        fingerprint=Fingerprint(f"words:{digest.hex()}"),
        text=case.seal(text),
    )


def _accept(case: Case) -> AcceptDare:
    body = cast(bodies.DareAccept, case.submission.body)
    return AcceptDare(
        at=case.at,
        by=case.by,
        dare=DareId(body.dare),
        difficulty=body.difficulty,
        rewording=None if body.text is None else _rewording(case, body.dare, clean(body.text)),
    )


def _rewording(case: Case, dare_id: str, after: str) -> Rewording:
    """The shortened words stay the issuer's, under the issuer's key (rules §10)."""
    dare = case.room.dares.by_id.get(DareId(dare_id))
    text = None if dare is None else dare.terms.text
    before = None if text is None else case.tools.keys.open(text)
    if dare is None or before is None or case.by != dare.target:
        raise Refusal(RefusalCode.BAD_INPUT, "These words cannot be changed.", field="text")
    return Rewording(before=before, after=after, sealed=case.tools.keys.seal(dare.issuer, after))


def _decline(case: Case) -> DeclineDare:
    return DeclineDare(at=case.at, by=case.by, dare=_dare(case))


def _start(case: Case) -> StartDare:
    body = cast(bodies.DareStart, case.submission.body)
    return StartDare(at=case.at, by=case.by, dare=DareId(body.dare), double_down=body.double_down)


def _bail(case: Case) -> BailDare:
    return BailDare(at=case.at, by=case.by, dare=_dare(case))


def _withdraw(case: Case) -> WithdrawDare:
    body = cast(bodies.DareWithdraw, case.submission.body)
    return WithdrawDare(at=case.at, by=case.by, dare=DareId(body.dare), reason=body.reason)


def _report(case: Case) -> ReportDare:
    body = cast(bodies.DareReport, case.submission.body)
    line = clean(body.line) if body.line else ""
    return ReportDare(
        at=case.at,
        by=case.by,
        dare=DareId(body.dare),
        tz=case.actor.tz,
        day_start_hour=case.actor.day_start_hour,
        outcome=body.outcome,
        counts=body.counts,
        line=case.seal(line) if line else None,
        line_length=len(line),
        claimed_at=body.claimed_at,
    )


def _correct(case: Case) -> CorrectDare:
    body = cast(bodies.DareCorrect, case.submission.body)
    return CorrectDare(
        at=case.at,
        by=case.by,
        dare=DareId(body.dare),
        outcome=body.outcome,
        counts=body.counts,
    )


def _cheer(case: Case) -> GiveCheer:
    body = cast(bodies.GiveCheer, case.submission.body)
    return GiveCheer(at=case.at, by=case.by, dare=DareId(body.dare), emoji=body.emoji)


def _dared(submission: Submission, room: Room) -> PlayerId | None:
    target = PlayerId(cast(bodies.DareIssue, submission.body).target)
    return target if target in room.squad.members else None


def _target_of_dare(submission: Submission, room: Room) -> PlayerId | None:
    body = cast(bodies.DareWithdraw | bodies.GiveCheer, submission.body)
    dare = room.dares.by_id.get(DareId(body.dare))
    return None if dare is None else dare.target


def _dare_answer(submission: Submission, _facts: Sequence[Fact], _stream: str) -> Body:
    return {"dare": submission.new_id}


def _dare(case: Case) -> DareId:
    return DareId(cast(bodies.DareOnly, case.submission.body).dare)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


def _reference(text: str | None, field: str) -> DareId | None:
    if text is None:
        return None
    if not is_id(text):
        raise Refusal(RefusalCode.BAD_INPUT, "This is not an id.", field=field)
    return DareId(text)


HANDLERS: dict[str, Handler] = {
    "dare.issue": Handler(
        build=_issue,
        stream=named_squad,
        answer=_dare_answer,
        under=_waiting_and_issued,
        whom=_dared,
    ),
    "dare.accept": Handler(build=_accept, stream=named_squad),
    "dare.decline": Handler(build=_decline, stream=named_squad),
    "dare.start": Handler(build=_start, stream=named_squad),
    "dare.bail": Handler(build=_bail, stream=named_squad),
    "dare.withdraw": Handler(build=_withdraw, stream=named_squad, whom=_target_of_dare),
    "dare.report": Handler(build=_report, stream=named_squad),
    "dare.correct": Handler(build=_correct, stream=named_squad),
    "cheer": Handler(build=_cheer, stream=named_squad, whom=_target_of_dare),
}
