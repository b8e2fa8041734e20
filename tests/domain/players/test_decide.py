"""Who gets in (rules §1)."""

import pytest
from msgspec.structs import replace

from domain.players.events import PlayerRegistered
from domain.refusals import RefusalCode
from tests.examples import ANA, NOW, REGISTER_ANA, given_player, registered, sealed


def test_a_guest_comes_in_with_a_name_and_a_zone() -> None:
    given_player().when(REGISTER_ANA).then(
        PlayerRegistered(
            at=NOW, by=ANA, player=ANA, handle=sealed("Ana"), tz="Europe/Berlin", locale="en"
        )
    )


def test_a_guest_keeps_their_locale() -> None:
    given_player().when(replace(REGISTER_ANA, locale="de")).then(
        PlayerRegistered(
            at=NOW, by=ANA, player=ANA, handle=sealed("Ana"), tz="Europe/Berlin", locale="de"
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
        PlayerRegistered(at=NOW, by=ANA, player=ANA, handle=sealed("Ana"), tz="Europe/Berlin")
    )


@pytest.mark.parametrize("tz", ["", "Berlin", "europe/berlin", "Mars/Olympus", "../etc/passwd"])
def test_an_unknown_zone_is_refused(tz: str) -> None:
    given_player().when(replace(REGISTER_ANA, tz=tz)).refused(RefusalCode.BAD_INPUT, field="tz")
