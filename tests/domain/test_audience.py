"""Who sees what of a fact (protocol, "What one may see")."""

from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given
from msgspec.structs import replace

from domain.audience import DareNotTaken, Sight, sights
from domain.dares.events import (
    AboutDare,
    DareAccepted,
    DareBailed,
    DareCorrected,
    DareDeclined,
    DareExpired,
    DareFact,
    DareIssued,
    DareReported,
    DareSettled,
    DareStarted,
    DareStartLapsed,
    DareWithdrawn,
    WithdrawReason,
)
from domain.ids import PlayerId
from domain.room import RoomFact
from domain.squads.events import MemberForgotten
from tests.domain.histories import World, worlds
from tests.examples import (
    AGREED,
    ALL_BATTLE_FACTS,
    ALL_DARE_FACTS,
    ALL_SQUAD_FACTS,
    ANA,
    BEN,
    CLEO,
    DAN,
    DARE,
    GOING_IN,
    NO_THANKS,
    NOW,
    OFFER,
    PEOPLE,
    REPORT,
    accepted,
    bailed,
    cheered,
    corrected,
    expired,
    forgotten,
    invited,
    issued,
    lapsed,
    settled,
    withdrawn,
)

TARGET, ISSUER, BYSTANDER = ANA, BEN, CLEO
NOT_TAKEN = DareNotTaken(at=NOW, by=None, dare=DARE)
SELF_OFFER = issued(by=ANA, target=ANA)
CHEER = cheered(REPORT)

ROWS: list[tuple[str, DareFact, Sight | None, Sight | None, Sight | None]] = [
    ("an offer", OFFER, OFFER, OFFER, None),
    ("a yes", AGREED, AGREED, AGREED, AGREED),
    ("a not today", NO_THANKS, NO_THANKS, NOT_TAKEN, None),
    ("going in", GOING_IN, GOING_IN, GOING_IN, GOING_IN),
    (
        "nothing came of it",
        lapsed(AGREED, at=NOW),
        lapsed(AGREED, at=NOW),
        lapsed(AGREED, at=NOW),
        lapsed(AGREED, at=NOW),
    ),
    ("a step back", bailed(AGREED), bailed(AGREED), NOT_TAKEN, NOT_TAKEN),
    ("time out on an offer", expired(OFFER, at=NOW), expired(OFFER, at=NOW), NOT_TAKEN, None),
    (
        "time out on an attempt",
        expired(AGREED, at=NOW),
        expired(AGREED, at=NOW),
        NOT_TAKEN,
        NOT_TAKEN,
    ),
    ("an offer taken back", withdrawn(OFFER), withdrawn(OFFER), withdrawn(OFFER), None),
    (
        "an attempt called off",
        withdrawn(AGREED, reason=WithdrawReason.SAFETY),
        withdrawn(AGREED, reason=WithdrawReason.SAFETY),
        withdrawn(AGREED, reason=WithdrawReason.SAFETY),
        withdrawn(AGREED),
    ),
    ("a report", REPORT, REPORT, REPORT, REPORT),
    (
        "a report put right",
        corrected(REPORT),
        corrected(REPORT),
        corrected(REPORT),
        corrected(REPORT),
    ),
    (
        "the report stands",
        settled(AGREED, at=NOW),
        settled(AGREED, at=NOW),
        settled(AGREED, at=NOW),
        settled(AGREED, at=NOW),
    ),
]
each_row = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])


def visible_to(viewer: PlayerId, facts: Iterable[RoomFact]) -> list[Sight]:
    """All that somebody sees of some facts."""
    return [sight for fact in facts if (sight := sights(fact).of(viewer)) is not None]


def test_the_examples_hold_one_of_every_kind() -> None:
    kinds = {type(fact) for fact in (*ALL_DARE_FACTS, *ALL_BATTLE_FACTS, *ALL_SQUAD_FACTS, CHEER)}

    assert kinds == set(get_args(RoomFact))
    assert {type(row[1]) for row in ROWS} == set(get_args(DareFact))


@each_row
def test_the_target_sees_the_fact(
    row: tuple[str, DareFact, Sight | None, Sight | None, Sight | None],
) -> None:
    assert sights(row[1]).of(TARGET) == row[2]


@each_row
def test_the_issuer_sees_what_is_theirs_to_know(
    row: tuple[str, DareFact, Sight | None, Sight | None, Sight | None],
) -> None:
    assert sights(row[1]).of(ISSUER) == row[3]


@each_row
def test_the_squad_sees_what_was_agreed_to(
    row: tuple[str, DareFact, Sight | None, Sight | None, Sight | None],
) -> None:
    assert sights(row[1]).of(BYSTANDER) == row[4]


def test_inv_d6_a_decline_a_bail_and_an_expiry_look_the_same_to_others() -> None:
    """Down to the last field: same class, nobody named, nothing but the dare."""
    facts = (bailed(AGREED), expired(AGREED, at=NOW), NO_THANKS, expired(OFFER, at=NOW))

    assert {sights(fact).of(ISSUER) for fact in facts} == {NOT_TAKEN}


