"""The log in PostgreSQL: many nodes on one database, and a server that comes and goes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import psycopg
import pytest

from loadtests.cluster.postgres import Postgres, postgres_server
from server.eventlog import postgres_migrations
from server.eventlog.log import (
    NO_HASH,
    Batch,
    Claim,
    Event,
    LogConflict,
    LogTooNew,
    LogUnavailable,
    Release,
    StoredEvent,
    hash_of,
)
from server.eventlog.postgres import SCHEMA_VERSION, PostgresLog


@pytest.fixture
def place(postgres: Postgres) -> str:
    """An empty place."""
    return postgres.place()


@pytest.fixture
def log(place: str) -> Iterator[PostgresLog]:
    """A log in that place."""
    with closing(PostgresLog(place)) as log:
        yield log


@pytest.fixture(scope="module")
def failing() -> Iterator[Postgres]:
    """A server that only these tests use, for they stop it."""
    with postgres_server() as server:
        yield server


def batch(version: int = 1, stream: str = "squad-A") -> Batch:
    """One event."""
    return Batch(events=[Event(stream, version, "squad.created@1", b"state")])


def run(place: str, sql: str) -> list[tuple[object, ...]]:
    """Whatever SQL by another connection."""
    with psycopg.connect(place, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def assert_whole(events: list[StoredEvent]) -> None:
    """Numbers without a gap, and each hash after the one before."""
    previous = NO_HASH
    for seq, event in enumerate(events, 1):
        previous = hash_of(previous, seq, event)

        assert (seq, previous) == (event.seq, event.hash)


# One database


def test_opened_again_a_log_has_kept_everything(log: PostgresLog, place: str) -> None:
    """By whichever node; its id among it."""
    log.append(batch())
    with closing(PostgresLog(place)) as other:
        found = (other.log_id, other.read_all(0, 10), other.topics())

    assert (log.log_id, log.read_all(0, 10), log.topics()) == found


def test_nodes_that_start_at_once_make_one_log(place: str) -> None:
    """The first makes its tables, the others find them."""
    with ThreadPoolExecutor(8) as pool:
        logs = list(pool.map(PostgresLog, [place] * 8))
    ids = {log.log_id for log in logs}
    for log in logs:
        log.close()

    assert len(ids) == 1


def test_a_newer_database_is_left_alone(place: str) -> None:
    """An older Gutsy would not know what it destroys."""
    PostgresLog(place).close()
    run(place, f"UPDATE about SET value='{SCHEMA_VERSION + 1}' WHERE name='schema'")

    with pytest.raises(LogTooNew):
        PostgresLog(place)


def test_an_older_database_is_brought_up_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the transaction that says so, by one of the nodes that start."""

    def step(connection: psycopg.Connection) -> None:
        connection.execute("CREATE TABLE added (one int)")  # a second time would fail

    PostgresLog(place).close()
    monkeypatch.setitem(postgres_migrations.STEPS, SCHEMA_VERSION, step)
    monkeypatch.setattr("server.eventlog.postgres.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with ThreadPoolExecutor(4) as pool:
        for log in pool.map(PostgresLog, [place] * 4):
            log.close()

    assert run(place, "SELECT value FROM about WHERE name='schema'") == [(str(SCHEMA_VERSION + 1),)]


def test_a_step_that_fails_leaves_the_database_as_it_was(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is the log's own error."""

    def step(connection: psycopg.Connection) -> None:
        connection.execute("CREATE TABLE added (one int)")
        connection.execute("SELECT nothing")

    PostgresLog(place).close()
    monkeypatch.setitem(postgres_migrations.STEPS, SCHEMA_VERSION, step)
    monkeypatch.setattr("server.eventlog.postgres.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with pytest.raises(LogUnavailable):
        PostgresLog(place)

    assert run(place, "SELECT to_regclass('added')") == [(None,)]


def test_another_programs_tables_are_not_touched(place: str) -> None:
    """It has events too, of its own kind."""
    run(place, "CREATE TABLE events (title text)")
    with pytest.raises(LogUnavailable, match="already exists"):
        PostgresLog(place)

    assert run(place, "SELECT to_regclass('claims')") == [(None,)]


@pytest.mark.parametrize(
    "url",
    ["postgresql://127.0.0.1:1/gutsy", "postgresql://nowhere.invalid/gutsy", "postgresql://a:b:c"],
)
def test_a_server_that_is_not_there_is_the_logs_own_error(url: str) -> None:
    """Whoever starts Gutsy gets a sentence, not a traceback."""

    with pytest.raises(LogUnavailable):
        PostgresLog(url)


def test_wire_p1_a_commit_waits_for_the_disk(place: str) -> None:
    """Also where the database is set not to: an ack is durable."""
    lax = place + "%20-csynchronous_commit%3Doff"
    with closing(PostgresLog(lax)) as log, log._connections.lent() as connection:
        found = connection.execute("SHOW synchronous_commit").fetchone()

    assert found == ("on",)


def test_a_closed_log_is_unavailable(place: str) -> None:
    """For reading and for writing."""
    log = PostgresLog(place)
    log.close()

    for use in (log.last_seq, lambda: log.append(batch())):
        with pytest.raises(LogUnavailable):
            use()


def test_postgres_tells_nobody_of_what_was_written(log: PostgresLog) -> None:
    """The runner follows; asking for a subscription says so."""

    with pytest.raises(NotImplementedError):
        log.subscribe()


def test_what_text_cannot_hold_is_not_there(log: PostgresLog) -> None:
    """PostgreSQL's text has no NUL; a player may send one all the same."""

    assert (log.read_stream("squad-\0"), log.find_answers([("maya", "\0")])) == ([], {})


def test_damage_is_remembered(log: PostgresLog, place: str) -> None:
    """It does not go away by trying again."""
    run(
        place,
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'invalid page in block 7' USING ERRCODE = 'data_corrupted'; END $$;"
        "CREATE TRIGGER broken BEFORE INSERT ON events EXECUTE FUNCTION broken()",
    )
    with pytest.raises(LogUnavailable, match="invalid page"):
        log.append(batch())

    assert "invalid page" in str(log.failure)


@pytest.mark.parametrize(
    "number", [0, 127, 128, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 63) - 1]
)
def test_the_database_writes_a_number_as_msgpack_does(
    log: PostgresLog, place: str, number: int
) -> None:
    """Else its hashes would differ from every other log's."""

    assert run(place, f"SELECT packed({number}::bigint)") == [(msgspec.msgpack.encode(number),)]


# Many nodes

RACE = """
import sys
from server.eventlog.log import Batch, Event, LogConflict
from server.eventlog.postgres import PostgresLog

place, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
log = PostgresLog(place)
conflicts = 0
version = 0
for number in range(rounds):
    while True:
        events = [
            Event("squad-A", version + 1, "t@1", b"", actor=name, command=f"{name}-{number}"),
            Event(f"squad-{name}", number + 1, "t@1", b""),
        ]
        try:
            log.append(Batch(events=events))
        except LogConflict:
            conflicts += 1
            version = log.heads(["squad-A"])["squad-A"]
            continue
        version += 1
        break
print(conflicts)
"""


@pytest.mark.slow
def test_inv_c1_processes_that_race_on_a_stream_lose_and_double_nothing(
    log: PostgresLog, place: str
) -> None:
    """INV-C1 of the log: of two who take a version one is told, and takes the next.

    Whoever follows meanwhile never sees a number before the one below it.
    """
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, place, name, "150"], stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b", "c")
    ]
    followed: list[StoredEvent] = []
    while len(followed) < 900 and (any(r.poll() is None for r in racers) or log.last_seq() > 0):
        followed += log.read_all(len(followed), 100)
    conflicts = [int(racer.communicate(timeout=60)[0]) for racer in racers]
    shared = log.read_stream("squad-A")

    assert_whole(followed)
    assert [event.version for event in shared] == list(range(1, 451))
    assert sorted(str(e.command) for e in shared) == sorted(
        f"{name}-{number}" for name in "abc" for number in range(150)
    )
    assert sum(conflicts) > 0


