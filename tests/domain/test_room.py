"""A squad's stream as a whole: time, alarms, and one order (rules §0, INV-D7)."""

import pytest
from msgspec.structs import replace

from domain.dares.commands import AcceptDare, StartDare
from domain.dares.events import WithdrawReason
from domain.ids import DAY_MS, HOUR_MS, SECOND_MS
from domain.room import (
    Alarm,
    RingTimer,
    RoomFact,
    WeekAlarm,
    alarms,
    as_of,
    dares_in,
    week_alarms,
    weeks_in,
)
from domain.squads.commands import LeaveSquad
from domain.squads.events import Role
from domain.weeks import WeekId
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DARE,
    FRIENDS,
    GOING_IN,
    MONDAY,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_DARE,
    REPORT,
    THIS_WEEK,
    accepted,
    archived,
    changed,
    dare_id,
    expired,
    given,
    issue,
    issued,
    joined,
    lapsed,
    left,
    room_of,
    settled,
    squad_of,
    started,
    week_closed,
    with_at,
    withdrawn,
)

# Alarms


def test_a_dares_alarm_rings_five_seconds_after_its_deadline() -> None:
    room = room_of([*FRIENDS, OFFER])

    assert alarms(room, [DARE]) == (Alarm(DARE, NOW + DAY_MS + 5 * SECOND_MS),)


def test_an_ended_dare_has_no_alarm() -> None:
    assert alarms(room_of([*FRIENDS, OFFER, NO_THANKS]), [DARE]) == (Alarm(DARE, None),)


def test_an_unknown_dare_has_no_alarm() -> None:
    assert alarms(room_of(FRIENDS), [DARE]) == (Alarm(DARE, None),)


def test_each_dare_has_one_alarm() -> None:
    room = room_of([*FRIENDS, OFFER])

    assert len(alarms(room, [DARE, OTHER_DARE, DARE])) == 2


def test_facts_name_the_dares_that_they_are_about_once() -> None:
    facts = (OFFER, AGREED, left(BEN), issued(OTHER_DARE))

    assert dares_in(facts) == (DARE, OTHER_DARE)


# Alarms of weeks


CLOSES = MONDAY + 7 * DAY_MS + 60 * HOUR_MS
NEXT_WEEK = WeekId("2026-W49")
TO_HONOLULU = changed(tz="Pacific/Honolulu", tz_from=NEXT_WEEK)


def test_a_weeks_alarm_rings_five_seconds_after_its_closing_time() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT])

    assert week_alarms(room, [THIS_WEEK]) == (WeekAlarm(THIS_WEEK, CLOSES + 5 * SECOND_MS),)


@pytest.mark.parametrize(
    "facts",
    [(), (OFFER, AGREED, REPORT, week_closed())],
    ids=["without a report", "closed"],
)
def test_a_week_that_needs_no_closing_has_no_alarm(facts: tuple[RoomFact, ...]) -> None:
    room = room_of([*FRIENDS, *facts])

    assert week_alarms(room, [THIS_WEEK]) == (WeekAlarm(THIS_WEEK, None),)


def test_each_week_has_one_alarm() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT])

    assert len(week_alarms(room, [THIS_WEEK, NEXT_WEEK, THIS_WEEK])) == 2


def test_another_zone_moves_the_alarm() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT, TO_HONOLULU])
    rings_at = CLOSES + 10 * HOUR_MS + 5 * SECOND_MS

    assert week_alarms(room, [THIS_WEEK]) == (WeekAlarm(THIS_WEEK, rings_at),)


def test_a_report_touches_its_week() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT])

    assert weeks_in(room, [OFFER, AGREED, REPORT]) == (THIS_WEEK,)


def test_another_zone_touches_every_open_week() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT, TO_HONOLULU])

    assert weeks_in(room, [TO_HONOLULU]) == (THIS_WEEK,)


def test_each_fact_adds_the_weeks_that_it_touches() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT, TO_HONOLULU])
    later = replace(REPORT, week=NEXT_WEEK)

    assert weeks_in(room, [later, TO_HONOLULU]) == (NEXT_WEEK, THIS_WEEK)


def test_another_size_touches_no_week() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, REPORT, changed(size=9)])

    assert weeks_in(room, [changed(size=9)]) == ()


# The room as of an instant


