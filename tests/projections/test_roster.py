"""Who is in which squad."""

from collections.abc import Callable

import pytest
from hypothesis import given
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import JoinPolicy, MemberJoined, Role
from domain.weeks import WeekId, calendar_of
from projections.roster import (
    MemberRow,
    RequestRow,
    SquadRow,
    members,
    memberships,
    requests,
    squad,
)
from tests.domain.histories import World, worlds
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    EVE,
    MONDAY,
    NOW,
    OTHER_SQUAD,
    PEOPLE,
    SQUAD,
    archived,
    asked,
    asked_no_more,
    banned,
    changed,
    given_role,
    id_of,
    invited,
    joined,
    kicked,
    left,
    log_of,
    not_let_in,
    passed,
    registered,
    renamed,
    sealed,
    squad_created,
    squad_of,
)
from tests.projections.folding import folded


def member(player: PlayerId, role: Role = Role.MEMBER, *, left_at: int | None = None) -> MemberRow:
    """A row of the squad of the examples."""
    return MemberRow(
        squad=SQUAD,
        player=player,
        handle=sealed(player),
        role=role,
        joined_at=MONDAY,
        left_at=left_at,
    )


def test_a_squad_counts_its_members() -> None:
    store = folded(log_of(*squad_of(ANA, BEN, CLEO, tz="Asia/Tokyo", size=9)))

    assert squad(store, SQUAD) == SquadRow(
        squad=SQUAD,
        name=sealed("Bakers"),
        calendar=calendar_of("Asia/Tokyo"),
        size=9,
        join_policy=JoinPolicy.CODE,
        created_at=MONDAY,
        members=3,
    )


def test_an_unknown_squad_is_none() -> None:
    assert squad(folded(()), SQUAD) is None


def test_an_unknown_squad_has_no_members() -> None:
    assert members(folded(()), SQUAD) == []


def test_members_are_listed_by_id() -> None:
    store = folded(log_of(squad_created(), joined(CLEO, role=Role.OWNER), joined(BEN)))

    assert members(store, SQUAD) == [member(BEN), member(CLEO, Role.OWNER)]


def test_whoever_left_stays_listed_as_such() -> None:
    store = folded(
        log_of(squad_created(), joined(ANA, role=Role.OWNER), joined(BEN), left(BEN, at=NOW))
    )

    assert members(store, SQUAD) == [member(ANA, Role.OWNER), member(BEN, left_at=NOW)]


def test_whoever_left_is_not_counted() -> None:
    found = squad(folded(log_of(*squad_of(ANA, BEN), left(BEN))), SQUAD)

    assert found is not None
    assert found.members == 1


def test_whoever_comes_back_is_a_member_again_from_then_on() -> None:
    log = log_of(*squad_of(ANA, BEN), left(BEN), joined(BEN, at=NOW))
    (row,) = memberships(folded(log), BEN)

    assert (row.has_left, row.joined_at, row.role) == (False, NOW, Role.MEMBER)


def test_ownership_passes_on() -> None:
    store = folded(
        log_of(squad_created(), joined(ANA, role=Role.OWNER), joined(BEN), passed(ANA, BEN))
    )

    assert members(store, SQUAD) == [member(ANA), member(BEN, Role.OWNER)]


def test_an_archived_squad_is_marked() -> None:
    found = squad(folded(log_of(*squad_of(ANA), archived(), left(ANA))), SQUAD)

    assert found is not None
    assert (found.is_archived, found.members) == (True, 0)


def test_a_player_has_a_membership_in_each_squad() -> None:
    first = log_of(*squad_of(ANA, BEN))
    other = log_of(
        squad_created(BEN, squad=OTHER_SQUAD),
        joined(BEN, role=Role.OWNER),
        squad=OTHER_SQUAD,
        seq=len(first),
    )

    assert [row.squad for row in memberships(folded([*first, *other]), BEN)] == [
        SQUAD,
        OTHER_SQUAD,
    ]


def test_a_players_own_stream_is_no_squad() -> None:
    of_player: Recorded[Fact] = Recorded(1, f"player-{ANA}", 1, registered())

    assert memberships(folded([of_player]), ANA) == []


def test_an_invite_changes_nothing() -> None:
    log = log_of(*squad_of(ANA, BEN))
    more = log_of(invited(), seq=len(log), n=len(log))

    assert members(folded([*log, *more]), SQUAD) == members(folded(log), SQUAD)


