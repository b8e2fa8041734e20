"""What a squad's facts amount to."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from domain.ids import DAY_MS, InviteKey, PlayerId
from domain.room import RoomFact
from domain.squads.events import JoinPolicy, Role
from domain.squads.state import REQUESTS_A_DAY, Invite, Member
from domain.weeks import Calendar, WeekId
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    EVE,
    FRIENDS,
    INVITE,
    MONDAY,
    NOW,
    OFFER,
    OTHER_INVITE,
    REPORT,
    SQUAD,
    THIS_WEEK,
    archived,
    asked,
    asked_no_more,
    banned,
    changed,
    forgotten,
    given_role,
    invited,
    joined,
    kicked,
    left,
    not_let_in,
    passed,
    renamed,
    revoked,
    room_of,
    sealed,
    squad_created,
    squad_of,
    unbanned,
    week_closed,
)


def test_a_squad_before_its_creation_is_nobodys() -> None:
    squad = room_of(()).squad

    assert (squad.squad, squad.members, squad.is_archived) == (None, {}, False)


def test_a_created_squad_has_its_settings() -> None:
    squad = room_of([squad_created(tz="Asia/Tokyo", size=5)]).squad

    assert (
        squad.squad,
        squad.calendar.tz,
        squad.size,
        squad.join_policy,
    ) == (SQUAD, "Asia/Tokyo", 5, JoinPolicy.CODE)


def test_a_member_has_a_role_and_a_first_day() -> None:
    squad = room_of([*squad_of(ANA), joined(BEN, at=MONDAY + 5, seat=2)]).squad

    assert Member(player=BEN, role=Role.MEMBER, joined_at=MONDAY + 5, seat=2) == squad.members[BEN]


def test_whoever_left_is_no_member() -> None:
    squad = room_of([*squad_of(ANA, BEN), left(BEN)]).squad

    assert list(squad.members) == [ANA]


def test_passing_ownership_swaps_two_roles() -> None:
    squad = room_of([*squad_of(ANA, BEN), passed(ANA, BEN)]).squad

    assert (squad.members[ANA].role, squad.members[BEN].role) == (Role.MEMBER, Role.OWNER)


def test_an_invite_counts_its_uses() -> None:
    squad = room_of([*squad_of(ANA), invited(max_uses=3), joined(BEN, invite=INVITE)]).squad

    assert (
        Invite(by=ANA, expires_at=invited().expires_at, max_uses=3, uses=1) == squad.invites[INVITE]
    )


def test_an_archived_squad_stays_archived() -> None:
    assert room_of([*squad_of(ANA), archived()]).squad.is_archived


def test_a_copy_goes_its_own_way() -> None:
    closed = week_closed(WeekId("2026-W40"))
    everything = (*FRIENDS, invited(), asked(EVE), banned(BEN), OFFER, AGREED, REPORT, closed)
    squad = room_of(everything).squad
    copy = squad.copy()
    copy.members.clear()
    copy.invites.clear()
    copy.known.clear()
    copy.requests.clear()
    copy.asked.clear()
    copy.banned.clear()
    copy.open_weeks.clear()
    copy.closed_weeks.clear()

    assert squad == room_of(everything).squad


@pytest.mark.parametrize("out", [left, kicked, banned], ids=["left", "kicked", "banned"])
def test_whoever_is_out_is_no_member(out: Callable[[PlayerId], RoomFact]) -> None:
    squad = room_of([*squad_of(ANA, BEN), out(BEN)]).squad

    assert (list(squad.members), list(squad.banned)) == ([ANA], [BEN] if out is banned else [])


def test_a_lifted_ban_is_gone() -> None:
    assert room_of([*squad_of(ANA, BEN), banned(BEN), unbanned(BEN)]).squad.banned == {}


def test_whoever_asks_waits_under_their_name() -> None:
    assert room_of([*FRIENDS, asked(EVE)]).squad.requests == {EVE: sealed(EVE)}


@pytest.mark.parametrize(
    "answer",
    [asked_no_more(EVE), not_let_in(EVE), joined(EVE), banned(EVE, seat=None)],
    ids=["cancelled", "declined", "joined", "banned"],
)
def test_an_answered_request_waits_no_more(answer: RoomFact) -> None:
    assert room_of([*FRIENDS, asked(EVE), answer]).squad.requests == {}


@pytest.mark.parametrize(
    "out",
    [left(EVE), kicked(EVE), banned(EVE)],
    ids=["left", "kicked", "banned"],
)
def test_whoever_was_in_is_known_for_ever(out: RoomFact) -> None:
    assert list(room_of([*squad_of(ANA), joined(EVE), out]).squad.known) == [ANA, EVE]


@pytest.mark.parametrize(
    "answer", [asked_no_more(EVE), not_let_in(EVE)], ids=["cancelled", "declined"]
)
def test_whoever_asked_is_known_for_ever(answer: RoomFact) -> None:
    assert list(room_of([*squad_of(ANA), asked(EVE), answer]).squad.known) == [ANA, EVE]


@pytest.mark.parametrize(
    "facts",
    [
        (joined(EVE), replace(left(EVE), by=None)),
        (asked(EVE), replace(asked_no_more(EVE), by=None)),
        (joined(EVE), left(EVE), forgotten(EVE)),
    ],
    ids=["as a member", "while asking", "after leaving"],
)
def test_whoever_was_erased_is_known_no_more(facts: tuple[RoomFact, ...]) -> None:
    assert list(room_of([*squad_of(ANA), *facts]).squad.known) == [ANA]


def test_only_the_last_times_that_somebody_asked_are_kept() -> None:
    """As many as the daily limit needs: the state does not grow with every request."""
    often = [
        fact
        for at in range(REQUESTS_A_DAY + 2)
        for fact in (asked(EVE, at=at), not_let_in(EVE, at=at))
    ]

    assert room_of([*squad_of(ANA), *often]).squad.asked == {EVE: (2, 3, 4)}


def test_a_role_is_given() -> None:
    squad = room_of([*squad_of(ANA, BEN), given_role(BEN, Role.CAPTAIN)]).squad

    assert squad.members[BEN].role is Role.CAPTAIN


def test_a_revoked_invite_is_gone() -> None:
    assert room_of([*FRIENDS, invited(), revoked()]).squad.invites == {}


def test_another_name_changes_no_rule() -> None:
    assert room_of([*FRIENDS, renamed("Millers")]).squad == room_of(FRIENDS).squad


def test_settings_change_what_they_name_and_leave_the_rest() -> None:
    squad = room_of([*FRIENDS, changed(size=9)]).squad

    assert (squad.size, squad.join_policy, squad.calendar.tz) == (9, JoinPolicy.CODE, "UTC")


def test_another_way_in_leaves_the_size() -> None:
    squad = room_of([*FRIENDS, changed(join_policy=JoinPolicy.APPROVAL)]).squad

    assert (squad.size, squad.join_policy) == (20, JoinPolicy.APPROVAL)


def test_another_zone_names_the_weeks_from_a_week_on() -> None:
    squad = room_of([*FRIENDS, changed(tz="Asia/Tokyo", tz_from=WeekId("2026-W49"))]).squad

    assert squad.calendar == Calendar(
        ((WeekId(""), "UTC"), (WeekId("2026-W49"), "Asia/Tokyo")),
    )


def test_a_report_opens_its_week() -> None:
    squad = room_of([*FRIENDS, OFFER, AGREED, REPORT]).squad

    assert (list(squad.open_weeks), list(squad.closed_weeks)) == ([THIS_WEEK], [])


def test_a_closed_week_is_open_no_more() -> None:
    squad = room_of([*FRIENDS, OFFER, AGREED, REPORT, week_closed()]).squad

    assert (list(squad.open_weeks), list(squad.closed_weeks)) == ([], [THIS_WEEK])


def test_nothing_opens_a_closed_week_again() -> None:
    squad = room_of([*FRIENDS, OFFER, AGREED, week_closed(), REPORT]).squad

    assert list(squad.open_weeks) == []


@pytest.mark.parametrize(("days", "known"), [(29, [INVITE, OTHER_INVITE]), (30, [OTHER_INVITE])])
def test_an_invite_is_known_for_thirty_days_after_its_end(
    days: int, known: list[InviteKey]
) -> None:
    """Then the next one made takes it along."""
    old = invited(expires_at=NOW)
    new = invited(invite=OTHER_INVITE, at=NOW + days * DAY_MS, expires_at=NOW + 60 * DAY_MS)

    assert list(room_of([*FRIENDS, old, new]).squad.invites) == known
