"""Connections to PostgreSQL: lent, kept, and made anew when they break."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from loadtests.cluster.postgres import Postgres
from projections.stores.postgres_connections import Connections


@pytest.fixture
def connections(postgres: Postgres) -> Iterator[Connections]:
    """Connections to a place of their own."""
    with closing(Connections(postgres.place())) as connections:
        yield connections


def pid(connections: Connections) -> int:
    """Which of the server's processes answers."""
    ((number,),) = connections.read("SELECT pg_backend_pid()")
    return int(number)


def test_a_connection_is_used_again(connections: Connections) -> None:
    """Rather than made for each query."""

    assert pid(connections) == pid(connections)


def test_who_asks_while_one_is_lent_gets_another(connections: Connections) -> None:
    """Nobody waits for somebody else's answer."""
    first = pid(connections)
    with connections.lent():
        second = pid(connections)

    assert second != first


def test_a_query_that_is_wrong_is_asked_once(connections: Connections) -> None:
    """It would be wrong again; the connection is as good as before."""
    before = pid(connections)
    with pytest.raises(psycopg.errors.DivisionByZero):
        connections.read("SELECT 1/0")

    assert pid(connections) == before


def test_a_connection_that_broke_is_replaced(connections: Connections) -> None:
    """Whoever reads does not notice, and the others that lay idle are not tried either."""
    with connections.lent() as one, connections.lent():
        broken = one.info.backend_pid
    with psycopg.connect(connections._conninfo, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name='gutsy' AND pid<>pg_backend_pid()"
        )

    assert pid(connections) != broken
    assert len(connections._idle) == 1


def test_one_that_cannot_be_greeted_is_not_lent(postgres: Postgres) -> None:
    """The error is that of what was said."""

    def greet(connection: psycopg.Connection) -> None:
        connection.execute("SELECT nothing")

    with closing(Connections(postgres.place(), greet)) as connections:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            pid(connections)

        assert connections._idle == []


def test_what_is_closed_lends_nothing(connections: Connections) -> None:
    """What was lent before is closed when it comes back."""
    with connections.lent() as lent:
        connections.close()
        assert not lent.closed
    with pytest.raises(psycopg.Error):
        pid(connections)

    assert lent.closed


def test_the_url_has_the_last_word(postgres: Postgres) -> None:
    """Over what we take where it says nothing."""
    named = f"{postgres.place()}&application_name=ours"
    with closing(Connections(named)) as connections:
        rows = connections.read("SELECT current_setting('application_name')")

    assert rows == [("ours",)]
