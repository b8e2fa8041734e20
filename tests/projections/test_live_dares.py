"""What waits for somebody."""

import pytest
from hypothesis import given

from domain.dares.events import DareFact
from domain.dares.state import OPEN
from projections.live_dares import LiveDareRow, waiting_for
from tests.domain.histories import World, worlds
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    DARE,
    FRIENDS,
    GOING_IN,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_DARE,
    PEOPLE,
    REPORT,
    SQUAD,
    bailed,
    expired,
    issued,
    lapsed,
    log_of,
    settled,
    withdrawn,
)
from tests.projections.folding import folded


@pytest.mark.parametrize(
    "facts",
    [
        (OFFER,),
        (OFFER, AGREED),
        (OFFER, AGREED, GOING_IN),
        (OFFER, AGREED, GOING_IN, lapsed(AGREED, at=NOW)),
    ],
)
def test_an_open_dare_waits_for_its_target(facts: tuple[DareFact, ...]) -> None:
    store = folded(log_of(*FRIENDS, *facts))

    assert waiting_for(store, ANA) == [LiveDareRow(dare=DARE, squad=SQUAD, target=ANA)]


@pytest.mark.parametrize(
    "facts",
    [
        (OFFER, NO_THANKS),
        (OFFER, AGREED, bailed(AGREED)),
        (OFFER, expired(OFFER, at=NOW)),
        (OFFER, withdrawn(OFFER)),
        (OFFER, AGREED, REPORT),
        (OFFER, AGREED, REPORT, settled(AGREED, at=NOW)),
    ],
)
def test_an_ended_or_reported_dare_waits_for_nobody(facts: tuple[DareFact, ...]) -> None:
    assert waiting_for(folded(log_of(*FRIENDS, *facts)), ANA) == []


def test_a_dare_does_not_wait_for_its_issuer() -> None:
    assert waiting_for(folded(log_of(*FRIENDS, OFFER)), BEN) == []


def test_dares_are_listed_by_id() -> None:
    store = folded(log_of(*FRIENDS, issued(OTHER_DARE), OFFER))

    assert [row.dare for row in waiting_for(store, ANA)] == [DARE, OTHER_DARE]


@given(worlds())
def test_what_waits_is_what_the_rooms_hold_open(world: World) -> None:
    store = folded(world.log)
    for player in PEOPLE:
        waiting = {(row.squad, row.dare) for row in waiting_for(store, player)}

        assert waiting == {
            (squad, dare.dare)
            for squad, room in world.rooms.items()
            for dare in room.dares.by_id.values()
            if dare.target == player and dare.state in OPEN
        }