@given(worlds())
def test_the_roster_is_the_rooms_own(world: World) -> None:
    """Members, roles and first days as a decision would see them; those who left besides."""
    store = folded(world.log)
    for squad_id, room in world.rooms.items():
        row, inside = squad(store, squad_id), room.squad.members
        ever = {fact.player for fact in world.facts(squad_id) if isinstance(fact, MemberJoined)}
        listed = members(store, squad_id)

        assert row is not None
        assert (row.members, row.is_archived) == (len(inside), room.squad.is_archived)
        assert {r.player for r in listed} == ever
        assert {(r.player, r.role, r.joined_at) for r in listed if not r.has_left} == {
            (m.player, m.role, m.joined_at) for m in inside.values()
        }


# What the owner changes


def squad_row(*facts: Fact) -> SquadRow:
    """The squad of the examples after all these."""
    found = squad(folded(log_of(*squad_of(ANA, BEN), *facts)), SQUAD)
    assert found is not None
    return found


def test_another_name_takes_the_place_of_the_old_one() -> None:
    assert squad_row(renamed("Millers")) == replace(squad_row(), name=sealed("Millers"))


def test_another_size_is_all_that_changes() -> None:
    assert squad_row(changed(size=9)) == replace(squad_row(), size=9)


def test_another_way_in_is_all_that_changes() -> None:
    assert squad_row(changed(join_policy=JoinPolicy.APPROVAL)) == replace(
        squad_row(), join_policy=JoinPolicy.APPROVAL
    )


def test_another_zone_names_the_weeks_from_a_week_on() -> None:
    row = squad_row(changed(tz="Asia/Tokyo", tz_from=WeekId("2026-W49")))

    assert row.calendar == calendar_of("UTC").changed(WeekId("2026-W49"), "Asia/Tokyo")


def test_a_role_is_given() -> None:
    store = folded(log_of(*squad_of(ANA, BEN), given_role(BEN, Role.CAPTAIN)))

    assert [row.role for row in members(store, SQUAD)] == [Role.OWNER, Role.CAPTAIN]


# Who goes, and who asks


@pytest.mark.parametrize("out", [kicked, banned], ids=["kicked", "banned"])
def test_whoever_was_put_out_has_left_and_is_not_counted(
    out: Callable[[PlayerId], Fact],
) -> None:
    store = folded(log_of(*squad_of(ANA, BEN), out(BEN)))
    (row,) = memberships(store, BEN)

    assert (row.left_at, squad_row(out(BEN)).members) == (NOW, 1)


def test_whoever_asks_is_listed_with_when() -> None:
    store = folded(log_of(*squad_of(ANA, BEN), asked(EVE)))

    assert requests(store, EVE) == [RequestRow(player=EVE, squad=SQUAD, asked_at=NOW)]


def test_whoever_asks_is_no_member() -> None:
    assert squad_row(asked(EVE)).members == 2


@pytest.mark.parametrize(
    "answer",
    [asked_no_more(EVE), not_let_in(EVE), joined(EVE), banned(EVE, seat=None)],
    ids=["cancelled", "declined", "joined", "banned"],
)
def test_whoever_got_an_answer_asks_no_more(answer: Fact) -> None:
    store = folded(log_of(*squad_of(ANA, BEN), asked(EVE), answer))

    assert requests(store, EVE) == []


def test_whoever_was_banned_while_asking_was_never_a_member() -> None:
    store = folded(log_of(*squad_of(ANA, BEN), asked(EVE), banned(EVE, seat=None)))

    assert (memberships(store, EVE), squad_row(asked(EVE), banned(EVE, seat=None)).members) == (
        [],
        2,
    )


@given(worlds())
def test_who_asks_is_whom_the_rooms_know(world: World) -> None:
    store = folded(world.log)
    for player in PEOPLE:
        assert {row.squad for row in requests(store, player)} == {
            squad_id for squad_id, room in world.rooms.items() if player in room.squad.requests
        }


@given(worlds())
def test_a_squads_settings_are_the_rooms_own(world: World) -> None:
    store = folded(world.log)
    for squad_id, room in world.rooms.items():
        row = squad(store, squad_id)

        assert row is not None
        assert (row.size, row.join_policy, row.calendar) == (
            room.squad.size,
            room.squad.join_policy,
            room.squad.calendar,
        )


def test_a_squad_that_nobody_asked_about_is_not_there() -> None:
    assert squad(folded(log_of(*squad_of(ANA))), id_of("Z")) is None
