"""Who founds, changes and ends a squad, and who comes in and goes out (rules §2)."""

import pytest
from msgspec.structs import replace

from domain.dares.events import DareFact, WithdrawReason
from domain.ids import DAY_MS, HOUR_MS, InviteKey, Millis, PlayerId
from domain.refusals import RefusalCode
from domain.room import RoomCommand, RoomFact, decide
from domain.squads.commands import (
    ApproveRequest,
    ArchiveSquad,
    BanMember,
    CancelRequest,
    ChangeRole,
    ChangeSettings,
    CloseWeek,
    CreateSquad,
    DeclineRequest,
    ForgetMember,
    IssueInvite,
    JoinSquad,
    KickMember,
    LeaveSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
    UnbanMember,
)
from domain.squads.events import InviteIssued, JoinPolicy, MemberJoined, Role
from domain.weeks import WeekId
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DAN,
    EVE,
    FRIENDS,
    GOING_IN,
    INVITE,
    MONDAY,
    NOW,
    OFFER,
    OTHER_INVITE,
    REPORT,
    SQUAD,
    THIS_WEEK,
    accepted,
    archived,
    asked,
    asked_no_more,
    banned,
    changed,
    dare_id,
    forgotten,
    given,
    given_role,
    id_of,
    invited,
    issued,
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
    withdrawn,
)

CREATE = CreateSquad(
    at=NOW,
    by=ANA,
    squad=SQUAD,
    name=sealed("Bakers"),
    name_length=6,
    tz="UTC",
    handle=sealed(ANA),
    seat=3,
)
MAKE_INVITE = IssueInvite(at=NOW, by=ANA, invite=OTHER_INVITE, code=sealed(OTHER_INVITE))
JOIN = JoinSquad(at=NOW, by=EVE, invite=INVITE, handle=sealed(EVE), seat=0)
REQUEST = RequestJoin(at=NOW, by=EVE, invite=INVITE, handle=sealed(EVE), requests=0)
RENAME = RenameSquad(at=NOW, by=ANA, name=sealed("Millers"), name_length=7)


# Create


def test_a_squad_starts_with_its_owner_in_it() -> None:
    given().when(CREATE).then(squad_created(at=NOW), joined(ANA, at=NOW, role=Role.OWNER, seat=3))


def test_a_squad_is_not_created_twice() -> None:
    given(*FRIENDS).when(CREATE).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize("length", [0, 41])
def test_a_squads_name_has_1_to_40_characters(length: int) -> None:
    given().when(replace(CREATE, name_length=length)).refused(RefusalCode.BAD_INPUT, field="name")


def test_a_squad_needs_a_zone_that_exists() -> None:
    given().when(replace(CREATE, tz="Atlantis/City")).refused(RefusalCode.BAD_INPUT, field="tz")


def test_nobody_founds_an_eleventh_squad() -> None:
    given().when(replace(CREATE, seat=None)).refused(RefusalCode.TOO_MANY_SQUADS)


# Invite


def test_an_invite_lasts_seven_days_and_is_for_every_free_seat() -> None:
    given(*FRIENDS).when(MAKE_INVITE).then(
        InviteIssued(
            at=NOW,
            by=ANA,
            invite=OTHER_INVITE,
            code=sealed(OTHER_INVITE),
            expires_at=NOW + 7 * DAY_MS,
            max_uses=16,
        )
    )


def test_a_captain_makes_invites() -> None:
    given(*squad_of(ANA), joined(BEN, role=Role.CAPTAIN)).when(replace(MAKE_INVITE, by=BEN)).then(
        invited(BEN, at=NOW, invite=OTHER_INVITE, expires_at=NOW + 7 * DAY_MS, max_uses=18)
    )


def test_a_plain_member_makes_no_invites() -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, by=BEN)).refused(RefusalCode.FORBIDDEN)


def test_a_stranger_makes_no_invites() -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, by=EVE)).refused(RefusalCode.FORBIDDEN)


@pytest.mark.parametrize("hours", [1, 720])
def test_an_invite_may_last_from_an_hour_to_thirty_days(hours: int) -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, expires_h=hours, max_uses=1)).then(
        invited(at=NOW, invite=OTHER_INVITE, expires_at=NOW + hours * HOUR_MS, max_uses=1)
    )


@pytest.mark.parametrize("hours", [-1, 0, 721])
def test_an_invite_lasts_no_shorter_and_no_longer(hours: int) -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, expires_h=hours)).refused(
        RefusalCode.BAD_INPUT, field="expires_h"
    )


@pytest.mark.parametrize("uses", [1, 20])
def test_an_invite_may_be_for_one_or_for_a_whole_squad(uses: int) -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, max_uses=uses)).then(
        invited(at=NOW, invite=OTHER_INVITE, expires_at=NOW + 7 * DAY_MS, max_uses=uses)
    )


@pytest.mark.parametrize("uses", [-1, 0, 21])
def test_an_invite_is_for_no_fewer_and_no_more(uses: int) -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, max_uses=uses)).refused(
        RefusalCode.BAD_INPUT, field="max_uses"
    )


def test_a_full_squad_invites_nobody() -> None:
    given(*squad_of(ANA, BEN, size=2)).when(replace(MAKE_INVITE, max_uses=1)).refused(
        RefusalCode.SQUAD_FULL
    )


def many_invites(number: int, *, expires_at: Millis) -> list[RoomFact]:
    """So many ways in, all until the same instant."""
    keys = [InviteKey(f"way-{n}") for n in range(number)]
    return [invited(invite=key, expires_at=expires_at) for key in keys]


def test_there_are_at_most_200_invites_at_a_time() -> None:
    given(*FRIENDS, *many_invites(200, expires_at=NOW + 1)).when(MAKE_INVITE).refused(
        RefusalCode.QUOTA
    )


