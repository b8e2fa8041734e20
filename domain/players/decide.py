"""What a player's command leads to (rules §1)."""

from domain.players.commands import PlayerCommand
from domain.players.events import PlayerFact, PlayerRegistered
from domain.players.state import Player
from domain.refusals import Refusal, RefusalCode
from domain.weeks import is_zone

HANDLE_LENGTH = range(3, 25)
"""Characters of a handle (rules §1)."""


def decide(player: Player | None, command: PlayerCommand) -> tuple[PlayerFact, ...]:
    """The facts that a command leads to.

    Raises:
        Refusal: CONSENT_REQUIRED, BAD_INPUT, or WRONG_STATE for a second registration.
    """
    if player is not None:
        raise Refusal(RefusalCode.WRONG_STATE, "This player is already here.")
    if not command.is_adult:
        raise Refusal(
            RefusalCode.CONSENT_REQUIRED, "Gutsy is for people of 18 and over.", field="adult"
        )
    if command.handle_length not in HANDLE_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A name has 3 to 24 characters.", field="handle")
    if not is_zone(command.tz):
        raise Refusal(RefusalCode.BAD_INPUT, "This time zone is not known.", field="tz")
    registered = PlayerRegistered(
        at=command.at,
        by=command.player,
        player=command.player,
        handle=command.handle,
        tz=command.tz,
        locale=command.locale,
    )
    return (registered,)
