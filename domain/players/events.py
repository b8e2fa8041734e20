"""The facts of a player's stream (rules §1)."""

from domain.facts import Fact
from domain.ids import PlayerId
from domain.personal import Sealed


class PlayerRegistered(Fact, frozen=True, kw_only=True):
    """A guest has come in, with a name that nobody else has.

    ``attested_age`` is what they said to be at least, in years: the bar may move one day, and
    then the facts must say which one somebody passed.
    """

    player: PlayerId
    handle: Sealed
    tz: str
    attested_age: int
    locale: str = "en"
    day_start_hour: int = 0


class TimezoneChanged(Fact, frozen=True, kw_only=True):
    """The player lives by another zone from now on; what was dated before stays as it was."""

    player: PlayerId
    tz: str


class PlayerErased(Fact, frozen=True, kw_only=True):
    """The player is gone, for good. The key of all their words is destroyed next (rules §10)."""

    player: PlayerId


PlayerFact = PlayerRegistered | TimezoneChanged | PlayerErased