@pytest.mark.parametrize(("number", "expires_at"), [(199, NOW + 1), (200, NOW)])
def test_an_invite_that_is_over_makes_room_for_another(number: int, expires_at: Millis) -> None:
    facts = decide(room_of([*FRIENDS, *many_invites(number, expires_at=expires_at)]), MAKE_INVITE)

    assert [type(fact) for fact in facts] == [InviteIssued]


def test_an_archived_squad_does_nothing_more() -> None:
    given(*FRIENDS, archived()).when(MAKE_INVITE).refused(RefusalCode.WRONG_STATE)


# Join


def test_a_code_lets_somebody_in_as_a_member() -> None:
    given(*FRIENDS, invited()).when(replace(JOIN, seat=4)).then(
        joined(EVE, at=NOW, seat=4, invite=INVITE, invited_by=ANA)
    )


def test_joining_twice_is_a_success_without_an_event() -> None:
    given(*FRIENDS, invited()).when(replace(JOIN, by=BEN)).then()


def test_joining_twice_is_a_success_even_when_the_code_is_over() -> None:
    given(*FRIENDS, invited(expires_at=NOW)).when(replace(JOIN, by=BEN, seat=None)).then()


def test_a_code_that_nobody_made_is_refused() -> None:
    given(*FRIENDS).when(JOIN).refused(RefusalCode.INVITE_INVALID, field="code")


def test_an_archived_squads_code_is_refused() -> None:
    given(*squad_of(ANA), invited(), archived(), left(ANA)).when(JOIN).refused(
        RefusalCode.INVITE_INVALID, field="code"
    )


def test_a_code_is_over_at_its_very_last_instant() -> None:
    given(*FRIENDS, invited(expires_at=NOW)).when(JOIN).refused(RefusalCode.INVITE_EXPIRED)


def test_a_code_works_until_just_before() -> None:
    given(*FRIENDS, invited(expires_at=NOW + 1)).when(JOIN).then(
        joined(EVE, at=NOW, invite=INVITE, invited_by=ANA)
    )


def test_a_code_is_used_up_after_its_uses() -> None:
    given(*squad_of(ANA), invited(max_uses=1), joined(BEN, invite=INVITE)).when(JOIN).refused(
        RefusalCode.INVITE_USED_UP
    )


def test_a_use_is_not_given_back_by_leaving() -> None:
    given(*squad_of(ANA), invited(max_uses=1), joined(BEN, invite=INVITE), left(BEN)).when(
        JOIN
    ).refused(RefusalCode.INVITE_USED_UP)


def test_a_full_squad_takes_nobody() -> None:
    given(*squad_of(ANA, BEN, size=2), invited()).when(JOIN).refused(RefusalCode.SQUAD_FULL)


def test_nobody_joins_an_eleventh_squad() -> None:
    given(*FRIENDS, invited()).when(replace(JOIN, seat=None)).refused(RefusalCode.TOO_MANY_SQUADS)


def test_whoever_left_may_come_back() -> None:
    given(*FRIENDS, invited(), left(BEN)).when(replace(JOIN, by=BEN, handle=sealed(BEN))).then(
        joined(BEN, at=NOW, invite=INVITE, invited_by=ANA)
    )


# Leave


def test_a_member_leaves() -> None:
    given(*FRIENDS).when(LeaveSquad(at=NOW, by=BEN)).then(left(BEN))


def test_leaving_gives_the_seat_back() -> None:
    given(*squad_of(ANA), joined(BEN, seat=7)).when(LeaveSquad(at=NOW, by=BEN)).then(
        left(BEN, seat=7)
    )


def test_a_stranger_cannot_leave() -> None:
    given(*FRIENDS).when(LeaveSquad(at=NOW, by=EVE)).refused(RefusalCode.FORBIDDEN)


def test_nobody_leaves_twice() -> None:
    given(*FRIENDS, left(BEN)).when(LeaveSquad(at=NOW, by=BEN)).refused(RefusalCode.FORBIDDEN)


def test_an_owner_who_is_alone_archives_the_squad() -> None:
    given(*squad_of(ANA)).when(LeaveSquad(at=NOW, by=ANA)).then(archived(), left(ANA))


def test_the_longest_serving_captain_inherits() -> None:
    given(
        *squad_of(ANA),
        joined(BEN, at=MONDAY + 1),
        joined(CLEO, at=MONDAY + 3, role=Role.CAPTAIN),
        joined(DAN, at=MONDAY + 2, role=Role.CAPTAIN),
    ).when(LeaveSquad(at=NOW, by=ANA)).then(passed(ANA, DAN), left(ANA))


def test_without_a_captain_the_longest_serving_member_inherits() -> None:
    given(*squad_of(ANA), joined(CLEO, at=MONDAY + 2), joined(BEN, at=MONDAY + 1)).when(
        LeaveSquad(at=NOW, by=ANA)
    ).then(passed(ANA, BEN), left(ANA))


def test_of_two_who_joined_at_once_the_lower_id_inherits() -> None:
    given(*squad_of(ANA), joined(DAN), joined(CLEO)).when(LeaveSquad(at=NOW, by=ANA)).then(
        passed(ANA, CLEO), left(ANA)
    )


def test_coming_back_starts_the_service_anew() -> None:
    given(
        *squad_of(ANA),
        joined(BEN, at=MONDAY + 1),
        joined(CLEO, at=MONDAY + 2),
        left(BEN, at=MONDAY + 3),
        joined(BEN, at=MONDAY + 4),
    ).when(LeaveSquad(at=NOW, by=ANA)).then(passed(ANA, CLEO), left(ANA))


def test_an_owner_who_comes_back_is_an_ordinary_member() -> None:
    given(*FRIENDS, passed(ANA, BEN), left(ANA), joined(ANA)).when(
        replace(MAKE_INVITE, by=ANA)
    ).refused(RefusalCode.FORBIDDEN)


