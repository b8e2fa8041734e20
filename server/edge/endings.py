"""Which sign-ins are over before their time: in memory, since every call and hello asks.

One node knows them all; of several, each reads what the others wrote now and then (``SignIns``).
"""

from collections.abc import Iterable

from domain.ids import Millis
from server.eventlog.sign_ins import EVERYWHERE, Ending


class Endings:
    """Begins with what the log's database kept; about 0.4 KiB for each ending, 180 days long."""

    def __init__(self, known: Iterable[Ending] = ()) -> None:
        self._by_place: dict[tuple[str, str], Ending] = {}
        for ending in known:
            self.note(ending)

    def note(self, ending: Ending) -> bool:
        """From here on what it covers is over; returns whether that is new."""
        place = (ending.player, ending.sign_in)
        known = self._by_place.get(place)
        if known is not None and known.at >= ending.at:
            return False
        self._by_place[place] = ending
        return True

    def is_over(self, player: str, sign_in: str, since: Millis) -> bool:
        """Whether a sign-in that began at ``since`` was ended."""
        places = ((player, sign_in), (player, EVERYWHERE))
        found = (self._by_place.get(place) for place in places)
        return any(ending is not None and ending.covers(player, sign_in, since) for ending in found)

    def everywhere_at(self, player: str) -> Millis:
        """When all of a player's sign-ins were ended last; 0 if they never were."""
        ending = self._by_place.get((player, EVERYWHERE))
        return 0 if ending is None else ending.at

    def forget(self, now: Millis) -> None:
        """Drop what tells nothing more."""
        for place in [place for place, ending in self._by_place.items() if ending.until <= now]:
            del self._by_place[place]
