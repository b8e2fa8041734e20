"""Who gets in, moves and goes for good (rules §1)."""

import pytest
from msgspec.structs import replace

from domain.ids import DAY_MS
from domain.players.commands import ChangeTimezone, ErasePlayer
from domain.players.events import PlayerFact, PlayerRegistered
from domain.refusals import RefusalCode
from tests.examples import (
    ANA,
    NOW,
    REGISTER_ANA,
    erased,
    given_player,
    moved,
    registered,
    sealed,
)

# Register


def test_a_guest_comes_in_with_a_name_and_a_zone() -> None:
    given_player().when(REGISTER_ANA).then(
        PlayerRegistered(
            at=NOW,
            by=ANA,
            player=ANA,
            handle=sealed("Ana"),
            tz="Europe/Berlin",
            attested_age=18,
            locale="en",
        )
    )


def test_a_guest_keeps_their_locale() -> None:
    given_player().when(replace(REGISTER_ANA, locale="de")).then(
        PlayerRegistered(
            at=NOW,
            by=ANA,
            player=ANA,
            handle=sealed("Ana"),
            tz="Europe/Berlin",
            attested_age=18,
            locale="de",
        )
    )


def test_nobody_registers_twice() -> None:
    given_player(registered()).when(REGISTER_ANA).refused(RefusalCode.WRONG_STATE)


def test_nobody_under_age_comes_in() -> None:
    given_player().when(replace(REGISTER_ANA, is_adult=False)).refused(
        RefusalCode.CONSENT_REQUIRED, field="adult"
    )


@pytest.mark.parametrize("length", [0, 2, 25])
def test_a_name_too_short_or_too_long_is_refused(length: int) -> None:
    given_player().when(replace(REGISTER_ANA, handle_length=length)).refused(
        RefusalCode.BAD_INPUT, field="handle"
    )


@pytest.mark.parametrize("length", [3, 24])
def test_a_name_of_3_to_24_characters_is_allowed(length: int) -> None:
    given_player().when(replace(REGISTER_ANA, handle_length=length)).then(
        PlayerRegistered(
            at=NOW, by=ANA, player=ANA, handle=sealed("Ana"), tz="Europe/Berlin", attested_age=18
        )
    )


@pytest.mark.parametrize("tz", ["", "Berlin", "europe/berlin", "Mars/Olympus", "../etc/passwd"])
def test_an_unknown_zone_is_refused(tz: str) -> None:
    given_player().when(replace(REGISTER_ANA, tz=tz)).refused(RefusalCode.BAD_INPUT, field="tz")


# Time zone


MOVE = ChangeTimezone(at=NOW, by=ANA, tz="Asia/Tokyo")


def test_a_player_moves_to_another_zone() -> None:
    given_player(registered()).when(MOVE).then(moved(tz="Asia/Tokyo"))


def test_the_zone_that_is_theirs_already_is_no_event() -> None:
    given_player(registered(tz="Asia/Tokyo")).when(MOVE).then()


@pytest.mark.parametrize("tz", ["", "Tokyo", "Mars/Olympus"])
def test_nobody_moves_to_an_unknown_zone(tz: str) -> None:
    given_player(registered()).when(replace(MOVE, tz=tz)).refused(RefusalCode.BAD_INPUT, field="tz")


def test_nobody_moves_twice_within_a_day() -> None:
    before = moved(tz="Asia/Seoul", at=NOW - DAY_MS + 1)
    refusal = (
        given_player(registered(), before)
        .when(MOVE)
        .refused(RefusalCode.TZ_CHANGE_TOO_SOON, field="tz")
    )

    assert refusal.retry_after_ms == 1


def test_a_day_after_moving_one_may_move_again() -> None:
    before = moved(tz="Asia/Seoul", at=NOW - DAY_MS)
    given_player(registered(), before).when(MOVE).then(moved(tz="Asia/Tokyo"))


def test_the_first_move_needs_no_waiting() -> None:
    given_player(registered(at=NOW)).when(MOVE).then(moved(tz="Asia/Tokyo"))


def test_staying_within_a_day_of_moving_is_no_move() -> None:
    given_player(registered(), moved(tz="Asia/Tokyo")).when(MOVE).then()


# Erase


ERASE = ErasePlayer(at=NOW, by=ANA, is_confirmed=True)


def test_whoever_says_so_is_erased() -> None:
    given_player(registered()).when(ERASE).then(erased())


def test_whoever_does_not_say_so_is_not_erased() -> None:
    given_player(registered()).when(replace(ERASE, is_confirmed=False)).refused(
        RefusalCode.BAD_INPUT, field="confirm"
    )


@pytest.mark.parametrize("command", [MOVE, ERASE], ids=["move", "erase"])
@pytest.mark.parametrize("before", [(), (registered(), erased())], ids=["nobody", "erased"])
def test_inv_p2_whoever_is_not_there_does_nothing(
    before: tuple[PlayerFact, ...], command: ChangeTimezone | ErasePlayer
) -> None:
    given_player(*before).when(command).refused(RefusalCode.UNAUTHENTICATED)


def test_inv_p2_whoever_was_erased_does_not_register_again() -> None:
    given_player(registered(), erased()).when(REGISTER_ANA).refused(RefusalCode.WRONG_STATE)
