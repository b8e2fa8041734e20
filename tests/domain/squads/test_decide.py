"""Who founds, invites, joins and leaves (rules §2)."""

import pytest
from msgspec.structs import replace

from domain.dares.events import DareFact, WithdrawReason
from domain.ids import DAY_MS, HOUR_MS, PlayerId
from domain.refusals import RefusalCode
from domain.squads.commands import CreateSquad, IssueInvite, JoinSquad, LeaveSquad
from domain.squads.events import InviteIssued, Role
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
    accepted,
    archived,
    dare_id,
    given,
    invited,
    issued,
    joined,
    left,
    passed,
    sealed,
    squad_created,
    squad_of,
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


@pytest.mark.parametrize("uses", [-1, 0, 21])
def test_an_invite_is_for_one_to_a_whole_squad(uses: int) -> None:
    given(*FRIENDS).when(replace(MAKE_INVITE, max_uses=uses)).refused(
        RefusalCode.BAD_INPUT, field="max_uses"
    )


def test_a_full_squad_invites_nobody() -> None:
    given(*squad_of(ANA, BEN, size=2)).when(replace(MAKE_INVITE, max_uses=1)).refused(
        RefusalCode.SQUAD_FULL
    )


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
