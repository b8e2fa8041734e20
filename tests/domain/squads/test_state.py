"""What a squad's facts amount to."""

from domain.squads.events import JoinPolicy, Role
from domain.squads.state import Invite, Member
from tests.examples import (
    ANA,
    BEN,
    INVITE,
    MONDAY,
    SQUAD,
    archived,
    invited,
    joined,
    left,
    passed,
    room_of,
    squad_created,
    squad_of,
)


def test_a_squad_before_its_creation_is_nobodys() -> None:
    squad = room_of(()).squad

    assert (squad.squad, squad.members, squad.is_archived) == (None, {}, False)


def test_a_created_squad_has_its_settings() -> None:
    squad = room_of([squad_created(tz="Asia/Tokyo", size=5)]).squad

    assert (
        squad.squad,
        squad.tz,
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
    squad = room_of([*squad_of(ANA, BEN), invited()]).squad
    copy = squad.copy()
    del copy.members[BEN]
    copy.invites.clear()

    assert (list(squad.members), list(squad.invites)) == ([ANA, BEN], [INVITE])
