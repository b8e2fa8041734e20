"""What other decisions need to know of a player."""

from domain.players.state import Player
from tests.examples import ANA, given_player, registered, sealed


def test_a_registered_player_has_the_zone_and_the_day_start_that_date_their_reports() -> None:
    player = given_player(registered(tz="Asia/Kolkata", day_start_hour=4)).player

    assert player == Player(
        player=ANA, handle=sealed(ANA), tz="Asia/Kolkata", day_start_hour=4, locale="en"
    )