def test_the_heir_makes_invites() -> None:
    given(*FRIENDS, passed(ANA, BEN), left(ANA)).when(
        replace(MAKE_INVITE, by=BEN, max_uses=1)
    ).then(invited(BEN, at=NOW, invite=OTHER_INVITE, expires_at=NOW + 7 * DAY_MS, max_uses=1))


@pytest.mark.parametrize(
    "before",
    [(OFFER,), (OFFER, AGREED), (OFFER, AGREED, GOING_IN)],
    ids=["offered", "accepted", "in progress"],
)
@pytest.mark.parametrize("leaver", [BEN, ANA], ids=["issuer", "target"])
def test_inv_s5_leaving_withdraws_what_is_open_and_comes_last(
    before: tuple[DareFact, ...], leaver: PlayerId
) -> None:
    given(*squad_of(CLEO, ANA, BEN), *before).when(LeaveSquad(at=NOW, by=leaver)).then(
        withdrawn(before[-1], by=leaver, reason=WithdrawReason.PARTY_LEFT), left(leaver)
    )


def test_inv_s5_a_report_outlives_its_reporters_leave() -> None:
    given(*squad_of(CLEO, ANA, BEN), OFFER, AGREED, REPORT).when(LeaveSquad(at=NOW, by=ANA)).then(
        left(ANA)
    )


def test_inv_s5_the_dares_of_others_go_on() -> None:
    other = issued(dare_id(7), by=CLEO, target=DAN)
    given(*FRIENDS, OFFER, other).when(LeaveSquad(at=NOW, by=BEN)).then(
        withdrawn(OFFER, by=BEN, reason=WithdrawReason.PARTY_LEFT), left(BEN)
    )


def test_inv_s5_what_time_has_ended_already_is_not_withdrawn() -> None:
    given(*squad_of(CLEO, ANA, BEN), OFFER).when(LeaveSquad(at=NOW + DAY_MS, by=ANA)).then(
        left(ANA, at=NOW + DAY_MS)
    )


def test_inv_s5_archiving_ends_the_owners_self_dares_first() -> None:
    alone = issued(by=ANA, target=ANA)
    given(*squad_of(ANA), alone, accepted(alone)).when(LeaveSquad(at=NOW, by=ANA)).then(
        withdrawn(accepted(alone), reason=WithdrawReason.PARTY_LEFT), archived(), left(ANA)
    )


# Rename


def test_the_owner_renames_the_squad() -> None:
    given(*FRIENDS).when(RENAME).then(renamed("Millers"))


@pytest.mark.parametrize("length", [0, 41])
def test_another_name_has_1_to_40_characters_too(length: int) -> None:
    given(*FRIENDS).when(replace(RENAME, name_length=length)).refused(
        RefusalCode.BAD_INPUT, field="name"
    )


@pytest.mark.parametrize("length", [1, 40])
def test_a_name_may_have_1_character_or_40(length: int) -> None:
    given(*FRIENDS).when(replace(RENAME, name_length=length)).then(renamed("Millers"))


# Settings


def settings(
    *,
    by: PlayerId = ANA,
    at: Millis = NOW,
    size: int | None = None,
    join_policy: JoinPolicy | None = None,
    tz: str | None = None,
) -> ChangeSettings:
    """The owner changes what is named."""
    return ChangeSettings(at=at, by=by, size=size, join_policy=join_policy, tz=tz)


def test_the_owner_changes_the_size_and_the_way_in() -> None:
    given(*FRIENDS).when(settings(size=30, join_policy=JoinPolicy.APPROVAL)).then(
        changed(size=30, join_policy=JoinPolicy.APPROVAL)
    )


@pytest.mark.parametrize("size", [4, 50])
def test_a_squad_may_be_as_small_as_its_members_and_as_large_as_fifty(size: int) -> None:
    given(*FRIENDS).when(settings(size=size)).then(changed(size=size))


def test_a_squad_has_room_for_two_at_least() -> None:
    given(*squad_of(ANA)).when(settings(size=2)).then(changed(size=2))


@pytest.mark.parametrize("size", [-1, 0, 1, 51])
def test_a_size_out_of_bounds_is_refused(size: int) -> None:
    given(*squad_of(ANA)).when(settings(size=size)).refused(RefusalCode.BAD_INPUT, field="size")


def test_inv_s7_a_size_below_the_members_is_refused() -> None:
    given(*FRIENDS).when(settings(size=3)).refused(RefusalCode.WRONG_STATE, field="size")


def test_inv_s7_whoever_asks_holds_no_seat() -> None:
    given(*squad_of(ANA, BEN), asked(CLEO), asked(DAN)).when(settings(size=2)).then(changed(size=2))


def test_a_new_zone_counts_from_the_next_week_on() -> None:
    given(*FRIENDS).when(settings(tz="Asia/Tokyo")).then(
        changed(tz="Asia/Tokyo", tz_from=WeekId("2026-W49"))
    )


def test_a_new_zone_does_not_move_a_week_that_has_begun_there_already() -> None:
    """On Sunday at noon it is Monday in Kiritimati."""
    sunday = MONDAY + 6 * DAY_MS + 12 * HOUR_MS
    given(*FRIENDS).when(settings(at=sunday, tz="Pacific/Kiritimati")).then(
        changed(at=sunday, tz="Pacific/Kiritimati", tz_from=WeekId("2026-W50"))
    )


def test_an_unknown_zone_is_refused() -> None:
    given(*FRIENDS).when(settings(tz="Atlantis/City")).refused(RefusalCode.BAD_INPUT, field="tz")


def test_settings_that_are_so_already_are_no_event() -> None:
    given(*FRIENDS).when(settings(size=20, join_policy=JoinPolicy.CODE, tz="UTC")).then()


def test_no_settings_at_all_are_no_event() -> None:
    given(*FRIENDS).when(settings()).then()