def test_one_connection_of_many_writes_at_a_time(log: PostgresLog, place: str) -> None:
    """Two logs, eight threads: every batch whole, and numbers as the answers said."""
    with closing(PostgresLog(place)) as other, ThreadPoolExecutor(8) as pool:

        def write(number: int) -> tuple[str, list[int]]:
            stream = f"squad-{number}"
            events = [Event(stream, version, "t@1", b"") for version in (1, 2, 3)]
            return stream, (log, other)[number % 2].append(Batch(events=events))

        told = dict(pool.map(write, range(100)))
    events = log.read_all(0, 1000)

    assert_whole(events)
    assert told == {s: [e.seq for e in events if e.stream == s] for s in told}


def test_of_many_who_claim_the_same_one_has_it(log: PostgresLog, place: str) -> None:
    """And the others wrote nothing."""
    with closing(PostgresLog(place)) as other, ThreadPoolExecutor(8) as pool:

        def claim(number: int) -> bool:
            claims = [Claim("handle", "maya", str(number), 1)]
            events = [Event(f"player-{number}", 1, "t@1", b"")]
            try:
                (log, other)[number % 2].append(Batch(events=events, claims=claims))
            except LogConflict:
                return False
            return True

        has_it = list(pool.map(claim, range(16)))
    (owner,) = [str(number) for number, has in enumerate(has_it) if has]

    assert [f"player-{owner}"] == [event.stream for event in log.read_all(0, 100)]


