"""The table of a dare (rules §3): every way from one state to the next, and every refusal."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from domain.dares.commands import (
    AcceptDare,
    BailDare,
    CorrectDare,
    DareCommand,
    DeclineDare,
    IssueDare,
    Rewording,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import DareFact, DareReported, WithdrawReason
from domain.dares.terms import Terms
from domain.ids import DAY_MS, HOUR_MS, MINUTE_MS, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import RingTimer, decide
from domain.scoring import Counts, Outcome
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CARD_TERMS,
    CLEO,
    DAN,
    DARE,
    EVE,
    FRIENDS,
    GOING_IN,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_DARE,
    OWN_TERMS,
    REPORT,
    WORDS,
    accepted,
    archived,
    bailed,
    corrected,
    dare_id,
    expired,
    given,
    issue,
    issued,
    joined,
    lapsed,
    left,
    report,
    reported,
    room_of,
    sealed,
    self_dare,
    settled,
    squad_of,
    started,
    withdrawn,
)

ATTEMPT_ENDS = NOW + 3 * DAY_MS + 12 * HOUR_MS
SELF_OFFER = issued(by=ANA, target=ANA)

ENDED: dict[str, tuple[DareFact, ...]] = {
    "declined": (OFFER, NO_THANKS),
    "bailed": (OFFER, AGREED, bailed(AGREED)),
    "withdrawn": (OFFER, withdrawn(OFFER)),
    "settled": (OFFER, AGREED, REPORT, settled(AGREED, at=NOW)),
}
OFFERED: tuple[DareFact, ...] = (OFFER,)
ACCEPTED: tuple[DareFact, ...] = (OFFER, AGREED)
IN_PROGRESS: tuple[DareFact, ...] = (OFFER, AGREED, GOING_IN)
REPORTED: tuple[DareFact, ...] = (OFFER, AGREED, REPORT)


def accept(
    *, difficulty: int | None = None, after: str | None = None, at: Millis = NOW
) -> AcceptDare:
    """Ana takes it on, perhaps with other terms."""
    rewording = None
    if after is not None:
        rewording = Rewording(before=WORDS, after=after, sealed=sealed(after))
    return AcceptDare(at=at, by=ANA, dare=DARE, difficulty=difficulty, rewording=rewording)


DECLINE = DeclineDare(at=NOW, by=ANA, dare=DARE)
START = StartDare(at=NOW, by=ANA, dare=DARE)
BAIL = BailDare(at=NOW, by=ANA, dare=DARE)
WITHDRAW = WithdrawDare(at=NOW, by=BEN, dare=DARE)
CALL_OFF = replace(WITHDRAW, reason=WithdrawReason.SAFETY)
OF_THE_TARGET: tuple[DareCommand, ...] = (accept(), DECLINE, START, BAIL, report())
each_of_the_target = pytest.mark.parametrize(
    "command", OF_THE_TARGET, ids=lambda command: type(command).__name__
)
each_command = pytest.mark.parametrize(
    "command", [*OF_THE_TARGET, WITHDRAW], ids=lambda command: type(command).__name__
)


# Issue


@pytest.mark.parametrize("terms", [OWN_TERMS, CARD_TERMS], ids=["own words", "a card"])
def test_a_member_dares_another(terms: Terms) -> None:
    given(*FRIENDS).when(issue(terms=terms)).then(issued(terms=terms))


def test_a_dare_to_oneself_is_accepted_at_once() -> None:
    given(*FRIENDS).when(issue(by=ANA, target=ANA)).then(SELF_OFFER, accepted(SELF_OFFER))


def test_an_offer_keeps_what_it_repeats_and_the_call_it_belongs_to() -> None:
    command = replace(issue(), repeat_of=OTHER_DARE, call="call-1")
    given(*FRIENDS).when(command).then(replace(OFFER, repeat_of=OTHER_DARE, call="call-1"))


def test_an_offer_keeps_the_ruleset_that_it_was_made_under() -> None:
    given(*FRIENDS).when(replace(issue(), ruleset=0)).then(replace(OFFER, ruleset=0))


@pytest.mark.parametrize("ms", [15 * MINUTE_MS, 7 * DAY_MS])
def test_the_time_to_answer_is_from_15_minutes_to_7_days(ms: Millis) -> None:
    given(*FRIENDS).when(replace(issue(), answer_within_ms=ms)).then(
        replace(OFFER, answer_by=NOW + ms)
    )


@pytest.mark.parametrize("ms", [0, 15 * MINUTE_MS - 1, 7 * DAY_MS + 1])
def test_another_time_to_answer_is_refused(ms: Millis) -> None:
    given(*FRIENDS).when(replace(issue(), answer_within_ms=ms)).refused(
        RefusalCode.BAD_INPUT, field="answer_within_s"
    )


@pytest.mark.parametrize("ms", [15 * MINUTE_MS, 14 * DAY_MS])
def test_the_time_to_attempt_is_from_15_minutes_to_14_days(ms: Millis) -> None:
    given(*FRIENDS).when(replace(issue(), attempt_within_ms=ms)).then(
        replace(OFFER, attempt_within_ms=ms)
    )


@pytest.mark.parametrize("ms", [-1, 15 * MINUTE_MS - 1, 14 * DAY_MS + 1])
def test_another_time_to_attempt_is_refused(ms: Millis) -> None:
    given(*FRIENDS).when(replace(issue(), attempt_within_ms=ms)).refused(
        RefusalCode.BAD_INPUT, field="attempt_within_s"
    )


@pytest.mark.parametrize(
    ("command", "field", "longest"),
    [
        (replace(issue(), answer_within_ms=0), "answer_within_s", "7 days"),
        (replace(issue(), attempt_within_ms=0), "attempt_within_s", "14 days"),
    ],
    ids=["to answer", "to attempt"],
)
def test_whoever_chooses_another_time_is_told_the_longest(
    command: DareCommand, field: str, longest: str
) -> None:
    refusal = given(*FRIENDS).when(command).refused(RefusalCode.BAD_INPUT, field=field)

    assert refusal.message == f"Choose between 15 minutes and {longest}."


@pytest.mark.parametrize("difficulty", [1, 5])
def test_comfort_goes_from_1_to_5(difficulty: int) -> None:
    terms = replace(OWN_TERMS, difficulty=difficulty)
    given(*FRIENDS).when(issue(terms=terms)).then(issued(terms=terms))


@pytest.mark.parametrize("difficulty", [-1, 0, 6])
def test_comfort_goes_no_lower_and_no_higher(difficulty: int) -> None:
    terms = replace(OWN_TERMS, difficulty=difficulty)
    given(*FRIENDS).when(issue(terms=terms)).refused(RefusalCode.BAD_INPUT, field="difficulty")


@pytest.mark.parametrize(
    "terms",
    [replace(OWN_TERMS, text=None), replace(OWN_TERMS, card=CARD_TERMS.card)],
    ids=["neither", "both"],
)
def test_a_dare_is_a_card_or_own_words(terms: Terms) -> None:
    given(*FRIENDS).when(replace(issue(), terms=terms)).refused(RefusalCode.BAD_INPUT, field="text")


@pytest.mark.parametrize("length", [0, 281])
def test_own_words_have_1_to_280_characters(length: int) -> None:
    given(*FRIENDS).when(replace(issue(), text_length=length)).refused(
        RefusalCode.BAD_INPUT, field="text"
    )


@pytest.mark.parametrize("length", [1, 280])
def test_own_words_may_be_as_short_and_as_long(length: int) -> None:
    given(*FRIENDS).when(replace(issue(), text_length=length)).then(OFFER)


def test_a_stranger_dares_nobody() -> None:
    given(*FRIENDS).when(issue(by=EVE)).refused(RefusalCode.FORBIDDEN)


@pytest.mark.parametrize("target", [EVE, DAN], ids=["a stranger", "somebody who left"])
def test_nobody_outside_the_squad_is_dared(target: PlayerId) -> None:
    given(*FRIENDS, left(DAN)).when(issue(target=target)).refused(RefusalCode.TARGET_UNAVAILABLE)


def test_an_archived_squad_dares_no_more() -> None:
    given(*FRIENDS, archived()).when(issue()).refused(RefusalCode.WRONG_STATE)


def test_a_dares_id_is_used_once() -> None:
    given(*FRIENDS, OFFER).when(issue(target=CLEO)).refused(RefusalCode.WRONG_STATE)


def test_at_most_three_dares_are_open_from_one_to_another() -> None:
    given(*FRIENDS, *(issued(dare_id(n)) for n in range(10, 13))).when(issue()).refused(
        RefusalCode.QUOTA, field="target"
    )


def test_at_most_three_dares_to_oneself_are_open() -> None:
    open_ones = [issued(dare_id(n), by=ANA, target=ANA) for n in range(10, 13)]
    given(*FRIENDS, *open_ones, *map(accepted, open_ones)).when(issue(by=ANA, target=ANA)).refused(
        RefusalCode.QUOTA, field="target"
    )


def test_a_fourth_dare_to_somebody_else_is_allowed() -> None:
    given(*FRIENDS, *(issued(dare_id(n), target=CLEO) for n in range(10, 13))).when(issue()).then(
        OFFER
    )


@pytest.mark.parametrize("name", ["declined", "bailed", "withdrawn", "settled"])
def test_an_ended_dare_makes_room_for_another(name: str) -> None:
    others = [issued(dare_id(n)) for n in (10, 11)]
    given(*FRIENDS, *others, *ENDED[name]).when(issue(OTHER_DARE)).then(issued(OTHER_DARE))


def test_a_reported_dare_makes_room_for_another() -> None:
    others = [issued(dare_id(n)) for n in (10, 11)]
    given(*FRIENDS, *others, *REPORTED).when(issue(OTHER_DARE)).then(issued(OTHER_DARE))


def test_inv_d7_an_offer_whose_time_is_over_makes_room_before_its_timer_rings() -> None:
    """Decided as if every timer due had fired."""
    others = [issued(dare_id(n)) for n in (10, 11, 12)]
    later = NOW + DAY_MS
    given(*FRIENDS, *others).when(issue(at=later)).then(issued(at=later))


def test_at_most_ten_dares_are_open_for_one_target() -> None:
    issuers = (BEN, BEN, BEN, CLEO, CLEO, CLEO, DAN, DAN, DAN, EVE)
    offers = [issued(dare_id(n), by=by) for n, by in enumerate(issuers, 10)]
    given(*FRIENDS, joined(EVE), *offers).when(issue(by=EVE)).refused(
        RefusalCode.TARGET_UNAVAILABLE
    )


def test_nobody_issues_a_21st_dare_within_24_hours() -> None:
    offers = [issued(dare_id(n), at=NOW + n) for n in range(20)]
    gone = [withdrawn(offer, at=NOW + 20) for offer in offers]
    refusal = (
        given(*FRIENDS, *offers, *gone)
        .when(issue(dare_id(99), at=NOW + HOUR_MS))
        .refused(RefusalCode.QUOTA)
    )

    assert refusal.retry_after_ms == 23 * HOUR_MS


def test_after_24_hours_the_next_dare_is_issued() -> None:
    offers = [issued(dare_id(n), at=NOW + n) for n in range(20)]
    gone = [withdrawn(offer, at=NOW + 20) for offer in offers]
    later = NOW + DAY_MS
    given(*FRIENDS, *offers, *gone).when(issue(dare_id(99), at=later)).then(
        issued(dare_id(99), at=later)
    )


def test_the_limit_of_one_issuer_is_nobody_elses() -> None:
    offers = [issued(dare_id(n)) for n in range(20)]
    gone = [withdrawn(offer) for offer in offers]
    given(*FRIENDS, *offers, *gone).when(issue(dare_id(99), by=CLEO)).then(
        issued(dare_id(99), by=CLEO)
    )


# Accept


def test_an_offer_is_accepted_as_it_stands() -> None:
    given(*FRIENDS, *OFFERED).when(accept()).then(AGREED)


def test_an_accepted_dare_says_by_when_to_try() -> None:
    offer = replace(OFFER, attempt_within_ms=14 * DAY_MS)
    later = NOW + HOUR_MS
    given(*FRIENDS, offer).when(accept(at=later)).then(
        replace(accepted(offer, at=later), attempt_by=later + 14 * DAY_MS)
    )


@pytest.mark.parametrize("difficulty", [2, 3, 4])
def test_the_target_may_go_one_level_lower_or_higher(difficulty: int) -> None:
    given(*FRIENDS, *OFFERED).when(accept(difficulty=difficulty)).then(
        accepted(OFFER, difficulty=difficulty)
    )


@pytest.mark.parametrize("difficulty", [1, 5])
def test_the_target_may_not_go_two_levels_lower_or_higher(difficulty: int) -> None:
    given(*FRIENDS, *OFFERED).when(accept(difficulty=difficulty)).refused(
        RefusalCode.BAD_INPUT, field="difficulty"
    )


@pytest.mark.parametrize(("offered", "wanted"), [(1, 0), (5, 6)])
def test_no_level_lies_below_1_or_above_5(offered: int, wanted: int) -> None:
    offer = replace(OFFER, difficulty=offered)
    given(*FRIENDS, offer).when(accept(difficulty=wanted)).refused(
        RefusalCode.BAD_INPUT, field="difficulty"
    )


@pytest.mark.parametrize(
    "after", ["ask the baker for bread", "bread", WORDS], ids=["fewer", "one", "all"]
)
def test_the_target_may_drop_words(after: str) -> None:
    given(*FRIENDS, *OFFERED).when(accept(after=after)).then(accepted(OFFER, text=sealed(after)))


@pytest.mark.parametrize(
    "after",
    ["ask the butcher for bread", "bread for baker the ask", "ask ask the baker", "", "  "],
    ids=["another", "reordered", "repeated", "none", "blank"],
)
def test_words_are_only_dropped(after: str) -> None:
    given(*FRIENDS, *OFFERED).when(accept(after=after)).refused(RefusalCode.BAD_INPUT, field="text")


def test_a_cards_words_stay() -> None:
    given(*FRIENDS, issued(terms=CARD_TERMS)).when(accept(after="bread")).refused(
        RefusalCode.BAD_INPUT, field="text"
    )


def test_dropped_words_leave_it_the_same_thing_asked() -> None:
    """The fingerprint stays, so that a word less is no novelty."""
    given(*FRIENDS, *OFFERED).when(accept(after="bread")).then(
        replace(AGREED, text=sealed("bread"), fingerprint=OFFER.fingerprint)
    )


# Decline, start, bail


def test_an_offer_is_declined_without_a_reason() -> None:
    given(*FRIENDS, *OFFERED).when(DECLINE).then(NO_THANKS)


def test_going_in_lasts_two_hours() -> None:
    given(*FRIENDS, *ACCEPTED).when(START).then(GOING_IN)


def test_one_may_go_in_again_after_nothing_came_of_it() -> None:
    later = NOW + 3 * HOUR_MS
    given(*FRIENDS, *IN_PROGRESS, lapsed(AGREED, at=NOW + 2 * HOUR_MS)).when(
        replace(START, at=later)
    ).then(started(AGREED, at=later))


@pytest.mark.parametrize("before", [ACCEPTED, IN_PROGRESS], ids=["accepted", "in progress"])
def test_the_target_steps_back(before: tuple[DareFact, ...]) -> None:
    given(*FRIENDS, *before).when(BAIL).then(bailed(AGREED))


# Withdraw


def test_an_offer_is_taken_back_without_a_reason() -> None:
    given(*FRIENDS, *OFFERED).when(WITHDRAW).then(withdrawn(OFFER))


def test_an_accepted_dare_is_called_off_for_safety() -> None:
    given(*FRIENDS, *ACCEPTED).when(CALL_OFF).then(withdrawn(AGREED, reason=WithdrawReason.SAFETY))


@pytest.mark.parametrize("reason", [None, WithdrawReason.PARTY_LEFT])
def test_an_accepted_dare_is_not_called_off_otherwise(reason: WithdrawReason | None) -> None:
    given(*FRIENDS, *ACCEPTED).when(replace(WITHDRAW, reason=reason)).refused(
        RefusalCode.BAD_INPUT, field="reason"
    )


def test_whoever_is_going_in_is_left_to_it() -> None:
    """Withdraw has no way out of IN_PROGRESS (rules §3)."""
    given(*FRIENDS, *IN_PROGRESS).when(CALL_OFF).refused(RefusalCode.WRONG_STATE)


def test_whoever_takes_back_their_own_dare_too_late_is_told_that_time_ran_out() -> None:
    command = WithdrawDare(at=ATTEMPT_ENDS, by=ANA, dare=dare_id(7), reason=WithdrawReason.SAFETY)
    given(*FRIENDS, *self_dare(7, ANA)).when(command).refused(RefusalCode.DEADLINE_PASSED)


def test_the_target_withdraws_nothing() -> None:
    given(*FRIENDS, *OFFERED).when(replace(WITHDRAW, by=ANA)).refused(RefusalCode.FORBIDDEN)


# Report


@pytest.mark.parametrize("before", [ACCEPTED, IN_PROGRESS], ids=["accepted", "in progress"])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_reported(before: tuple[DareFact, ...], outcome: Outcome) -> None:
    given(*FRIENDS, *before).when(report(outcome)).then(reported(AGREED, outcome))


def test_a_report_has_the_agreed_terms_and_ruleset() -> None:
    agreed = accepted(replace(OFFER, ruleset=0), difficulty=4)
    given(*FRIENDS, OFFER, replace(agreed, ruleset=1)).when(report()).then(
        replace(REPORT, difficulty=4)
    )


def test_counts_decide_the_outcome() -> None:
    counts = Counts(asked=5, no=3, yes=2)
    given(*FRIENDS, *ACCEPTED).when(replace(report(None), counts=counts)).then(
        replace(REPORT, counts=counts)
    )


def test_counts_and_an_outcome_that_agree_are_reported() -> None:
    counts = Counts(asked=5, yes=3)
    given(*FRIENDS, *ACCEPTED).when(replace(report(Outcome.GRANTED), counts=counts)).then(
        replace(REPORT, outcome=Outcome.GRANTED, counts=counts)
    )


def test_counts_and_an_outcome_that_differ_are_refused() -> None:
    counts = Counts(asked=5, yes=3)
    given(*FRIENDS, *ACCEPTED).when(replace(report(), counts=counts)).refused(
        RefusalCode.BAD_INPUT, field="outcome"
    )


def test_whoever_miscounts_is_told_what_the_numbers_say() -> None:
    counts = Counts(asked=5, yes=3)
    refusal = (
        given(*FRIENDS, *ACCEPTED)
        .when(replace(report(), counts=counts))
        .refused(RefusalCode.BAD_INPUT, field="outcome")
    )

    assert refusal.message == "These numbers say granted."


def test_counts_that_do_not_add_up_are_refused() -> None:
    given(*FRIENDS, *ACCEPTED).when(replace(report(None), counts=Counts(asked=2, no=3))).refused(
        RefusalCode.BAD_INPUT, field="counts"
    )


def test_a_report_without_an_outcome_is_refused() -> None:
    given(*FRIENDS, *ACCEPTED).when(report(None)).refused(RefusalCode.BAD_INPUT, field="outcome")


def test_a_report_may_have_a_line() -> None:
    line = sealed("They laughed and said no.")
    given(*FRIENDS, *ACCEPTED).when(replace(report(), line=line, line_length=500)).then(
        replace(REPORT, line=line)
    )


def test_a_line_of_more_than_500_characters_is_refused() -> None:
    given(*FRIENDS, *ACCEPTED).when(replace(report(), line=sealed("..."), line_length=501)).refused(
        RefusalCode.BAD_INPUT, field="line"
    )


def test_a_report_is_dated_in_the_reporters_zone_and_the_squads_week() -> None:
    """At nine on Monday, UTC, it is eleven at night: Sunday in Honolulu, Monday in Kiritimati."""
    earlier = NOW - 3 * HOUR_MS
    offer = issued(at=earlier)
    agreed = accepted(offer, at=earlier)
    command = replace(report(at=earlier), tz="Pacific/Kiritimati", day_start_hour=0)
    given(*squad_of(ANA, BEN, tz="Pacific/Honolulu"), offer, agreed).when(command).then(
        replace(
            reported(agreed, at=earlier),
            week="2026-W47",
            xp_day="2026-11-23",
            local_day="2026-11-23",
            tz="Pacific/Kiritimati",
        )
    )


def test_a_night_owls_report_counts_for_the_evening_before() -> None:
    at = NOW + 15 * HOUR_MS
    given(*FRIENDS, *ACCEPTED).when(replace(report(at=at), day_start_hour=4)).then(
        replace(reported(AGREED, at=at), xp_day="2026-11-23", local_day="2026-11-23")
    )


@pytest.mark.parametrize(
    ("claimed_at", "local_day"),
    [
        (NOW, "2026-11-23"),
        (NOW + 11 * HOUR_MS, "2026-11-23"),
        (NOW + 24 * HOUR_MS, "2026-11-24"),
        (NOW - 1, "2026-11-24"),
        (NOW + 24 * HOUR_MS + 1, "2026-11-24"),
    ],
    ids=["when accepted", "last night", "now", "before it was accepted", "in the future"],
)
def test_a_report_made_offline_may_name_its_own_day(claimed_at: Millis, local_day: str) -> None:
    """It dates the streak and nothing else: the board and the XP day go by arrival."""
    at = NOW + 24 * HOUR_MS
    given(*FRIENDS, *ACCEPTED).when(replace(report(at=at), claimed_at=claimed_at)).then(
        replace(
            reported(AGREED, at=at),
            claimed_at=claimed_at,
            xp_day="2026-11-24",
            local_day=local_day,
        )
    )


def test_a_report_may_not_claim_more_than_24_hours_ago() -> None:
    at = NOW + 24 * HOUR_MS + 1
    given(*FRIENDS, *ACCEPTED).when(replace(report(at=at), claimed_at=NOW)).then(
        replace(reported(AGREED, at=at), claimed_at=NOW, local_day="2026-11-24")
    )


def test_a_report_still_counts_twelve_hours_after_the_time_to_attempt() -> None:
    at = ATTEMPT_ENDS - 1
    given(*FRIENDS, *ACCEPTED).when(report(at=at)).then(reported(AGREED, at=at))


# Who may, and when


@each_of_the_target
def test_only_the_target_answers_attempts_and_reports(command: DareCommand) -> None:
    given(*FRIENDS, *OFFERED).when(replace(command, by=BEN)).refused(RefusalCode.FORBIDDEN)


@each_command
def test_inv_d6_an_offer_between_two_others_does_not_exist(command: DareCommand) -> None:
    given(*FRIENDS, *OFFERED).when(replace(command, by=CLEO)).refused(
        RefusalCode.NOT_FOUND, field="dare"
    )


@each_command
def test_an_accepted_dare_is_known_and_still_only_for_its_two(command: DareCommand) -> None:
    given(*FRIENDS, *ACCEPTED).when(replace(command, by=CLEO)).refused(RefusalCode.FORBIDDEN)


@each_command
def test_a_dare_that_nobody_issued_is_not_found(command: DareCommand) -> None:
    given(*FRIENDS).when(command).refused(RefusalCode.NOT_FOUND, field="dare")


@each_command
def test_a_stranger_is_told_that_they_do_not_belong(command: DareCommand) -> None:
    given(*FRIENDS, *ACCEPTED).when(replace(command, by=EVE)).refused(RefusalCode.FORBIDDEN)


@each_command
def test_nothing_about_a_dare_is_asked_in_an_archived_squad(command: DareCommand) -> None:
    given(*FRIENDS, *ACCEPTED, archived()).when(command).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize(
    ("before", "command"),
    [
        *((OFFERED, command) for command in (START, BAIL, report())),
        *((ACCEPTED, command) for command in (accept(), DECLINE)),
        *((IN_PROGRESS, command) for command in (accept(), DECLINE, START)),
        *((REPORTED, command) for command in (*OF_THE_TARGET, CALL_OFF)),
        *((facts, command) for facts in ENDED.values() for command in (*OF_THE_TARGET, CALL_OFF)),
    ],
)
def test_inv_d2_what_is_not_in_the_table_is_refused(
    before: tuple[DareFact, ...], command: DareCommand
) -> None:
    given(*FRIENDS, *before).when(command).refused(RefusalCode.WRONG_STATE)


def test_whoever_comes_at_the_wrong_moment_is_told_where_the_dare_stands() -> None:
    refusal = given(*FRIENDS, *IN_PROGRESS).when(CALL_OFF).refused(RefusalCode.WRONG_STATE)

    assert refusal.message == "This dare is in progress."


@pytest.mark.parametrize("has_rung", [False, True], ids=["before its timer", "after its timer"])
@each_of_the_target
def test_inv_d7_a_command_at_the_deadlines_own_ms_loses(
    command: DareCommand, has_rung: bool
) -> None:
    at = NOW + DAY_MS
    timer = (expired(OFFER, at=at),) if has_rung else ()
    given(*FRIENDS, *OFFERED, *timer).when(replace(command, at=at)).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_inv_d7_taking_back_what_has_expired_is_refused_alike_before_and_after_its_timer() -> None:
    at = NOW + DAY_MS
    answers = []
    for timer in ((), (expired(OFFER, at=at),)):
        with pytest.raises(Refusal) as refusal:
            decide(room_of([*FRIENDS, *OFFERED, *timer]), replace(WITHDRAW, at=at))
        answers.append((refusal.value.code, refusal.value.message))

    assert answers[0] == answers[1]


def test_a_command_just_before_the_deadline_wins() -> None:
    at = NOW + DAY_MS - 1
    given(*FRIENDS, *OFFERED).when(accept(at=at)).then(accepted(OFFER, at=at))


@pytest.mark.parametrize("has_rung", [False, True], ids=["before its timer", "after its timer"])
def test_a_report_at_the_end_of_the_grace_is_too_late(has_rung: bool) -> None:
    timer = (expired(AGREED, at=ATTEMPT_ENDS),) if has_rung else ()
    given(*FRIENDS, *ACCEPTED, *timer).when(report(at=ATTEMPT_ENDS)).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_inv_d6_an_issuer_cannot_ask_how_a_dare_came_to_nothing() -> None:
    """Declined, bailed and expired are one thing to whoever dared: not taken."""
    endings: dict[Millis, tuple[DareFact, ...]] = {
        NOW: (OFFER, NO_THANKS),
        NOW + 1: (OFFER, AGREED, bailed(AGREED)),
        NOW + DAY_MS: (OFFER, expired(OFFER, at=NOW + DAY_MS)),
    }
    answers = set()
    for at, facts in endings.items():
        with pytest.raises(Refusal) as refusal:
            decide(room_of([*FRIENDS, *facts]), replace(CALL_OFF, at=at))
        answers.add((refusal.value.code, refusal.value.message))

    assert len(answers) == 1


# Correct


CORRECT = CorrectDare(at=NOW + 1, by=ANA, dare=DARE, outcome=Outcome.GRANTED)
LAST_CHANCE = NOW + 10 * MINUTE_MS - 1


@pytest.mark.parametrize("at", [NOW, LAST_CHANCE], ids=["at once", "after ten minutes"])
@pytest.mark.parametrize("outcome", [Outcome.IGNORED, Outcome.MIXED, Outcome.GRANTED])
def test_a_report_is_put_right_within_ten_minutes(outcome: Outcome, at: Millis) -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, at=at, outcome=outcome)).then(
        corrected(REPORT, outcome, at=at)
    )


def test_after_ten_minutes_a_report_stands() -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, at=NOW + 10 * MINUTE_MS)).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_a_settled_report_stands_too() -> None:
    at = NOW + 12 * HOUR_MS
    given(*FRIENDS, *REPORTED, settled(AGREED, at=at)).when(replace(CORRECT, at=at)).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_a_report_is_put_right_once() -> None:
    given(*FRIENDS, *REPORTED, corrected(REPORT)).when(
        replace(CORRECT, outcome=Outcome.MIXED)
    ).refused(RefusalCode.WRONG_STATE)


def test_the_ten_minutes_begin_with_the_report_whatever_was_corrected() -> None:
    again = replace(CORRECT, at=NOW + 10 * MINUTE_MS)
    given(*FRIENDS, *REPORTED, corrected(REPORT, at=LAST_CHANCE)).when(again).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_the_ten_minutes_begin_when_the_report_arrived() -> None:
    """Also when the stream was ahead of it: deadlines go by arrival (rules §0)."""
    late = replace(REPORT, at=NOW + HOUR_MS)
    given(*FRIENDS, *ACCEPTED, late).when(replace(CORRECT, at=NOW + HOUR_MS)).refused(
        RefusalCode.DEADLINE_PASSED
    )


def test_the_same_answer_again_is_no_correction() -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, outcome=Outcome.REJECTED)).refused(
        RefusalCode.BAD_INPUT, field="outcome"
    )


def test_no_answer_is_no_correction() -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, outcome=None)).refused(
        RefusalCode.BAD_INPUT, field="outcome"
    )


def test_counts_decide_the_outcome_of_a_correction() -> None:
    counts = Counts(asked=3, yes=2)
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, outcome=None, counts=counts)).then(
        replace(corrected(REPORT, Outcome.GRANTED, at=NOW + 1), counts=counts)
    )


def test_other_counts_with_the_same_outcome_are_a_correction() -> None:
    counts = Counts(asked=3, no=2)
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, outcome=None, counts=counts)).then(
        replace(corrected(REPORT, Outcome.REJECTED, at=NOW + 1), counts=counts)
    )


def test_counts_and_an_outcome_that_differ_correct_nothing() -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, counts=Counts(asked=3, no=2))).refused(
        RefusalCode.BAD_INPUT, field="outcome"
    )


def test_a_corrected_dare_settles_when_it_would_have_settled() -> None:
    at = NOW + 12 * HOUR_MS
    given(*FRIENDS, *REPORTED, corrected(REPORT)).when(ring(at)).then(settled(AGREED, at=at))


@pytest.mark.parametrize("before", [OFFERED, ACCEPTED, IN_PROGRESS, *ENDED.values()])
def test_where_nothing_was_reported_nothing_is_put_right(before: tuple[DareFact, ...]) -> None:
    was_reported = any(isinstance(fact, DareReported) for fact in before)
    code = RefusalCode.DEADLINE_PASSED if was_reported else RefusalCode.WRONG_STATE
    given(*FRIENDS, *before).when(replace(CORRECT, at=NOW + DAY_MS - 1)).refused(code)


@pytest.mark.parametrize("by", [BEN, CLEO], ids=["issuer", "member"])
def test_nobody_else_puts_a_report_right(by: PlayerId) -> None:
    given(*FRIENDS, *REPORTED).when(replace(CORRECT, by=by)).refused(RefusalCode.FORBIDDEN)


# Time alone


def ring(at: Millis) -> RingTimer:
    """The dare's timer rings."""
    return RingTimer(at=at, dare=DARE)


