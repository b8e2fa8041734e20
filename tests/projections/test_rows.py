"""The working set of a fold."""

from projections.ledger import ACCOUNTS, Account
from projections.registry import PROJECTIONS
from projections.rows import Changes, Key, R, Rows, Table, Written
from projections.stores.memory import MemoryStore
from projections.weekly_board import SCORES, ScoreRow
from tests.examples import ANA, BEN, SQUAD, THIS_WEEK
from tests.projections.folding import prepared, projection

ANAS = Account(player=ANA, xp=5)


class Counting(MemoryStore):
    """A store that counts how often it is read."""

    reads = 0

    def get(self, table: Table[R], key: Key) -> R | None:
        self.reads += 1
        return super().get(table, key)


def test_a_row_that_was_put_is_read_back() -> None:
    rows = Rows(prepared(MemoryStore()))
    rows.put(ACCOUNTS, ANAS)

    assert rows.get(ACCOUNTS, ANA) == ANAS


def test_a_row_that_was_deleted_is_gone() -> None:
    rows = Rows(prepared(MemoryStore()))
    rows.put(ACCOUNTS, ANAS)
    rows.delete(ACCOUNTS, ANA)

    assert rows.get(ACCOUNTS, ANA) is None


def test_a_row_is_read_through_from_the_store() -> None:
    store = prepared(MemoryStore())
    earlier = Rows(store)
    earlier.put(ACCOUNTS, ANAS)
    store.commit(projection("ledger"), earlier.take(), 1)

    assert Rows(store).get(ACCOUNTS, ANA) == ANAS


def test_a_row_is_read_from_the_store_once() -> None:
    store = Counting()
    store.prepare(projection("ledger"))
    rows = Rows(store)

    assert [rows.get(ACCOUNTS, ANA), rows.get(ACCOUNTS, ANA), store.reads] == [None, None, 1]


def test_nothing_is_written_before_it_is_taken() -> None:
    store = prepared(MemoryStore())
    Rows(store).put(ACCOUNTS, ANAS)

    assert store.get(ACCOUNTS, (ANA,)) is None


def test_what_is_taken_is_no_longer_pending() -> None:
    rows = Rows(prepared(MemoryStore()))
    rows.put(ACCOUNTS, ANAS)
    taken = rows.take()

    assert taken == Changes({ACCOUNTS.name: Written(ACCOUNTS, {(ANA,): ANAS})})
    assert rows.take() == Changes({})


def test_after_taking_the_store_is_read_anew() -> None:
    store = prepared(MemoryStore())
    rows = Rows(store)
    assert rows.get(ACCOUNTS, ANA) is None
    other = Rows(store)
    other.put(ACCOUNTS, ANAS)
    store.commit(projection("ledger"), other.take(), 1)
    rows.take()

    assert rows.get(ACCOUNTS, ANA) == ANAS


def test_a_key_is_read_from_its_row() -> None:
    row = ScoreRow(squad=SQUAD, week=THIS_WEEK, player=BEN)

    assert SCORES.key_of(row) == (SQUAD, THIS_WEEK, BEN)


def test_no_two_tables_share_a_name() -> None:
    names = [table.name for each in PROJECTIONS for table in each.tables]

    assert sorted(set(names)) == sorted(names)


def test_keys_and_indexes_are_fields_of_their_rows() -> None:
    for table in (table for each in PROJECTIONS for table in each.tables):
        fields = set(table.row.__struct_fields__)

        assert {*table.key, *(name for index in table.indexes for name in index)} <= fields
