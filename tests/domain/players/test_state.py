"""What other decisions need to know of a player."""

from msgspec.structs import replace

from domain.players.state import Player
from tests.examples import ANA, NOW, erased, given_player, moved, registered, sealed


def test_a_registered_player_has_the_zone_and_the_day_start_that_date_their_reports() -> None:
    player = given_player(registered(tz="Asia/Kolkata", day_start_hour=4)).player

    assert player == Player(
        player=ANA, handle=sealed(ANA), tz="Asia/Kolkata", day_start_hour=4, locale="en"
    )


def test_a_player_who_moved_lives_by_the_new_zone_since_then() -> None:
    before = given_player(registered()).player
    after = given_player(registered(), moved(tz="Asia/Tokyo")).player

    assert before is not None
    assert after == replace(before, tz="Asia/Tokyo", moved_at=NOW)


def test_an_erased_player_is_marked() -> None:
    player = given_player(registered(), erased()).player

    assert player is not None
    assert player.is_erased