def test_only_what_changes_is_in_the_event() -> None:
    given(*FRIENDS).when(settings(size=20, join_policy=JoinPolicy.APPROVAL, tz="UTC")).then(
        changed(join_policy=JoinPolicy.APPROVAL)
    )


def test_a_zone_that_is_to_come_is_so_already() -> None:
    move = changed(tz="Asia/Tokyo", tz_from=WeekId("2026-W49"))
    given(*FRIENDS, move).when(settings(tz="Asia/Tokyo")).then()


# Archive


def test_the_owner_archives_the_squad_and_stays_in_it() -> None:
    given(*FRIENDS).when(ArchiveSquad(at=NOW, by=ANA)).then(archived())


@pytest.mark.parametrize(
    "before",
    [(OFFER,), (OFFER, AGREED), (OFFER, AGREED, GOING_IN)],
    ids=["offered", "accepted", "in progress"],
)
def test_inv_s5_archiving_ends_whatever_is_open_and_comes_last(
    before: tuple[DareFact, ...],
) -> None:
    given(*FRIENDS, *before).when(ArchiveSquad(at=NOW, by=ANA)).then(
        withdrawn(before[-1], by=ANA, reason=WithdrawReason.SQUAD_ARCHIVED), archived()
    )


def test_archiving_declines_whoever_still_asks_and_comes_last() -> None:
    """What waits for an answer waits no more."""
    given(*FRIENDS, OFFER, asked(EVE)).when(ArchiveSquad(at=NOW, by=ANA)).then(
        withdrawn(OFFER, by=ANA, reason=WithdrawReason.SQUAD_ARCHIVED), not_let_in(EVE), archived()
    )


def test_the_last_one_who_leaves_declines_whoever_still_asks() -> None:
    given(*squad_of(ANA), asked(EVE)).when(LeaveSquad(at=NOW, by=ANA)).then(
        not_let_in(EVE), archived(), left(ANA)
    )


def test_an_erased_owner_who_was_alone_declines_whoever_still_asks() -> None:
    given(*squad_of(ANA), asked(EVE)).when(ForgetMember(at=NOW, player=ANA)).then(
        *(replace(fact, by=None) for fact in (not_let_in(EVE), archived(), left(ANA)))
    )


def test_inv_s5_a_report_outlives_the_squad() -> None:
    given(*FRIENDS, OFFER, AGREED, REPORT).when(ArchiveSquad(at=NOW, by=ANA)).then(archived())


def test_a_squad_is_not_archived_twice() -> None:
    given(*FRIENDS, archived()).when(ArchiveSquad(at=NOW, by=ANA)).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize("leaver", [ANA, BEN], ids=["owner", "member"])
def test_an_archived_squad_can_be_left_and_nothing_else_comes_of_it(leaver: PlayerId) -> None:
    given(*FRIENDS, archived()).when(LeaveSquad(at=NOW, by=leaver)).then(left(leaver))


# Revoke


def test_a_way_in_is_closed() -> None:
    given(*FRIENDS, invited()).when(RevokeInvite(at=NOW, by=ANA, invite=INVITE)).then(revoked())


def test_a_captain_closes_anybodys_way_in() -> None:
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN), invited()).when(
        RevokeInvite(at=NOW, by=BEN, invite=INVITE)
    ).then(revoked(by=BEN))


@pytest.mark.parametrize("before", [(), (invited(), revoked())], ids=["never made", "closed"])
def test_an_invite_that_is_not_there_is_not_revoked(before: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, *before).when(RevokeInvite(at=NOW, by=ANA, invite=INVITE)).refused(
        RefusalCode.NOT_FOUND, field="invite"
    )


def test_a_revoked_code_lets_nobody_in() -> None:
    given(*FRIENDS, invited(), revoked()).when(JOIN).refused(
        RefusalCode.INVITE_INVALID, field="code"
    )


# Ask to be let in


ASKING = changed(join_policy=JoinPolicy.APPROVAL)


def test_a_code_alone_lets_nobody_in_where_one_has_to_ask() -> None:
    given(*FRIENDS, ASKING, invited()).when(JOIN).refused(RefusalCode.FORBIDDEN, field="code")


@pytest.mark.parametrize("policy", [(), (ASKING,)], ids=["code", "approval"])
def test_whoever_has_a_code_may_ask(policy: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, *policy, invited()).when(REQUEST).then(asked(EVE))


def test_a_full_squad_may_be_asked() -> None:
    given(*squad_of(ANA, BEN, size=2), invited()).when(REQUEST).then(asked(EVE))


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ((), RefusalCode.INVITE_INVALID),
        ((invited(), revoked()), RefusalCode.INVITE_INVALID),
        ((invited(), archived()), RefusalCode.INVITE_INVALID),
    ],
    ids=["no code", "revoked", "archived"],
)
def test_nobody_asks_without_a_code_that_exists(
    before: tuple[RoomFact, ...], code: RefusalCode
) -> None:
    given(*FRIENDS, *before).when(REQUEST).refused(code, field="code")


def test_nobody_asks_with_a_code_that_is_over() -> None:
    given(*FRIENDS, invited(expires_at=NOW)).when(REQUEST).refused(RefusalCode.INVITE_EXPIRED)


def test_nobody_asks_with_a_code_that_is_used_up() -> None:
    given(*FRIENDS, invited(max_uses=1), joined(ANA, invite=INVITE)).when(REQUEST).refused(
        RefusalCode.INVITE_USED_UP
    )


def test_asking_uses_no_code_up() -> None:
    given(*FRIENDS, invited(max_uses=1), asked(EVE), joined(EVE, at=NOW), left(EVE)).when(
        REQUEST
    ).then(asked(EVE))


@pytest.mark.parametrize(
    "before", [(asked(EVE),), (joined(EVE),)], ids=["asks already", "is in already"]
)
def test_asking_twice_is_a_success_without_an_event(before: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, invited(), *before).when(replace(REQUEST, requests=10)).then()


