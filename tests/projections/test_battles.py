"""The rows of battles: the domain's own fold, at every moment and however it is folded."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from domain.battles.state import Battle
from domain.facts import Fact, Recorded
from domain.ids import MINUTE_MS, BattleId, SquadId
from domain.room import Room, RoomFact, evolve
from domain.scoring import Outcome
from projections.battles import BATTLES, LATEST, BattleRow, LatestBattle, battle, latest
from projections.stores.store import Store
from tests.domain.battles.arena import Arena, arenas
from tests.domain.histories import World, worlds
from tests.examples import (
    ANA,
    BATTLE,
    BEN,
    FRIENDS,
    NOW,
    OTHER_SQUAD,
    SQUAD,
    battle_cancelled,
    battle_joined,
    battle_opened,
    log_of,
    self_dare,
)
from tests.projections.battling import battle_id, battling_logs, begun, ended, fought
from tests.projections.folding import fold, folded, prepared, rows_of

TOLD = {ANA: [Outcome.REJECTED], BEN: [Outcome.GRANTED]}
START = len(FRIENDS)


def fold_of(facts: Sequence[RoomFact]) -> dict[BattleId, Battle]:
    """The battles that the domain folds these facts to."""
    room = Room()
    for fact in facts:
        evolve(room, fact)
    return room.battles.by_id


def states(store: Store, squad: SquadId = SQUAD) -> dict[BattleId, Battle]:
    """The battles in the rows."""
    return {row.battle: row.state for row in store.select(BATTLES) if row.squad == squad}


def test_a_battle_is_a_row_with_where_it_began_and_was_last_told_of() -> None:
    facts = (*FRIENDS, battle_opened(), battle_joined(ANA), battle_joined(BEN))
    store = folded(log_of(*facts))

    assert battle(store, SQUAD, BATTLE) == BattleRow(
        squad=SQUAD,
        battle=BATTLE,
        first_n=START + 1,
        last_n=START + 3,
        state=fold_of(facts)[BATTLE],
    )


def test_a_squad_without_a_battle_has_no_latest_one() -> None:
    store = folded(log_of(*fought(1, TOLD), squad=OTHER_SQUAD))

    assert (latest(store, SQUAD), battle(store, SQUAD, battle_id(1))) == (None, None)


def test_the_latest_battle_is_the_one_that_was_opened_last_also_when_it_is_over() -> None:
    store = folded(log_of(*FRIENDS, *fought(1, TOLD), *fought(2, TOLD, at=NOW + 60 * MINUTE_MS)))
    found = latest(store, SQUAD)

    assert found is not None
    assert found == battle(store, SQUAD, battle_id(2))
    assert store.select(LATEST) == [LatestBattle(squad=SQUAD, battle=battle_id(2))]


@pytest.mark.parametrize("end", [[], [battle_cancelled(battle=battle_id(1))], [*ended(1)]])
def test_a_dare_outside_the_battle_is_nothing_to_it(end: list[RoomFact]) -> None:
    """While it is on and after."""
    facts = [*FRIENDS, *begun(1, TOLD), *end]
    outside = self_dare(900, ANA)
    before, after = folded(log_of(*facts)), folded(log_of(*facts, *outside))

    assert battle(after, SQUAD, battle_id(1)) == battle(before, SQUAD, battle_id(1))


@given(arenas())
def test_inv_b0_the_rows_are_the_domains_own_battles_at_every_moment(arena: Arena) -> None:
    """With timers that ring late or never, and a clock that is set back."""
    store, room = prepared(folded(())), Room()
    for recorded in log_of(*arena.facts):
        fold(store, [recorded])
        evolve(room, recorded.fact)  # type: ignore[arg-type]  # an arena's facts are a room's

        assert states(store) == room.battles.by_id


@given(worlds())
def test_inv_b0_the_rows_of_every_squad_are_its_own_battles(world: World) -> None:
    store = folded(world.log)

    assert {squad: states(store, squad) for squad in world.rooms} == {
        squad: room.battles.by_id for squad, room in world.rooms.items()
    }


@given(battling_logs())
def test_inv_c3_rebuilt_rows_are_the_live_ones(log: list[Recorded[Fact]]) -> None:
    """Fact by fact, or all at once."""
    live = prepared(folded(()))
    fold(live, log, batch=1)

    assert rows_of(live) == rows_of(folded(log))
