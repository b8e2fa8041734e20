"""Cheers: for whom, by whom, how often (rules §4)."""

import pytest
from msgspec.structs import replace

from domain.cheers import Emoji, GiveCheer
from domain.dares.events import DareFact
from domain.ids import DAY_MS
from domain.refusals import RefusalCode
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DAN,
    DARE,
    EVE,
    FRIENDS,
    GOING_IN,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_DARE,
    REPORT,
    accepted,
    archived,
    bailed,
    cheered,
    expired,
    given,
    issued,
    left,
    room_of,
    settled,
    withdrawn,
)

CHEER = GiveCheer(at=NOW, by=CLEO, dare=DARE, emoji=Emoji.CLAP)
WENT_ON: dict[str, tuple[DareFact, ...]] = {
    "accepted": (OFFER, AGREED),
    "in progress": (OFFER, AGREED, GOING_IN),
    "reported": (OFFER, AGREED, REPORT),
    "settled": (OFFER, AGREED, REPORT, settled(AGREED, at=NOW)),
    "bailed": (OFFER, AGREED, bailed(AGREED)),
    "expired": (OFFER, AGREED, expired(AGREED, at=NOW)),
    "withdrawn": (OFFER, AGREED, withdrawn(AGREED)),
}
UNSEEN: dict[str, tuple[DareFact, ...]] = {
    "nothing": (),
    "offered": (OFFER,),
    "declined": (OFFER, NO_THANKS),
    "expired": (OFFER, expired(OFFER, at=NOW)),
    "withdrawn": (OFFER, withdrawn(OFFER)),
}


@pytest.mark.parametrize("before", WENT_ON.values(), ids=WENT_ON)
def test_a_dare_is_cheered_from_the_yes_on_also_after_its_end(
    before: tuple[DareFact, ...],
) -> None:
    given(*FRIENDS, *before).when(CHEER).then(cheered(AGREED))


@pytest.mark.parametrize("before", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("by", [CLEO, BEN], ids=["member", "issuer"])
def test_what_the_squad_has_not_seen_is_not_cheered(by: str, before: tuple[DareFact, ...]) -> None:
    given(*FRIENDS, *before).when(replace(CHEER, by=by)).refused(
        RefusalCode.NOT_FOUND, field="dare"
    )


@pytest.mark.parametrize("emoji", Emoji)
def test_there_are_a_few_ways_to_cheer(emoji: Emoji) -> None:
    given(*FRIENDS, OFFER, AGREED).when(replace(CHEER, emoji=emoji)).then(
        cheered(AGREED, emoji=emoji)
    )


def test_the_issuer_cheers_too() -> None:
    given(*FRIENDS, OFFER, AGREED).when(replace(CHEER, by=BEN)).then(cheered(AGREED, by=BEN))


def test_nobody_cheers_for_themselves() -> None:
    given(*FRIENDS, OFFER, AGREED).when(replace(CHEER, by=ANA)).refused(RefusalCode.FORBIDDEN)


def test_a_stranger_cheers_for_nobody() -> None:
    given(*FRIENDS, OFFER, AGREED).when(replace(CHEER, by=EVE)).refused(RefusalCode.FORBIDDEN)


def test_nobody_cheers_in_an_archived_squad() -> None:
    given(*FRIENDS, OFFER, AGREED, archived()).when(CHEER).refused(RefusalCode.WRONG_STATE)


def test_the_same_cheer_again_is_a_success_without_an_event() -> None:
    given(*FRIENDS, OFFER, AGREED, cheered(AGREED)).when(CHEER).then()


def test_the_same_cheer_again_is_none_whatever_time_has_done_meanwhile() -> None:
    """Another offer has run out, and its timer has not rung yet."""
    later = NOW + DAY_MS
    given(*FRIENDS, OFFER, AGREED, cheered(AGREED), issued(OTHER_DARE)).when(
        replace(CHEER, at=later)
    ).then()


def test_another_emoji_is_another_cheer() -> None:
    given(*FRIENDS, OFFER, AGREED, cheered(AGREED)).when(replace(CHEER, emoji=Emoji.FIRE)).then(
        cheered(AGREED, emoji=Emoji.FIRE)
    )


def test_another_members_cheer_is_another_cheer() -> None:
    given(*FRIENDS, OFFER, AGREED, cheered(AGREED)).when(replace(CHEER, by=DAN)).then(
        cheered(AGREED, by=DAN)
    )


def test_another_dares_cheer_is_another_cheer() -> None:
    other = issued(OTHER_DARE)
    agreed = accepted(other)
    given(*FRIENDS, OFFER, AGREED, other, agreed, cheered(AGREED)).when(
        replace(CHEER, dare=OTHER_DARE)
    ).then(cheered(agreed))


def test_a_leavers_dare_is_cheered_all_the_same() -> None:
    before = (OFFER, AGREED, REPORT, left(ANA))
    given(*FRIENDS, *before).when(CHEER).then(cheered(AGREED))


def test_inv_d1_a_cheer_is_none_of_the_dares_steps() -> None:
    ended = (*FRIENDS, OFFER, AGREED, REPORT, settled(AGREED, at=NOW + DAY_MS))
    cheer = cheered(AGREED, at=NOW + DAY_MS)

    assert room_of(ended).dares == room_of([*ended, cheer]).dares


def test_a_copy_of_a_room_has_cheers_of_its_own() -> None:
    room = room_of([*FRIENDS, OFFER, AGREED, cheered(AGREED)])
    room.copy().cheers.clear()

    assert room.cheers == {DARE: frozenset({(CLEO, Emoji.CLAP)})}
