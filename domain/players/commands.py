"""What may be asked of a player's stream."""

from msgspec import Struct

from domain.ids import Millis, PlayerId
from domain.personal import Sealed


class RegisterPlayer(Struct, frozen=True, kw_only=True):
    """Let a guest in. ``handle`` is already sealed; ``handle_length`` is that of its plain text."""

    at: Millis
    player: PlayerId
    handle: Sealed
    handle_length: int
    tz: str
    is_adult: bool
    locale: str = "en"


PlayerCommand = RegisterPlayer
