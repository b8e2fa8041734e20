"""Connections whose request is not whole yet: so many for each address, and so many in all.

``http_connection`` puts itself in when a request begins and takes itself out when it is whole.
"""

from typing import Protocol

from server.settings import Settings


class Waiting(Protocol):
    """A connection that can be given up."""

    def give_up(self) -> None:
        """Close; nothing more is read."""
        ...


class Unfinished:
    """Who keeps us waiting, the longest first.

    Where there are too many, the one that has waited longest is given up, and nobody new is kept
    out: a browser's request is whole within a round trip, only the silent are still here then.
    """

    def __init__(self, settings: Settings) -> None:
        # Behind a proxy all connections come from one address, and it is the proxy that waits.
        is_behind_proxy = settings.trusted_proxies > 0
        self._limit = settings.unfinished_requests
        self._limit_per_ip = self._limit if is_behind_proxy else settings.unfinished_requests_per_ip
        self._all: dict[Waiting, str] = {}
        self._by_address: dict[str, dict[Waiting, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def begin(self, connection: Waiting, address: str) -> None:
        """A connection waits for a request, or for the rest of one."""
        neighbours = self._by_address.setdefault(address, {})
        neighbours[connection] = None
        self._all[connection] = address
        if len(neighbours) > self._limit_per_ip:
            self._give_up(next(iter(neighbours)))
        elif len(self._all) > self._limit:
            self._give_up(next(iter(self._all)))

    def end(self, connection: Waiting) -> None:
        """A request is whole, or its connection gone. Harmless when that was known."""
        address = self._all.pop(connection, None)
        if address is None:
            return
        neighbours = self._by_address[address]
        del neighbours[connection]
        if not neighbours:
            del self._by_address[address]

    def _give_up(self, connection: Waiting) -> None:
        self.end(connection)
        connection.give_up()