def test_one_asks_ten_squads_at_most() -> None:
    given(*FRIENDS, invited()).when(replace(REQUEST, requests=10)).refused(RefusalCode.QUOTA)


def test_one_may_ask_a_tenth_squad() -> None:
    given(*FRIENDS, invited()).when(replace(REQUEST, requests=9)).then(asked(EVE))


THREE_TIMES = tuple(
    fact
    for hours in range(3)
    for fact in (
        asked(EVE, at=NOW + hours * HOUR_MS),
        asked_no_more(EVE, at=NOW + hours * HOUR_MS),
    )
)
"""Eve has asked three times, an hour apart, and takes it back each time."""


def test_one_asks_the_same_squad_three_times_a_day() -> None:
    """And is told when a day has passed since the first of them."""
    fourth = replace(REQUEST, at=NOW + 3 * HOUR_MS)
    refusal = given(*FRIENDS, invited(), *THREE_TIMES).when(fourth).refused(RefusalCode.QUOTA)

    assert refusal.retry_after_ms == 21 * HOUR_MS


def test_one_may_ask_the_same_squad_a_third_time() -> None:
    third = replace(REQUEST, at=NOW + 3 * HOUR_MS)
    given(*FRIENDS, invited(), *THREE_TIMES[:4]).when(third).then(asked(EVE, at=third.at))


def test_a_day_after_the_first_time_one_may_ask_the_same_squad_again() -> None:
    """One more time only: the second was an hour later."""
    before = (*FRIENDS, invited(), *THREE_TIMES)
    again = replace(REQUEST, at=NOW + DAY_MS)
    given(*before).when(replace(again, at=again.at - 1)).refused(RefusalCode.QUOTA)
    given(*before).when(again).then(asked(EVE, at=again.at))
    given(*before, asked(EVE, at=again.at), asked_no_more(EVE, at=again.at)).when(again).refused(
        RefusalCode.QUOTA
    )


def test_how_often_somebody_else_has_asked_does_not_matter() -> None:
    other = PlayerId(id_of("P"))
    given(*FRIENDS, invited(), *THREE_TIMES).when(
        replace(REQUEST, at=NOW + 3 * HOUR_MS, by=other, handle=sealed(other))
    ).then(asked(other, at=NOW + 3 * HOUR_MS))


def test_a_hundred_people_wait_at_a_door_and_no_more() -> None:
    crowd = tuple(asked(PlayerId(id_of("P", n))) for n in range(100))
    given(*FRIENDS, invited(), *crowd).when(REQUEST).refused(RefusalCode.QUOTA)


def test_a_hundredth_person_may_wait() -> None:
    crowd = tuple(asked(PlayerId(id_of("P", n))) for n in range(99))
    given(*FRIENDS, invited(), *crowd).when(REQUEST).then(asked(EVE))


def test_one_asks_no_more() -> None:
    given(*FRIENDS, asked(EVE)).when(CancelRequest(at=NOW, by=EVE)).then(asked_no_more(EVE))


@pytest.mark.parametrize("by", [BEN, EVE], ids=["member", "stranger"])
def test_whoever_does_not_ask_has_nothing_to_cancel(by: PlayerId) -> None:
    given(*FRIENDS).when(CancelRequest(at=NOW, by=by)).then()


def test_one_asks_no_more_of_a_squad_that_has_ended() -> None:
    given(*FRIENDS, asked(EVE), archived()).when(CancelRequest(at=NOW, by=EVE)).then(
        asked_no_more(EVE)
    )


def test_whoever_asked_and_joins_by_code_asks_no_more() -> None:
    room = given(*FRIENDS, invited(), asked(EVE), joined(EVE, invite=INVITE)).room

    assert room.squad.requests == {}


# Let in


APPROVE = ApproveRequest(at=NOW, by=ANA, player=EVE, seat=6)


def let_in(by: PlayerId = ANA) -> MemberJoined:
    """Eve was let in by somebody."""
    return replace(joined(EVE, at=NOW, seat=6), by=by)


def test_whoever_asked_is_let_in_under_the_name_that_they_gave() -> None:
    given(*FRIENDS, asked(EVE)).when(APPROVE).then(let_in())


def test_a_captain_lets_people_in() -> None:
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN), asked(EVE)).when(replace(APPROVE, by=BEN)).then(
        let_in(BEN)
    )


def test_letting_in_twice_is_a_success_without_an_event() -> None:
    given(*FRIENDS, asked(EVE), let_in()).when(replace(APPROVE, seat=None)).then()


@pytest.mark.parametrize(
    "before",
    [(), (asked(EVE), asked_no_more(EVE)), (asked(EVE), not_let_in(EVE))],
    ids=["never asked", "asks no more", "was declined"],
)
def test_nobody_is_let_in_who_does_not_ask(before: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, *before).when(APPROVE).refused(RefusalCode.NOT_FOUND, field="player")


def test_nobody_is_let_into_a_full_squad() -> None:
    given(*squad_of(ANA, BEN, size=2), asked(EVE)).when(APPROVE).refused(RefusalCode.SQUAD_FULL)


def test_nobody_is_let_into_an_eleventh_squad() -> None:
    given(*FRIENDS, asked(EVE)).when(replace(APPROVE, seat=None)).refused(
        RefusalCode.TOO_MANY_SQUADS, field="player"
    )


def test_nobody_lets_themselves_in() -> None:
    given(*FRIENDS, asked(EVE)).when(replace(APPROVE, by=EVE)).refused(RefusalCode.FORBIDDEN)


DECLINE = DeclineRequest(at=NOW, by=ANA, player=EVE)


def test_whoever_asked_is_not_let_in() -> None:
    given(*FRIENDS, asked(EVE)).when(DECLINE).then(not_let_in(EVE))


