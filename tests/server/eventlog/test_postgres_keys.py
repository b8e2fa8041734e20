"""Keys in PostgreSQL, which several nodes share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from domain.ids import PlayerId
from loadtests.cluster.postgres import Postgres, postgres_server
from server.eventlog.keys import Keys, KeysError
from server.eventlog.postgres_keys import PostgresKeyTable

MAYA, SAM = PlayerId("0" * 26), PlayerId("1" * 26)
SECRET = b"k" * 32


@pytest.fixture
def place(postgres: Postgres) -> str:
    """An empty place."""
    return postgres.place()


@pytest.fixture
def one(place: str) -> Iterator[Keys]:
    """The keys of one node."""
    with closing(opened(place)) as keys:
        yield keys


@pytest.fixture
def other(place: str) -> Iterator[Keys]:
    """Those of another."""
    with closing(opened(place)) as keys:
        yield keys


def opened(place: str) -> Keys:
    """A node's keys."""
    return Keys(PostgresKeyTable(place), SECRET)


def test_a_key_made_by_one_node_opens_at_another(one: Keys, other: Keys) -> None:
    """At once, in both directions."""
    with pytest.raises(KeysError):
        other.seal(MAYA, "too soon")
    one.create(MAYA, 1)

    assert (other.open(one.seal(MAYA, "no")), one.open(other.seal(MAYA, "yes"))) == ("no", "yes")


def test_of_two_nodes_that_make_a_key_at_once_both_use_the_same(one: Keys, other: Keys) -> None:
    """What either seals, the other opens."""
    people = [PlayerId(f"{number:026d}") for number in range(20)]
    with ThreadPoolExecutor(2) as pool:
        for person in people:
            list(pool.map(lambda keys, who=person: keys.create(who, 1), (one, other)))

    assert [other.open(one.seal(person, "no")) for person in people] == ["no"] * 20


def test_a_key_destroyed_by_one_node_is_made_by_none_again(one: Keys, other: Keys) -> None:
    """Nor opened by one that starts afterwards."""
    one.create(MAYA, 1)
    sealed = one.seal(MAYA, "no")
    one.destroy(MAYA, 2)
    other.create(MAYA, 3)

    assert (other.open(sealed), other.destroyed()) == (None, [MAYA])


def test_a_destroyed_key_is_in_no_row(one: Keys, place: str) -> None:
    """Not in one that is dead either: the table holds what is left, and no more."""
    one.create(MAYA, 1)
    one.create(SAM, 1)
    one.destroy(MAYA, 2)
    one.destroy(MAYA, 3)
    with psycopg.connect(place) as connection:
        rows = connection.execute(
            "SELECT subject, wrapped IS NULL, destroyed_at FROM keys ORDER BY subject"
        ).fetchall()
        dead = connection.execute(
            "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid='keys'::regclass"
        ).fetchone()

    assert (rows, dead) == ([(MAYA, True, 2), (SAM, False, None)], (0,))


def test_without_its_server_no_key_is_made_and_the_reason_is_told() -> None:
    """Those that are known are used meanwhile; when it is back, keys are made again."""
    with postgres_server() as server, closing(opened(server.place())) as keys:
        keys.create(MAYA, 1)
        sealed = keys.seal(MAYA, "words")
        server.stop()
        with pytest.raises(KeysError, match="cannot be used"):
            keys.create(SAM, 1)
        without = (keys.is_failing(), keys.open(sealed))
        server.start()
        back = (keys.is_failing(), keys.failure)
        keys.create(SAM, 1)

        assert (without, back) == ((True, "words"), (False, None))


def test_a_server_that_is_not_there_is_our_own_error() -> None:
    """Whoever starts Gutsy gets a sentence, not a traceback."""

    with pytest.raises(KeysError):
        PostgresKeyTable("postgresql://127.0.0.1:1/gutsy")


def test_another_programs_table_is_not_used(place: str) -> None:
    """It has keys too, of its own kind."""
    with psycopg.connect(place) as connection:
        connection.execute("CREATE TABLE keys (note text)")
    with closing(opened(place)) as keys, pytest.raises(KeysError):
        keys.create(MAYA, 1)
