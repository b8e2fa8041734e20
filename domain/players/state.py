"""What a player's stream amounts to: the settings that decisions elsewhere need."""

from msgspec import Struct

from domain.ids import PlayerId
from domain.personal import Sealed
from domain.players.events import PlayerFact


class Player(Struct, frozen=True, kw_only=True):
    """A registered player. The zone and the start of the day date this player's reports (§6)."""

    player: PlayerId
    handle: Sealed
    tz: str
    day_start_hour: int
    locale: str


def evolve(player: Player | None, fact: PlayerFact) -> Player:
    """The player after one more fact."""
    return Player(
        player=fact.player,
        handle=fact.handle,
        tz=fact.tz,
        day_start_hour=fact.day_start_hour,
        locale=fact.locale,
    )
