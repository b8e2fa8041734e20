"""Who is in which squad."""

from hypothesis import given

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import MemberJoined, Role
from projections.roster import MemberRow, SquadRow, members, memberships, squad
from tests.domain.histories import World, worlds
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    MONDAY,
    NOW,
    OTHER_SQUAD,
    SQUAD,
    archived,
    id_of,
    invited,
    joined,
    left,
    log_of,
    passed,
    registered,
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
        tz="Asia/Tokyo",
        size=9,
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
        ever = {
            recorded.fact.by
            for recorded in world.log
            if recorded.stream == f"squad-{squad_id}" and isinstance(recorded.fact, MemberJoined)
        }
        listed = members(store, squad_id)

        assert row is not None
        assert (row.members, row.is_archived) == (len(inside), room.squad.is_archived)
        assert {r.player for r in listed} == ever
        assert {(r.player, r.role, r.joined_at) for r in listed if not r.has_left} == {
            (m.player, m.role, m.joined_at) for m in inside.values()
        }


def test_a_squad_that_nobody_asked_about_is_not_there() -> None:
    assert squad(folded(log_of(*squad_of(ANA))), id_of("Z")) is None
