"""What a player's stream amounts to: the settings that decisions elsewhere need."""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import Millis, PlayerId
from domain.personal import Sealed
from domain.players.events import PlayerErased, PlayerFact, PlayerRegistered, TimezoneChanged


class Player(Struct, frozen=True, kw_only=True):
    """Somebody who registered. The zone and the start of the day date their reports (§6)."""

    player: PlayerId
    handle: Sealed
    tz: str
    day_start_hour: int
    locale: str
    moved_at: Millis | None = None
    is_erased: bool = False


def evolve(player: Player | None, fact: PlayerFact) -> Player:
    """The player after one more fact."""
    if isinstance(fact, PlayerRegistered):
        return Player(
            player=fact.player,
            handle=fact.handle,
            tz=fact.tz,
            day_start_hour=fact.day_start_hour,
            locale=fact.locale,
        )
    assert player is not None, "a stream begins with the registration"
    match fact:
        case TimezoneChanged():
            return replace(player, tz=fact.tz, moved_at=fact.at)
        case PlayerErased():
            return replace(player, is_erased=True)
        case _:
            assert_never(fact)