def test_an_offer_that_nobody_answers_expires() -> None:
    given(*FRIENDS, *OFFERED).when(ring(NOW + DAY_MS)).then(expired(OFFER, at=NOW + DAY_MS))


def test_an_attempt_that_nobody_makes_expires_after_the_grace() -> None:
    given(*FRIENDS, *ACCEPTED).when(ring(ATTEMPT_ENDS)).then(expired(AGREED, at=ATTEMPT_ENDS))


def test_nothing_comes_of_going_in_after_two_hours() -> None:
    at = NOW + 2 * HOUR_MS
    given(*FRIENDS, *IN_PROGRESS).when(ring(at)).then(lapsed(AGREED, at=at))


def test_going_in_does_not_outlast_the_attempt() -> None:
    going_in = started(AGREED, at=ATTEMPT_ENDS - HOUR_MS)
    given(*FRIENDS, *ACCEPTED, going_in).when(ring(ATTEMPT_ENDS)).then(
        expired(AGREED, at=ATTEMPT_ENDS)
    )


def test_a_report_is_settled_after_the_witness_window() -> None:
    at = NOW + 12 * HOUR_MS
    given(*FRIENDS, *REPORTED).when(ring(at)).then(settled(AGREED, at=at))


@pytest.mark.parametrize(
    ("before", "at"),
    [
        (OFFERED, NOW + DAY_MS - 1),
        (ACCEPTED, ATTEMPT_ENDS - 1),
        (IN_PROGRESS, NOW + 2 * HOUR_MS - 1),
        (REPORTED, NOW + 12 * HOUR_MS - 1),
        *((facts, NOW + 99 * DAY_MS) for facts in ENDED.values()),
        ((), NOW),
    ],
)
def test_a_timer_that_has_nothing_to_do_does_nothing(
    before: tuple[DareFact, ...], at: Millis
) -> None:
    given(*FRIENDS, *before).when(ring(at)).then()


