"""What is wrong with rows, beside what rebuilding shows."""

from msgspec.structs import replace

from projections.rows import Rows
from projections.stores.store import Store
from projections.weekly_board import FINALS
from server.verification import unfit
from tests.examples import AGREED, FRIENDS, OFFER, REPORT, SQUAD, THIS_WEEK, log_of, week_closed
from tests.projections.folding import folded, projection


def closed() -> Store:
    """Rows with a week that is final."""
    return folded(log_of(*FRIENDS, OFFER, AGREED, REPORT, week_closed()))


def test_a_closed_week_fits_its_hash() -> None:
    """As it was folded."""
    store = closed()

    assert (1, []) == (len(store.select(FINALS)), unfit(store))


def test_a_closed_week_that_was_changed_shows() -> None:
    """Whoever changed its rows would have to change the hash as well, and every copy of it."""
    store = closed()
    (week,) = store.select(FINALS)
    better = tuple(replace(row, score=row.score + 1) for row in week.rows)
    rows = Rows(store)
    rows.put(FINALS, replace(week, rows=better))
    store.commit(projection("ledger"), rows.take(), 9)

    assert [
        f"{SQUAD} {THIS_WEEK} does not fit its hash: it has changed since it was closed"
    ] == unfit(store)