def test_whoever_was_not_let_in_may_ask_again() -> None:
    given(*FRIENDS, invited(), asked(EVE), not_let_in(EVE)).when(REQUEST).then(asked(EVE))


def test_nobody_is_turned_away_who_does_not_ask() -> None:
    given(*FRIENDS).when(DECLINE).refused(RefusalCode.NOT_FOUND, field="player")


# Kick, ban, unban


KICK = KickMember(at=NOW, by=ANA, player=BEN)
BAN = BanMember(at=NOW, by=ANA, player=BEN)


def test_a_member_is_put_out_and_the_seat_comes_back() -> None:
    given(*squad_of(ANA), joined(BEN, seat=7)).when(KICK).then(kicked(BEN, seat=7))


def test_whoever_was_kicked_may_come_back() -> None:
    given(*FRIENDS, invited(), kicked(BEN)).when(replace(JOIN, by=BEN, handle=sealed(BEN))).then(
        joined(BEN, at=NOW, invite=INVITE, invited_by=ANA)
    )


def test_a_member_is_banned_and_the_seat_comes_back() -> None:
    given(*squad_of(ANA), joined(BEN, seat=7)).when(BAN).then(banned(BEN, seat=7))


def test_whoever_asks_is_banned_without_a_seat() -> None:
    given(*FRIENDS, asked(EVE)).when(replace(BAN, player=EVE)).then(banned(EVE, seat=None))


OUT: dict[str, tuple[RoomFact, ...]] = {
    "left": (joined(EVE), left(EVE)),
    "kicked": (joined(EVE), kicked(EVE)),
    "was declined": (asked(EVE), not_let_in(EVE)),
    "asks no more": (asked(EVE), asked_no_more(EVE)),
    "was unbanned": (joined(EVE), banned(EVE), unbanned(EVE)),
}
"""How Eve may have been here before."""


@pytest.mark.parametrize("before", OUT.values(), ids=OUT)
@pytest.mark.parametrize("by", [ANA, BEN], ids=["owner", "captain"])
def test_whoever_was_here_before_is_banned_without_a_seat(
    by: PlayerId, before: tuple[RoomFact, ...]
) -> None:
    """So that they do not come back by the next code."""
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN), *before).when(
        BanMember(at=NOW, by=by, player=EVE)
    ).then(banned(EVE, by=by, seat=None))


def test_inv_s3_whoever_was_banned_after_leaving_does_not_come_back() -> None:
    gone = (joined(EVE), left(EVE), banned(EVE, seat=None))
    given(*FRIENDS, invited(), *gone).when(JOIN).refused(RefusalCode.BANNED)


@pytest.mark.parametrize("before", OUT.values(), ids=OUT)
def test_whoever_is_out_is_not_kicked(before: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, *before).when(replace(KICK, player=EVE)).refused(
        RefusalCode.NOT_FOUND, field="player"
    )


def test_banning_twice_is_a_success_without_an_event() -> None:
    given(*FRIENDS, banned(BEN)).when(BAN).then()


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
def test_nobody_is_put_out_who_is_not_in(command: KickMember | BanMember) -> None:
    given(*FRIENDS).when(replace(command, player=EVE)).refused(
        RefusalCode.NOT_FOUND, field="player"
    )


def test_whoever_asks_is_not_kicked() -> None:
    given(*FRIENDS, asked(EVE)).when(replace(KICK, player=EVE)).refused(
        RefusalCode.NOT_FOUND, field="player"
    )


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
@pytest.mark.parametrize(
    ("by", "player"),
    [(BEN, CLEO), (BEN, BEN), (BEN, ANA), (ANA, ANA)],
    ids=["another captain", "oneself", "the owner", "the owner oneself"],
)
def test_inv_s4_nobody_puts_out_an_equal_or_a_higher_role(
    command: KickMember | BanMember, by: PlayerId, player: PlayerId
) -> None:
    captains = (given_role(BEN, Role.CAPTAIN), given_role(CLEO, Role.CAPTAIN))
    given(*FRIENDS, *captains).when(replace(command, by=by, player=player)).refused(
        RefusalCode.FORBIDDEN, field="player"
    )


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
def test_the_owner_puts_out_a_captain(command: KickMember | BanMember) -> None:
    fact = kicked(BEN) if isinstance(command, KickMember) else banned(BEN)
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN)).when(command).then(fact)


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
def test_a_captain_puts_out_a_member(command: KickMember | BanMember) -> None:
    fact = kicked(DAN, by=BEN) if isinstance(command, KickMember) else banned(DAN, by=BEN)
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN)).when(replace(command, by=BEN, player=DAN)).then(
        fact
    )


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
@pytest.mark.parametrize(
    "before",
    [(OFFER,), (OFFER, AGREED), (OFFER, AGREED, GOING_IN)],
    ids=["offered", "accepted", "in progress"],
)
@pytest.mark.parametrize("out", [BEN, ANA], ids=["issuer", "target"])
def test_inv_s5_being_put_out_ends_what_is_open_first(
    command: KickMember | BanMember, before: tuple[DareFact, ...], out: PlayerId
) -> None:
    fact = kicked(out, by=CLEO) if isinstance(command, KickMember) else banned(out, by=CLEO)
    given(*squad_of(CLEO, ANA, BEN), *before).when(replace(command, by=CLEO, player=out)).then(
        withdrawn(before[-1], by=CLEO, reason=WithdrawReason.PARTY_LEFT), fact
    )


@pytest.mark.parametrize("command", [KICK, BAN], ids=["kick", "ban"])
def test_inv_s5_a_report_outlives_being_put_out(command: KickMember | BanMember) -> None:
    fact = kicked(ANA, by=CLEO) if isinstance(command, KickMember) else banned(ANA, by=CLEO)
    given(*squad_of(CLEO, ANA, BEN), OFFER, AGREED, REPORT).when(
        replace(command, by=CLEO, player=ANA)
    ).then(fact)


