"""What the facts about dares amount to."""

import pytest
from msgspec.structs import replace

from domain.dares.events import DareFact
from domain.dares.state import Answer, DareState
from domain.ids import DAY_MS, HOUR_MS, Millis
from domain.scoring import Counts, Outcome
from tests.examples import (
    AGREED,
    BEN,
    DARE,
    FRIENDS,
    GOING_IN,
    NO_THANKS,
    NOW,
    OFFER,
    OWN_TERMS,
    REPORT,
    accepted,
    bailed,
    corrected,
    dare_id,
    expired,
    issued,
    lapsed,
    room_of,
    sealed,
    settled,
    started,
    withdrawn,
)

ATTEMPT_ENDS = NOW + 3 * DAY_MS + 12 * HOUR_MS


@pytest.mark.parametrize(
    ("facts", "state", "deadline"),
    [
        ((OFFER,), DareState.OFFERED, NOW + DAY_MS),
        ((OFFER, AGREED), DareState.ACCEPTED, ATTEMPT_ENDS),
        ((OFFER, AGREED, GOING_IN), DareState.IN_PROGRESS, NOW + 2 * HOUR_MS),
        (
            (OFFER, AGREED, started(AGREED, at=ATTEMPT_ENDS - HOUR_MS)),
            DareState.IN_PROGRESS,
            ATTEMPT_ENDS,
        ),
        (
            (OFFER, AGREED, GOING_IN, lapsed(AGREED, at=NOW + DAY_MS)),
            DareState.ACCEPTED,
            ATTEMPT_ENDS,
        ),
        ((OFFER, AGREED, REPORT), DareState.REPORTED, NOW + 12 * HOUR_MS),
        ((OFFER, AGREED, REPORT, settled(AGREED, at=NOW)), DareState.SETTLED, None),
        ((OFFER, NO_THANKS), DareState.DECLINED, None),
        ((OFFER, AGREED, bailed(AGREED)), DareState.BAILED, None),
        ((OFFER, expired(OFFER, at=NOW)), DareState.EXPIRED, None),
        ((OFFER, withdrawn(OFFER)), DareState.WITHDRAWN, None),
    ],
)
def test_a_dare_has_a_state_and_the_instant_at_which_time_changes_it(
    facts: tuple[DareFact, ...], state: DareState, deadline: Millis | None
) -> None:
    dare = room_of([*FRIENDS, *facts]).dares.by_id[DARE]

    assert (dare.state, dare.deadline) == (state, deadline)


def test_an_offer_has_not_been_accepted() -> None:
    assert not room_of([*FRIENDS, OFFER]).dares.by_id[DARE].was_accepted


def test_an_accepted_dare_stays_accepted_after_its_end() -> None:
    assert room_of([*FRIENDS, OFFER, AGREED, bailed(AGREED)]).dares.by_id[DARE].was_accepted


def test_the_agreed_terms_replace_the_offered_ones() -> None:
    agreed = accepted(OFFER, difficulty=2, text=sealed("ask for bread"))
    dare = room_of([*FRIENDS, OFFER, agreed]).dares.by_id[DARE]

    assert dare.terms == replace(OWN_TERMS, difficulty=2, text=sealed("ask for bread"))


def test_open_dares_are_listed_in_order_of_issue() -> None:
    first, second, third = (issued(dare_id(n)) for n in (3, 1, 2))
    facts = [*FRIENDS, first, second, third, expired(second, at=NOW)]

    assert [dare.dare for dare in room_of(facts).dares.open_dares()] == [first.dare, third.dare]


def test_a_reported_dare_is_live_and_not_open() -> None:
    dares = room_of([*FRIENDS, OFFER, AGREED, REPORT]).dares

    assert (list(dares.live), dares.open_dares()) == ([DARE], [])


def test_the_last_twenty_issues_of_each_issuer_are_remembered() -> None:
    facts = [issued(dare_id(n), at=NOW + n) for n in range(25)]
    dares = room_of([*FRIENDS, *facts]).dares

    assert dares.issues == {BEN: tuple(NOW + n for n in range(5, 25))}


def test_a_copy_goes_its_own_way() -> None:
    room = room_of([*FRIENDS, OFFER])
    copy = room.copy()
    copy.dares.by_id.clear()
    copy.dares.live.clear()
    copy.dares.issues.clear()

    assert room == room_of([*FRIENDS, OFFER])


def test_a_report_is_remembered_with_the_instant_of_its_arrival() -> None:
    late = replace(REPORT, at=NOW + HOUR_MS, counts=Counts(asked=1, no=1))
    dare = room_of([*FRIENDS, OFFER, AGREED, late]).dares.by_id[DARE]

    assert dare.answer == Answer(
        outcome=Outcome.REJECTED, counts=Counts(asked=1, no=1), arrived_at=NOW
    )


def test_inv_d3_a_correction_takes_the_place_of_the_answer_and_moves_no_deadline() -> None:
    before = room_of([*FRIENDS, OFFER, AGREED, REPORT]).dares.by_id[DARE]
    counts = Counts(asked=3, yes=3)
    change = replace(corrected(REPORT, at=NOW + 1), counts=counts)
    after = room_of([*FRIENDS, OFFER, AGREED, REPORT, change]).dares.by_id[DARE]

    assert after == replace(
        before,
        answer=Answer(outcome=Outcome.GRANTED, counts=counts, arrived_at=NOW, is_corrected=True),
    )