def test_a_player_cannot_say_that_somebody_left() -> None:
    command = WithdrawDare(at=NOW, by=BEN, dare=DARE, reason=WithdrawReason.PARTY_LEFT)
    given(*FRIENDS, issued(DARE, by=BEN)).when(command).refused(
        RefusalCode.BAD_INPUT, field="reason"
    )


# The limits are a person's, over all squads


def elsewhere(
    *, open_ones: tuple[PlayerId, ...] = (), issued_at: Sequence[Millis] = ()
) -> IssueDare:
    """Ben dares Ana, and this waits for her and was issued by him in other squads."""
    return replace(issue(), open_elsewhere=open_ones, issued_elsewhere=tuple(issued_at))


def test_what_waits_in_another_squad_counts_for_the_pair() -> None:
    before = [issued(dare_id(n)) for n in (7, 8)]
    given(*FRIENDS, *before).when(elsewhere(open_ones=(BEN,))).refused(
        RefusalCode.QUOTA, field="target"
    )


def test_what_others_dared_elsewhere_does_not_count_for_the_pair() -> None:
    before = [issued(dare_id(n)) for n in (7, 8)]
    given(*FRIENDS, *before).when(elsewhere(open_ones=(CLEO,) * 7)).then(OFFER)


def test_ten_wait_for_a_target_in_all_squads_together() -> None:
    given(*FRIENDS, issued(dare_id(7), by=DAN)).when(elsewhere(open_ones=(CLEO,) * 9)).refused(
        RefusalCode.TARGET_UNAVAILABLE
    )


def test_twenty_are_issued_in_a_day_in_all_squads_together() -> None:
    before = [issued(dare_id(n), target=CLEO, at=NOW - HOUR_MS) for n in (7, 8)]
    refusal = (
        given(*FRIENDS, *before)
        .when(elsewhere(issued_at=[NOW - 2 * HOUR_MS + n for n in range(18)]))
        .refused(RefusalCode.QUOTA)
    )

    assert refusal.retry_after_ms == 22 * HOUR_MS


def test_what_was_issued_a_day_ago_elsewhere_counts_no_more() -> None:
    given(*FRIENDS).when(elsewhere(issued_at=[NOW - DAY_MS] * 20)).then(OFFER)