def test_inv_s5_a_ban_that_is_there_already_ends_nothing_more() -> None:
    again = (banned(BEN), unbanned(BEN), joined(BEN))
    given(*FRIENDS, *again, OFFER, banned(EVE)).when(replace(BAN, player=EVE)).then()


def test_inv_s3_a_ban_closes_every_code() -> None:
    given(*FRIENDS, invited(), banned(BEN)).when(replace(JOIN, by=BEN)).refused(RefusalCode.BANNED)


def test_inv_s3_a_ban_closes_the_asking() -> None:
    given(*FRIENDS, invited(), banned(BEN)).when(replace(REQUEST, by=BEN)).refused(
        RefusalCode.BANNED
    )


def test_inv_s3_a_ban_is_told_before_the_code_is_looked_at() -> None:
    given(*FRIENDS, banned(BEN)).when(replace(JOIN, by=BEN)).refused(RefusalCode.BANNED)


def test_inv_s3_nobody_is_let_in_who_was_banned_while_asking() -> None:
    given(*FRIENDS, asked(EVE), banned(EVE, seat=None)).when(APPROVE).refused(
        RefusalCode.NOT_FOUND, field="player"
    )


UNBAN = UnbanMember(at=NOW, by=ANA, player=BEN)


def test_a_ban_is_lifted() -> None:
    given(*FRIENDS, banned(BEN)).when(UNBAN).then(unbanned(BEN))


def test_whoever_is_not_banned_has_nothing_to_be_lifted() -> None:
    given(*FRIENDS).when(UNBAN).then()


def test_a_stranger_has_no_ban_to_be_lifted() -> None:
    given(*FRIENDS).when(replace(UNBAN, player=EVE)).refused(RefusalCode.NOT_FOUND, field="player")


def test_after_the_ban_one_comes_in_as_anybody_else() -> None:
    given(*FRIENDS, invited(), banned(BEN), unbanned(BEN)).when(
        replace(JOIN, by=BEN, handle=sealed(BEN))
    ).then(joined(BEN, at=NOW, invite=INVITE, invited_by=ANA))


# Roles


ROLE = ChangeRole(at=NOW, by=ANA, player=BEN, role=Role.CAPTAIN)


def test_a_member_becomes_a_captain() -> None:
    given(*FRIENDS).when(ROLE).then(given_role(BEN, Role.CAPTAIN))


def test_a_captain_becomes_a_member() -> None:
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN)).when(replace(ROLE, role=Role.MEMBER)).then(
        given_role(BEN, Role.MEMBER)
    )


@pytest.mark.parametrize("role", [Role.CAPTAIN, Role.MEMBER])
def test_a_role_that_is_theirs_already_is_no_event(role: Role) -> None:
    given(*squad_of(ANA), joined(BEN, role=role)).when(replace(ROLE, role=role)).then()


@pytest.mark.parametrize("role", [Role.CAPTAIN, Role.MEMBER])
def test_the_squad_is_handed_on_to_a_captain_or_to_a_member(role: Role) -> None:
    given(*squad_of(ANA), joined(BEN, role=role)).when(replace(ROLE, role=Role.OWNER)).then(
        passed(ANA, BEN)
    )


@pytest.mark.parametrize("role", Role)
def test_inv_s4_the_owners_own_role_stays_until_it_is_handed_on(role: Role) -> None:
    given(*FRIENDS).when(replace(ROLE, player=ANA, role=role)).refused(
        RefusalCode.FORBIDDEN, field="player"
    )