def test_a_room_in_which_nothing_is_due_is_itself() -> None:
    room = room_of([*FRIENDS, OFFER])

    assert as_of(room, NOW + DAY_MS - 1) is room


def test_a_room_in_which_something_is_due_is_left_alone() -> None:
    room = room_of([*FRIENDS, OFFER])
    as_of(room, NOW + DAY_MS)

    assert room == room_of([*FRIENDS, OFFER])


def test_time_does_one_thing_after_another() -> None:
    """Nothing came of going in, and then the attempt ran out too."""
    at = NOW + 30 * DAY_MS
    room = room_of([*FRIENDS, OFFER, AGREED, GOING_IN])

    assert as_of(room, at) == room_of(
        [*FRIENDS, OFFER, AGREED, GOING_IN, lapsed(AGREED, at=at), expired(AGREED, at=at)]
    )


def test_a_late_timer_does_all_that_is_due() -> None:
    at = NOW + 30 * DAY_MS
    given(*FRIENDS, OFFER, AGREED, GOING_IN).when(RingTimer(at=at, dare=DARE)).then(
        lapsed(AGREED, at=at), expired(AGREED, at=at)
    )


def test_a_timer_leaves_the_other_dares_to_theirs() -> None:
    at = NOW + DAY_MS
    given(*FRIENDS, OFFER, issued(OTHER_DARE)).when(RingTimer(at=at, dare=DARE)).then(
        expired(OFFER, at=at)
    )


def test_a_timer_of_an_unknown_dare_does_nothing() -> None:
    given(*FRIENDS).when(RingTimer(at=NOW, dare=DARE)).then()


def test_inv_s5_a_report_settles_in_an_archived_squad_too() -> None:
    at = NOW + 12 * HOUR_MS
    alone = issued(by=ANA, target=ANA)
    report = replace(REPORT, issuer=ANA)
    given(*squad_of(ANA), alone, accepted(alone), report, archived(), left(ANA)).when(
        RingTimer(at=at, dare=DARE)
    ).then(settled(accepted(alone), at=at))


def test_inv_d7_going_in_again_needs_no_timer_to_have_rung() -> None:
    """The two hours are over; whether their timer fired yet makes no difference."""
    at = NOW + 2 * HOUR_MS
    again = StartDare(at=at, by=ANA, dare=DARE)
    before = (*FRIENDS, OFFER, AGREED, GOING_IN)
    given(*before).when(again).then(started(AGREED, at=at))
    given(*before, lapsed(AGREED, at=at)).when(again).then(started(AGREED, at=at))


def test_the_facts_of_a_timer_are_no_answer_to_a_command() -> None:
    at = NOW + DAY_MS
    given(*FRIENDS, OFFER).when(issue(OTHER_DARE, at=at)).then(issued(OTHER_DARE, at=at))


# One order


def test_a_clock_set_back_does_not_turn_the_order_back() -> None:
    earlier = NOW - HOUR_MS
    given(*FRIENDS, with_at(joined(CLEO), NOW)).when(LeaveSquad(at=earlier, by=BEN)).then(
        left(BEN, at=NOW)
    )


def test_a_clock_set_back_does_not_move_deadlines() -> None:
    """Deadlines go by arrival; ``at`` only orders (rules §0)."""
    earlier = NOW - HOUR_MS
    offer = issued(at=earlier)
    given(*squad_of(ANA, BEN), offer, joined(CLEO, at=NOW)).when(
        AcceptDare(at=earlier, by=ANA, dare=DARE)
    ).then(replace(accepted(offer, at=earlier), at=NOW))


def test_a_timer_of_a_clock_set_back_keeps_the_order_too() -> None:
    due = NOW + DAY_MS
    given(*FRIENDS, OFFER, joined(CLEO, at=due + HOUR_MS, role=Role.MEMBER)).when(
        RingTimer(at=due, dare=DARE)
    ).then(expired(OFFER, at=due + HOUR_MS))


def test_every_fact_of_a_command_has_its_instant() -> None:
    other = issued(dare_id(7), by=ANA, target=BEN)
    given(*squad_of(ANA, BEN), OFFER, other).when(LeaveSquad(at=NOW, by=BEN)).then(
        withdrawn(OFFER, by=BEN, reason=WithdrawReason.PARTY_LEFT),
        withdrawn(other, by=BEN, reason=WithdrawReason.PARTY_LEFT),
        left(BEN),
    )
