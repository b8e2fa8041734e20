"""What a player's command leads to (rules §1)."""

from typing import assert_never

from domain.ids import DAY_MS
from domain.players.commands import ChangeTimezone, ErasePlayer, PlayerCommand, RegisterPlayer
from domain.players.events import PlayerErased, PlayerFact, PlayerRegistered, TimezoneChanged
from domain.players.state import Player
from domain.refusals import Refusal, RefusalCode
from domain.weeks import is_zone

HANDLE_LENGTH = range(3, 25)
"""Characters of a handle (rules §1)."""
ADULT_AGE = 18
"""What a guest attests to be at least, in years (rules §9)."""
MOVES_APART_MS = DAY_MS
"""A zone is changed at most once in this span (rules §1)."""


def decide(player: Player | None, command: PlayerCommand) -> tuple[PlayerFact, ...]:
    """The facts that a command leads to.

    Raises:
        Refusal: CONSENT_REQUIRED, BAD_INPUT, TZ_CHANGE_TOO_SOON, UNAUTHENTICATED for whoever is
            not there (any more), or WRONG_STATE for a second registration.
    """
    if isinstance(command, RegisterPlayer):
        return _register(player, command)
    if player is None or player.is_erased:
        raise Refusal(RefusalCode.UNAUTHENTICATED, "Please sign in again.")
    match command:
        case ChangeTimezone():
            return _change_timezone(player, command)
        case ErasePlayer():
            return _erase(player, command)
        case _:
            assert_never(command)


def _register(player: Player | None, command: RegisterPlayer) -> tuple[PlayerFact, ...]:
    if player is not None:
        raise Refusal(RefusalCode.WRONG_STATE, "This player is already here.")
    if not command.is_adult:
        raise Refusal(
            RefusalCode.CONSENT_REQUIRED, "Gutsy is for people of 18 and over.", field="adult"
        )
    if command.handle_length not in HANDLE_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A name has 3 to 24 characters.", field="handle")
    _check_zone(command.tz)
    registered = PlayerRegistered(
        at=command.at,
        by=command.player,
        player=command.player,
        handle=command.handle,
        tz=command.tz,
        attested_age=ADULT_AGE,
        locale=command.locale,
    )
    return (registered,)


def _change_timezone(player: Player, command: ChangeTimezone) -> tuple[PlayerFact, ...]:
    """A new zone; nothing at all for the one that they live by already."""
    _check_zone(command.tz)
    if command.tz == player.tz:
        return ()
    if player.moved_at is not None and command.at < player.moved_at + MOVES_APART_MS:
        raise Refusal(
            RefusalCode.TZ_CHANGE_TOO_SOON,
            "You changed your time zone less than a day ago.",
            field="tz",
            retry_after_ms=player.moved_at + MOVES_APART_MS - command.at,
        )
    return (TimezoneChanged(at=command.at, by=player.player, player=player.player, tz=command.tz),)


def _erase(player: Player, command: ErasePlayer) -> tuple[PlayerFact, ...]:
    if not command.is_confirmed:
        raise Refusal(
            RefusalCode.BAD_INPUT, "Type your own name to say that you mean it.", field="confirm"
        )
    return (PlayerErased(at=command.at, by=player.player, player=player.player),)


def _check_zone(tz: str) -> None:
    if not is_zone(tz):
        raise Refusal(RefusalCode.BAD_INPUT, "This time zone is not known.", field="tz")
