"""The dares that wait for somebody, by target: read for "what is waiting for me"."""

from msgspec import Struct

from domain.dares.events import (
    DareBailed,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareReported,
    DareWithdrawn,
)
from domain.facts import Fact, Recorded
from domain.ids import DareId, PlayerId, SquadId
from projections.rows import Readable, Rows, Table

NAME, VERSION = "live_dares", 2


class LiveDareRow(Struct, frozen=True, kw_only=True):
    """A dare that its target has not ended yet. How far it is, is not in it: nobody asks, and each
    change of a row pushes its player's own page."""

    dare: DareId
    squad: SquadId
    target: PlayerId


LIVE_DARES = Table(name="live_dares", row=LiveDareRow, key=("target", "dare"))
TABLES = (LIVE_DARES,)


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    match recorded.fact:
        case DareIssued(dare=dare, target=target):
            squad = SquadId(recorded.stream.removeprefix("squad-"))
            rows.put(LIVE_DARES, LiveDareRow(dare=dare, squad=squad, target=target))
        case (
            DareDeclined(dare=dare, target=target)
            | DareBailed(dare=dare, target=target)
            | DareExpired(dare=dare, target=target)
            | DareWithdrawn(dare=dare, target=target)
            | DareReported(dare=dare, target=target)
        ):
            rows.delete(LIVE_DARES, target, dare)
        case _:
            pass


def waiting_for(store: Readable, player: str) -> list[LiveDareRow]:
    """What a player could do something about."""
    return store.select(LIVE_DARES, target=player)
