"""Every battle of a squad as it stands: the domain's own fold, kept as rows.

Folded with the ledger, which pays for battles, so that both are of one moment.
"""

from msgspec import Struct

from domain.battles.events import AboutBattle, BattleFinished, BattleOpened
from domain.battles.state import OVER, Battle, after, after_dare
from domain.dares.events import DareCorrected, DareIssued, DareReported
from domain.facts import Fact, Recorded
from domain.ids import BattleId, SquadId
from projections.rows import Readable, Rows, Table


class BattleRow(Struct, frozen=True, kw_only=True):
    """A battle, and where in its squad's stream it began and was last told of."""

    squad: SquadId
    battle: BattleId
    first_n: int
    last_n: int
    state: Battle


class LatestBattle(Struct, frozen=True, kw_only=True):
    """The battle that a squad opened last."""

    squad: SquadId
    battle: BattleId


BATTLES = Table(name="battles", row=BattleRow, key=("squad", "battle"))
LATEST = Table(name="battles_latest", row=LatestBattle, key=("squad",))
TABLES = (BATTLES, LATEST)


def step(rows: Rows, recorded: Recorded[Fact]) -> Battle | None:
    """Apply one more fact of the log; the battle that it ends by finishing, if it does."""
    match recorded.fact:
        case BattleOpened() as fact:
            squad = SquadId(recorded.stream.removeprefix("squad-"))
            rows.put(LATEST, LatestBattle(squad=squad, battle=fact.battle))
            rows.put(
                BATTLES,
                BattleRow(
                    squad=squad,
                    battle=fact.battle,
                    first_n=recorded.n,
                    last_n=recorded.n,
                    state=after(None, fact),
                ),
            )
        case AboutBattle() as fact:
            return _after(rows, recorded, fact)
        case (DareIssued() | DareReported() | DareCorrected()) as about:
            _note(rows, recorded, about)
        case _:
            pass
    return None


def battle(store: Readable, squad: str, battle_id: str) -> BattleRow | None:
    """One battle; None if the squad has none such."""
    return store.get(BATTLES, (squad, battle_id))


def latest(store: Readable, squad: str) -> BattleRow | None:
    """The battle that a squad opened last, also when it is over; None if there never was one."""
    row = store.get(LATEST, (squad,))
    return None if row is None else battle(store, squad, row.battle)


def _after(rows: Rows, recorded: Recorded[Fact], fact: AboutBattle) -> Battle | None:
    squad = recorded.stream.removeprefix("squad-")
    row = rows.get(BATTLES, squad, fact.battle)
    assert row is not None, "a battle begins by being opened"
    state = after(row.state, fact)  # type: ignore[arg-type]  # every AboutBattle is one of the union
    _put(rows, recorded, row, state)
    return state if isinstance(fact, BattleFinished) else None


def _note(
    rows: Rows, recorded: Recorded[Fact], fact: DareIssued | DareReported | DareCorrected
) -> None:
    squad = recorded.stream.removeprefix("squad-")
    named = None if isinstance(fact, DareCorrected) else fact.battle
    if isinstance(fact, DareCorrected) and (pointer := rows.get(LATEST, squad)) is not None:
        named = pointer.battle  # a correction names none
    row = None if named is None else rows.get(BATTLES, squad, named)
    if row is None or row.state.state in OVER:
        return
    state = after_dare(row.state, fact)
    if state is not row.state:
        _put(rows, recorded, row, state)


def _put(rows: Rows, recorded: Recorded[Fact], row: BattleRow, state: Battle) -> None:
    rows.put(
        BATTLES,
        BattleRow(
            squad=row.squad,
            battle=row.battle,
            first_n=row.first_n,
            last_n=recorded.n,
            state=state,
        ),
    )