def test_inv_d6_the_squad_cannot_tell_a_bail_from_an_expiry() -> None:
    assert sights(bailed(AGREED)).of(BYSTANDER) == sights(expired(AGREED, at=NOW)).of(BYSTANDER)


@given(worlds())
def test_inv_d6_nobody_else_sees_an_offer_until_it_is_accepted(world: World) -> None:
    for squad in world.rooms:
        for viewer in PEOPLE:
            agreed = set()
            for fact in world.facts(squad):
                sight = sights(fact).of(viewer)
                if not isinstance(fact, AboutDare) or viewer in (fact.issuer, fact.target):
                    continue
                if isinstance(fact, DareAccepted):
                    agreed.add(fact.dare)

                assert (sight is not None) == (fact.dare in agreed)


@given(worlds())
def test_inv_d6_only_the_target_sees_who_declined_bailed_or_ran_out_of_time(world: World) -> None:
    private = (DareDeclined, DareBailed, DareExpired)
    for squad in world.rooms:
        for viewer in PEOPLE:
            seen = visible_to(viewer, world.facts(squad))

            assert [s for s in seen if isinstance(s, private) and s.target != viewer] == []


@given(worlds())
def test_inv_d6_an_accepted_dare_brings_its_terms_whole(world: World) -> None:
    """Whoever never saw the offer learns everything from ``dare.accepted``."""
    for squad in world.rooms:
        for sight in visible_to(DAN, world.facts(squad)):
            if isinstance(sight, DareAccepted):
                assert (sight.card is None) != (sight.text is None)


@given(worlds())
def test_the_three_audiences_are_disjoint(world: World) -> None:
    """A person is in one audience of a fact: its target, else its issuer, else the squad."""
    for squad in world.rooms:
        for fact in world.facts(squad):
            views = sights(fact)

            assert views.self_id is None or views.self_id != views.party_id


@given(worlds())
def test_whoever_is_neither_target_nor_actor_nor_issuer_is_of_the_squad(world: World) -> None:
    for squad in world.rooms:
        for fact in world.facts(squad):
            views = sights(fact)
            others = [p for p in PEOPLE if p not in (views.self_id, views.party_id)]

            assert {views.of(viewer) for viewer in others} <= {views.for_squad}


def test_a_sight_depends_on_the_fact_alone() -> None:
    for fact in (*ALL_DARE_FACTS, *ALL_BATTLE_FACTS, *ALL_SQUAD_FACTS, CHEER):
        assert sights(fact) == sights(replace(fact))


def test_a_self_dare_has_no_other_party() -> None:
    views = sights(accepted(SELF_OFFER))

    assert (views.self_id, views.party_id) == (ANA, None)


def test_the_offer_of_a_self_dare_is_seen_by_nobody_else() -> None:
    assert [sights(SELF_OFFER).of(viewer) for viewer in (ANA, BEN, CLEO)] == [
        SELF_OFFER,
        None,
        None,
    ]


def test_only_whoever_made_an_invite_sees_its_code() -> None:
    invite = invited(ANA)

    assert sights(invite).of(ANA) == invite
    assert sights(invite).of(BEN) == replace(invite, code=None)


def test_that_somebody_was_forgotten_is_shown_to_nobody() -> None:
    """Their name is gone from the history; that it was theirs is nobody's to know."""
    assert {sights(forgotten(BEN)).of(viewer) for viewer in PEOPLE} == {None}


SHOWN = [
    fact
    for fact in (*ALL_SQUAD_FACTS, *ALL_BATTLE_FACTS, CHEER)
    if not isinstance(fact, MemberForgotten)
]


@pytest.mark.parametrize("fact", SHOWN, ids=lambda fact: type(fact).__name__)
def test_every_member_learns_of_what_happens_to_the_squad(fact: RoomFact) -> None:
    assert all(sights(fact).of(viewer) is not None for viewer in PEOPLE)


def test_a_fact_of_the_system_has_nobody_as_itself() -> None:
    views = sights(replace(ALL_SQUAD_FACTS[1], by=None))

    assert [views.of(viewer) for viewer in PEOPLE] == [views.for_squad] * len(PEOPLE)


@pytest.mark.parametrize(
    "kind",
    [
        DareIssued,
        DareAccepted,
        DareStarted,
        DareStartLapsed,
        DareReported,
        DareCorrected,
        DareSettled,
    ],
)
def test_what_is_not_private_is_the_same_for_all_who_see_it(kind: type[AboutDare]) -> None:
    (fact,) = (fact for fact in ALL_DARE_FACTS if type(fact) is kind)
    seen = {id(s) for v in (TARGET, ISSUER, BYSTANDER) if (s := sights(fact).of(v)) is not None}

    assert len(seen) == 1


def test_the_squad_is_not_told_why_a_dare_was_called_off() -> None:
    squads = sights(withdrawn(AGREED, reason=WithdrawReason.SAFETY)).of(BYSTANDER)

    assert isinstance(squads, DareWithdrawn)
    assert squads.reason is None
