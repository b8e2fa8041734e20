"""A replay, over battles by chance: timers late or never, a clock set back, commands said again."""

from hypothesis import given

from domain.battles.state import Battle
from domain.ids import BattleId, PlayerId
from server.live.replay import replay, table
from server.protocol.views import BattleScore
from tests.domain import profile
from tests.domain.battles.arena import Arena, arenas
from tests.domain.histories import World, worlds
from tests.examples import (
    ANA,
    BATTLE,
    BEN,
    battle_joined,
    battle_left,
    battle_opened,
    log_of,
    squad_of,
)

profile.load()


def name(player: PlayerId) -> str:
    """Everybody is called by their id."""
    return f"name of {player}"


def last_tables(arena: Arena) -> dict[BattleId, list[BattleScore]]:
    """The last table of each replay."""
    found = {id_: replay(log_of(*arena.facts), id_, name) for id_ in arena.room.battles.by_id}
    return {id_: one.moments[-1].rows for id_, one in found.items() if one is not None}


@given(arenas())
def test_inv_b0_the_last_table_of_a_replay_is_the_domains_own(arena: Arena) -> None:
    assert last_tables(arena) == {
        id_: table(battle, name) for id_, battle in arena.room.battles.by_id.items()
    }


@given(worlds())
def test_inv_b0_a_battle_is_replayed_to_where_it_stands(world: World) -> None:
    """With its times and its state; in the order of the log."""
    for squad, room in world.rooms.items():
        facts = [recorded for recorded in world.log if recorded.stream == f"squad-{squad}"]
        for id_, battle in room.battles.by_id.items():
            found = replay(facts, id_, name)
            assert found is not None
            numbers = [moment.n for moment in found.moments]

            assert (found.state, found.starts_at, found.ends_at) == (
                battle.state,
                battle.starts_at,
                ends_at(battle),
            )
            assert numbers == sorted(set(numbers))
            assert found.moments[-1].rows == table(battle, name)


def test_whoever_comes_and_goes_over_and_over_is_told_of_twice() -> None:
    """The first time and the last; so a replay has an end, whatever somebody does in a lobby."""
    churn = [told for _ in range(9) for told in (battle_joined(BEN), battle_left(BEN))]
    facts = (*squad_of(ANA, BEN), battle_opened(), battle_joined(ANA), *churn)
    found = replay(log_of(*facts), BATTLE, name)
    assert found is not None

    assert [(m.kind, m.player) for m in found.moments] == [
        ("battle.opened", ANA),
        ("battle.joined", ANA),
        ("battle.joined", BEN),
        ("battle.left", BEN),
    ]


def ends_at(battle: Battle) -> int | None:
    """When its time is up; one that was never started has no such time."""
    return None if battle.starts_at is None else battle.ends_at
