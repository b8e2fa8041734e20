"""The facts of a player's stream (rules §1)."""

from domain.facts import Fact
from domain.ids import PlayerId
from domain.personal import Sealed


class PlayerRegistered(Fact, frozen=True, kw_only=True):
    """A guest has come in: of age by their own word, with a name that nobody else has."""

    player: PlayerId
    handle: Sealed
    tz: str
    locale: str = "en"
    day_start_hour: int = 0


PlayerFact = PlayerRegistered
