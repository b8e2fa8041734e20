"""A player as the log knows them, for whoever shows or admits people."""

from typing import cast

from domain.ids import PlayerId
from domain.players.events import PlayerFact
from domain.players.state import Player, evolve
from server.eventlog.log import Log
from server.eventlog.mapper import to_fact


def find_player(log: Log, player: PlayerId) -> Player | None:
    """The player as of now; None for nobody, and for whoever was erased. Blocks."""
    found: Player | None = None
    for event in log.read_stream(f"player-{player}"):
        found = evolve(found, cast(PlayerFact, to_fact(event.topic, event.state)))
    return None if found is None or found.is_erased else found
