"""The log in PostgreSQL when a replica takes over: the URL names both servers."""

import signal
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from loadtests.cluster.postgres import Postgres, postgres_server
from server.eventlog.log import LogUnavailable
from server.eventlog.postgres import PostgresLog
from tests.server.eventlog.test_postgres import assert_whole, batch

pytestmark = pytest.mark.slow


@pytest.fixture
def pair() -> Iterator[tuple[Postgres, Postgres]]:
    """A server, and a replica that has whatever it acknowledges."""
    with postgres_server() as primary, postgres_server(copy_of=primary) as replica:
        do(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        do(primary, "SELECT pg_reload_conf()")
        yield primary, replica


def do(server: Postgres, sql: str) -> None:
    """Have a server do something, whatever it answers."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.encode())


def test_wire_p1_what_was_acknowledged_is_in_the_replica_that_takes_over(
    pair: tuple[Postgres, Postgres],
) -> None:
    """And the log goes on there by itself."""
    primary, replica = pair
    both = f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}"
    place = primary.place().replace(f"127.0.0.1:{primary.port}", both)
    with closing(PostgresLog(f"{place}&target_session_attrs=read-write")) as log:
        log.append(batch())
        primary.stop(signal.SIGQUIT)
        do(replica, "SELECT pg_promote()")
        appended: list[int] = []
        while not appended:
            with suppress(LogUnavailable):  # by a connection of before
                appended = log.append(batch(version=2))
        events = log.read_all(0, 10)

    assert len(events) == 2
    assert_whole(events)
