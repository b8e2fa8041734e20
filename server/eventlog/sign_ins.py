"""The port for what is kept of sign-ins beside the log: codes that let one in, and what was ended.

Cookies and tickets are signed values that nobody keeps; only that one is over before its time has
to be remembered. Codes are kept as keyed hashes. ``server/edge/sign_ins.py`` calls it.
"""

import threading
from abc import ABC, abstractmethod

from msgspec import Struct

EVERYWHERE = ""
"""What stands in place of a sign-in's id where all of a player's are meant."""


class LinkCode(Struct, frozen=True, kw_only=True):
    """A code that lets ``player`` in on one more device, once; ``key`` is its keyed hash.

    ``sign_in`` is the one that asked for it.
    """

    key: str
    player: str
    sign_in: str
    expires_at: int


class Ending(Struct, frozen=True, kw_only=True):
    """A sign-in that is over before its time; EVERYWHERE: all of a player's that began by ``at``.

    From ``until`` on it tells nothing more: whatever it is about is over anyway.
    """

    player: str
    sign_in: str
    at: int
    until: int

    def covers(self, player: str, sign_in: str, since: int) -> bool:
        """Whether this sign-in, which began at ``since``, is one of those that are over."""
        if self.player != player:
            return False
        return since <= self.at if self.sign_in == EVERYWHERE else self.sign_in == sign_in


class SignInStore(ABC):
    """Durable on return, as the log is, and in the same database. Any thread may call.

    Raises:
        LogUnavailable: the outcome is unknown.
    """

    @abstractmethod
    def keep_link(self, link: LinkCode) -> None:
        """Keep a code, in place of the one that the player had."""

    @abstractmethod
    def take_link(self, key: str) -> LinkCode | None:
        """Take a code away and return it; of many who try, one gets it."""

    @abstractmethod
    def drop_links(self, player: str, but_of: str) -> None:
        """Take a player's code away, unless the sign-in ``but_of`` asked for it."""

    @abstractmethod
    def end(self, ending: Ending) -> None:
        """Keep an ending; of two with the same player and sign-in the later one counts."""

    @abstractmethod
    def endings(self) -> list[Ending]:
        """Every ending that is kept, by player and sign-in."""

    def endings_since(self, at: int) -> list[Ending]:
        """Those at ``at`` or later: what other nodes may have added."""
        return [ending for ending in self.endings() if ending.at >= at]

    @abstractmethod
    def forget(self, now: int) -> None:
        """Drop codes that have run out and endings that tell nothing more."""


class MemorySignIns(SignInStore):
    """As long as its process. The reference."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[str, LinkCode] = {}
        self._endings: dict[tuple[str, str], Ending] = {}

    def keep_link(self, link: LinkCode) -> None:
        with self._lock:
            self._links[link.player] = link

    def take_link(self, key: str) -> LinkCode | None:
        with self._lock:
            found = next((link for link in self._links.values() if link.key == key), None)
            return None if found is None else self._links.pop(found.player)

    def drop_links(self, player: str, but_of: str) -> None:
        with self._lock:
            link = self._links.get(player)
            if link is not None and link.sign_in != but_of:
                del self._links[player]

    def end(self, ending: Ending) -> None:
        with self._lock:
            place = (ending.player, ending.sign_in)
            known = self._endings.get(place)
            if known is None or known.at < ending.at:
                self._endings[place] = ending

    def endings(self) -> list[Ending]:
        with self._lock:
            return [ending for _, ending in sorted(self._endings.items())]

    def forget(self, now: int) -> None:
        with self._lock:
            self._links = {p: link for p, link in self._links.items() if now < link.expires_at}
            self._endings = {place: e for place, e in self._endings.items() if now < e.until}
