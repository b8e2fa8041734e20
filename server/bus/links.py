"""Links: everything by which a node is one of several, put together."""

from msgspec import Struct

from server.bus.bus import Bus
from server.bus.leases import Leases
from server.bus.rates import SharedRates


class Links(Struct, frozen=True, kw_only=True):
    """One of each."""

    bus: Bus
    leases: Leases
    rates: SharedRates
