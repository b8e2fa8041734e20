"""The dares that wait for somebody, by target: read for "what is waiting for me"."""

from msgspec import Struct

from domain.dares.events import (
    AboutDare,
    DareAccepted,
    DareIssued,
    DareStarted,
    DareStartLapsed,
)
from domain.dares.state import DareState
from domain.facts import Fact, Recorded
from domain.ids import DareId, PlayerId, SquadId
from projections.rows import Readable, Rows, Table

NAME, VERSION = "live_dares", 1


class LiveDareRow(Struct, frozen=True, kw_only=True):
    """A dare that its target has not ended yet."""

    dare: DareId
    squad: SquadId
    target: PlayerId
    state: DareState


LIVE_DARES = Table(name="live_dares", row=LiveDareRow, key=("target", "dare"))
TABLES = (LIVE_DARES,)


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    fact = recorded.fact
    if not isinstance(fact, AboutDare):
        return
    state = _state_after(fact)
    if state is None:
        rows.delete(LIVE_DARES, fact.target, fact.dare)
        return
    squad = SquadId(recorded.stream.removeprefix("squad-"))
    rows.put(LIVE_DARES, LiveDareRow(dare=fact.dare, squad=squad, target=fact.target, state=state))


def waiting_for(store: Readable, player: str) -> list[LiveDareRow]:
    """What a player could do something about."""
    return store.select(LIVE_DARES, target=player)


def _state_after(fact: AboutDare) -> DareState | None:
    match fact:
        case DareIssued():
            return DareState.OFFERED
        case DareAccepted() | DareStartLapsed():
            return DareState.ACCEPTED
        case DareStarted():
            return DareState.IN_PROGRESS
        case _:
            return None