@pytest.mark.parametrize("role", Role)
def test_a_stranger_is_given_no_role(role: Role) -> None:
    given(*FRIENDS).when(replace(ROLE, player=EVE, role=role)).refused(
        RefusalCode.NOT_FOUND, field="player"
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("by", [BEN, CLEO], ids=["captain", "member"])
def test_inv_s4_nobody_promotes_themselves(by: PlayerId, role: Role) -> None:
    given(*FRIENDS, given_role(BEN, Role.CAPTAIN)).when(
        replace(ROLE, by=by, player=by, role=role)
    ).refused(RefusalCode.FORBIDDEN)


# The role table


BY_THE_OWNER: dict[str, RoomCommand] = {
    "rename": RENAME,
    "settings": settings(size=30),
    "archive": ArchiveSquad(at=NOW, by=ANA),
    "role": replace(ROLE, player=DAN),
    "handing on": replace(ROLE, player=DAN, role=Role.OWNER),
}
BY_LEADERS: dict[str, RoomCommand] = {
    "invite": MAKE_INVITE,
    "revoke": RevokeInvite(at=NOW, by=ANA, invite=INVITE),
    "approve": APPROVE,
    "decline": DECLINE,
    "kick": replace(KICK, player=DAN),
    "ban": replace(BAN, player=DAN),
    "unban": replace(UNBAN, player=DAN),
}
OF_ROLES = (*FRIENDS, given_role(BEN, Role.CAPTAIN), invited(), asked(EVE))


@pytest.mark.parametrize("command", BY_THE_OWNER.values(), ids=BY_THE_OWNER)
@pytest.mark.parametrize("by", [BEN, CLEO, EVE], ids=["captain", "member", "stranger"])
def test_inv_s4_what_is_the_owners_is_nobody_elses(by: PlayerId, command: RoomCommand) -> None:
    given(*OF_ROLES).when(replace(command, by=by)).refused(RefusalCode.FORBIDDEN)


@pytest.mark.parametrize("command", BY_LEADERS.values(), ids=BY_LEADERS)
@pytest.mark.parametrize("by", [CLEO, EVE], ids=["member", "stranger"])
def test_inv_s4_what_is_a_captains_is_no_members(by: PlayerId, command: RoomCommand) -> None:
    given(*OF_ROLES).when(replace(command, by=by)).refused(RefusalCode.FORBIDDEN)


@pytest.mark.parametrize(
    "command",
    [*BY_THE_OWNER.values(), *BY_LEADERS.values()],
    ids=[*BY_THE_OWNER, *BY_LEADERS],
)
def test_nothing_is_changed_in_an_archived_squad(command: RoomCommand) -> None:
    given(*OF_ROLES, archived()).when(command).refused(RefusalCode.WRONG_STATE)


# Erased


def test_whoever_was_erased_leaves_by_nobodys_command() -> None:
    given(*squad_of(ANA), joined(BEN, seat=3)).when(ForgetMember(at=NOW, player=BEN)).then(
        replace(left(BEN, seat=3), by=None)
    )


def test_an_erased_owner_passes_the_squad_on() -> None:
    given(*FRIENDS).when(ForgetMember(at=NOW, player=ANA)).then(
        replace(passed(ANA, BEN), by=None), replace(left(ANA), by=None)
    )


def test_an_erased_owner_who_was_alone_ends_the_squad() -> None:
    given(*squad_of(ANA)).when(ForgetMember(at=NOW, player=ANA)).then(
        replace(archived(), by=None), replace(left(ANA), by=None)
    )


def test_inv_s5_erasure_ends_what_is_open_first() -> None:
    offer = replace(withdrawn(OFFER, reason=WithdrawReason.PARTY_LEFT), by=None)
    given(*FRIENDS, OFFER).when(ForgetMember(at=NOW, player=BEN)).then(
        offer, replace(left(BEN), by=None)
    )


def test_an_erased_person_asks_no_more() -> None:
    given(*FRIENDS, asked(EVE)).when(ForgetMember(at=NOW, player=EVE)).then(
        replace(asked_no_more(EVE), by=None)
    )


def test_a_stranger_is_forgotten_without_an_event() -> None:
    given(*FRIENDS).when(ForgetMember(at=NOW, player=EVE)).then()


FORGET_EVE = ForgetMember(at=NOW, player=EVE)


@pytest.mark.parametrize("before", OUT.values(), ids=OUT)
def test_whoever_was_here_before_they_were_erased_is_forgotten(
    before: tuple[RoomFact, ...],
) -> None:
    """Their name is still in the history of those who follow it."""
    given(*FRIENDS, *before).when(FORGET_EVE).then(forgotten(EVE))


def test_in_an_archived_squad_whoever_was_here_before_is_forgotten_too() -> None:
    given(*FRIENDS, joined(EVE), left(EVE), archived()).when(FORGET_EVE).then(forgotten(EVE))


def test_nobody_is_forgotten_twice() -> None:
    given(*FRIENDS, joined(EVE), left(EVE), forgotten(EVE)).when(FORGET_EVE).then()


@pytest.mark.parametrize(
    "before",
    [
        (joined(EVE), replace(left(EVE), by=None)),
        (asked(EVE), replace(asked_no_more(EVE), by=None)),
    ],
    ids=["left", "asks no more"],
)
def test_whom_erasure_took_out_is_not_forgotten_again(before: tuple[RoomFact, ...]) -> None:
    given(*FRIENDS, *before).when(FORGET_EVE).then()


@pytest.mark.parametrize(
    "before",
    [
        (joined(EVE), banned(EVE)),
        (asked(EVE), banned(EVE, seat=None)),
        (joined(EVE), left(EVE), banned(EVE, seat=None)),
    ],
    ids=["as a member", "while asking", "after leaving"],
)
def test_no_ban_of_an_erased_person_is_kept(before: tuple[RoomFact, ...]) -> None:
    """There is nobody who could come back."""
    given(*FRIENDS, *before).when(FORGET_EVE).then(replace(unbanned(EVE), by=None), forgotten(EVE))


def test_an_archived_squad_forgets_too() -> None:
    given(*FRIENDS, archived()).when(ForgetMember(at=NOW, player=ANA)).then(
        replace(left(ANA), by=None)
    )


# Weeks


CLOSES = MONDAY + 7 * DAY_MS + 60 * HOUR_MS
"""Sixty hours after the end of the week, in UTC."""
CLOSE = CloseWeek(at=CLOSES, week=THIS_WEEK)
WITH_A_REPORT = (*FRIENDS, OFFER, AGREED, REPORT)


def test_a_week_is_closed_sixty_hours_after_its_end() -> None:
    given(*WITH_A_REPORT).when(CLOSE).then(week_closed(at=CLOSES))


def test_a_week_is_not_closed_before() -> None:
    given(*WITH_A_REPORT).when(replace(CLOSE, at=CLOSES - 1)).then()


def test_inv_d7_a_week_is_closed_late_all_the_same() -> None:
    late = CLOSES + 90 * DAY_MS
    given(*WITH_A_REPORT).when(replace(CLOSE, at=late)).then(week_closed(at=late))


def test_inv_d7_a_week_is_closed_once() -> None:
    given(*WITH_A_REPORT, week_closed(at=CLOSES)).when(CLOSE).then()


def test_a_week_without_a_report_is_not_closed() -> None:
    given(*FRIENDS, OFFER, AGREED).when(CLOSE).then()


def test_an_archived_squads_week_is_closed_too() -> None:
    given(*WITH_A_REPORT, archived()).when(CLOSE).then(week_closed(at=CLOSES))


def test_a_week_that_a_change_of_zone_made_longer_is_closed_later() -> None:
    """Honolulu's Monday begins ten hours after that of Greenwich."""
    move = changed(tz="Pacific/Honolulu", tz_from=WeekId("2026-W49"))
    given(*WITH_A_REPORT, move).when(replace(CLOSE, at=CLOSES + 10 * HOUR_MS - 1)).then()
    given(*WITH_A_REPORT, move).when(replace(CLOSE, at=CLOSES + 10 * HOUR_MS)).then(
        week_closed(at=CLOSES + 10 * HOUR_MS)
    )
