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


class ChangeTimezone(Struct, frozen=True, kw_only=True):
    """Live by another zone."""

    at: Millis
    by: PlayerId
    tz: str


class ErasePlayer(Struct, frozen=True, kw_only=True):
    """Be gone. ``is_confirmed``: they have typed their own name to say so."""

    at: Millis
    by: PlayerId
    is_confirmed: bool


PlayerCommand = RegisterPlayer | ChangeTimezone | ErasePlayer