def test_who_takes_and_gives_back_the_same_in_another_order_waits_at_most(
    log: PostgresLog, place: str
) -> None:
    """Nobody is told that the outcome is unknown: a batch was written, or it has to be again."""
    keys = [f"maya:{number}" for number in range(20)]
    with closing(PostgresLog(place)) as other, ThreadPoolExecutor(2) as pool:

        def change(node: PostgresLog, order: list[str]) -> int:
            written = 0
            for turn in range(20):
                claims = [Claim("seat", key, "A", turn) for key in order]
                releases = [Release("seat", key) for key in order]
                try:
                    node.append(Batch(claims=[*releases, *claims] if turn % 2 else claims))
                except LogConflict:
                    continue
                written += 1
            return written

        written = list(pool.map(change, (log, other), (keys, keys[::-1])))

    assert all(written)
    assert [claim.key for claim in log.find_claims_under("seat", "maya")] == sorted(keys)


# A server that comes and goes


def test_without_its_server_a_log_is_unavailable_and_then_is_back(failing: Postgres) -> None:
    """By itself: nobody has to open it again."""
    with closing(PostgresLog(failing.place())) as log:
        log.append(batch(1))
        failing.stop()
        for use in (log.last_seq, lambda: log.append(batch(2))):
            with pytest.raises(LogUnavailable):
                use()
        failing.start()

        assert (log.append(batch(2)), log.last_seq()) == ([2], 2)


def test_connections_cut_while_idle_are_not_noticed_by_readers(failing: Postgres) -> None:
    """As after a restart of the server in the night."""
    place = failing.place()
    with closing(PostgresLog(place)) as log:
        log.append(batch())
        run(
            place,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name='gutsy'",
        )

        assert log.last_seq() == 1


def test_what_was_acknowledged_outlasts_a_crash_of_the_server(failing: Postgres) -> None:
    """It is there after recovery, and the log goes on behind it."""
    with closing(PostgresLog(failing.place())) as log:
        for version in range(1, 51):
            log.append(batch(version))
        failing.stop(signal.SIGQUIT)
        failing.start()
        before = log.read_all(0, 100)
        log.append(batch(51))

        assert len(before) == 50
        assert_whole(log.read_all(0, 100))


@pytest.mark.slow
def test_a_writer_that_is_killed_keeps_nobody_from_writing(failing: Postgres) -> None:
    """Nor one that is stopped: the lock ends with a statement that the server ends by itself."""
    place = failing.place()
    for how in (signal.SIGKILL, signal.SIGSTOP):
        with closing(PostgresLog(place)) as log:
            racer = subprocess.Popen(
                [sys.executable, "-c", RACE, place, how.name, "100000"], stdout=subprocess.DEVNULL
            )
            goal = log.last_seq() + 50
            while log.last_seq() < goal:
                assert racer.poll() is None
            racer.send_signal(how)
            found = log.append(batch(stream=f"squad-after-{how.name}"))
            racer.kill()
            racer.wait(10)

            assert found
            assert_whole(log.read_all(0, 100_000))
