"""The port of the event log, on every adapter: what is written together, and what never is."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError
from eventsourcing.persistence import StoredEvent as LibraryEvent
from msgspec.structs import replace

from server.eventlog.log import (
    HASH_BYTES,
    NO_HASH,
    Answer,
    Batch,
    Claim,
    DueTimer,
    Event,
    KeptAnswer,
    Log,
    LogConflict,
    LogInUse,
    LogTooNew,
    LogUnavailable,
    Position,
    Release,
    Timer,
    hash_of,
)
from server.eventlog.sqlite import SCHEMA_VERSION, SQLiteLog
from tests.contracts.logs import LOGS, empty_log


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """An empty log of each kind."""
    log = empty_log(request.param, request)
    yield log
    log.close()


def event(stream: str = "squad-A", version: int = 1, state: bytes = b"state") -> Event:
    """An event in a stream; its contents do not matter to the log."""
    return Event(stream, version, "squad.created@1", state, actor="maya", command=f"c{version}")


def answer(command: str = "c1", *, is_refusal: bool = False, at: int = 100) -> Answer:
    """Maya's answer to a command."""
    return Answer(
        actor="maya", command=command, digest=b"d", body=b"b", is_refusal=is_refusal, at=at
    )


def seen(log: Log) -> tuple[object, ...]:
    """Everything that a batch could have changed."""
    return (
        log.read_all(0, 100),
        log.find_answers([("maya", f"c{n}") for n in range(10)]),
        log.find_claims([("handle", "x"), ("handle", "y"), ("seat", "maya:0")]),
        log.due_timers(10**15, 100),
        log.position("reactions"),
        log.topics(),
    )


# Events


def test_a_new_log_is_empty(log: Log) -> None:
    """Nothing is read from it, and its heads are 0."""

    assert (
        log.last_seq(),
        log.read_all(0, 10),
        log.read_stream("squad-A"),
        log.heads(["squad-A"]),
    ) == (0, [], [], {"squad-A": 0})


def test_seq_is_explicit_and_contiguous_over_streams_and_batches(log: Log) -> None:
    """Each append says where its events went, and no number is left out."""
    first = log.append(Batch(events=[event("squad-A", 1), event("squad-B", 1)]))
    second = log.append(Batch(events=[event("squad-A", 2)]))

    assert (first, second, log.last_seq()) == ([1, 2], [3], 3)


def test_a_stored_event_is_read_as_it_was_written(log: Log) -> None:
    """With its places, its topic, its bytes, its command's id and whose that was."""
    log.append(Batch(events=[event("squad-B"), event("squad-A", 1, b"\x00\xff")]))
    (stored,) = log.read_stream("squad-A")

    assert (2, "squad-A", 1, "squad.created@1", b"\x00\xff", "c1", "maya") == (
        stored.seq,
        stored.stream,
        stored.version,
        stored.topic,
        stored.state,
        stored.command,
        stored.actor,
    )


def test_the_log_knows_its_topics(log: Log) -> None:
    """Each with the first event of it, over batches; the library's events count too."""
    log.append(Batch(events=[event("squad-A"), Event("player-A", 1, "player.registered@1", b"")]))
    log.append(Batch(events=[event("squad-B"), Event("squad-B", 2, "squad.archived@1", b"")]))
    log.insert_events([LibraryEvent("squad-C", 1, "squad.danced@7", b"")])

    assert log.topics() == {
        "squad.created@1": 1,
        "player.registered@1": 2,
        "squad.archived@1": 4,
        "squad.danced@7": 5,
    }


def test_a_topic_that_came_with_a_batch_that_failed_is_not_there(log: Log) -> None:
    """It is noted when it really comes."""
    log.append(Batch(events=[event()]))
    fresh = Event("squad-B", 1, "squad.archived@1", b"")
    with pytest.raises(LogConflict):
        log.append(Batch(events=[fresh, event()]))
    before = log.topics()
    log.append(Batch(events=[fresh]))

    assert (before, log.topics()) == (
        {"squad.created@1": 1},
        {"squad.created@1": 1, "squad.archived@1": 2},
    )


# The chain of hashes


def chained(log: Log) -> list[bytes]:
    """The hashes that the log's events ought to have."""
    hashes = [NO_HASH]
    for stored in log.read_all(0, 1000):
        hashes.append(hash_of(hashes[-1], stored.seq, stored))
    return hashes[1:]


def test_each_hash_follows_from_the_one_before_and_the_event(log: Log) -> None:
    """Over batches, over a conflict, and over events that came by the library's interface."""
    log.append(Batch(events=[event("squad-A"), event("squad-B")]))
    with pytest.raises(LogConflict):
        log.append(Batch(events=[event("squad-C"), event("squad-A")]))
    log.append(Batch(events=[Event("squad-A", 2, "squad.archived@1", b"")]))
    log.insert_events([LibraryEvent("squad-C", 1, "squad.created@1", b"state")])

    hashes = [stored.hash for stored in log.read_all(0, 10)]

    assert chained(log) == hashes
    assert ({HASH_BYTES}, 4) == ({len(one) for one in hashes}, len(set(hashes)))


def test_every_log_makes_the_same_hashes(request: pytest.FixtureRequest) -> None:
    """They may be compared between adapters, and between a log and its copy.

    So many that a ``seq`` takes one byte, two and three in what is hashed.
    """
    logs = [empty_log(kind, request) for kind in LOGS]
    for one in logs:
        one.append(Batch(events=[event("squad-A", version) for version in range(1, 300)]))
        one.append(Batch(events=[Event("squad-B", 1, "squad.archived@1", b"")]))
    hashes = [[stored.hash for stored in one.read_all(0, 1000)] for one in logs]
    for one in logs:
        one.close()

    assert hashes == [hashes[0]] * len(LOGS)
    assert len(set(hashes[0])) == 300


CHANGED = {
    "another stream": Event("squad-B", 1, "t@1", b"s", actor="maya", command="c"),
    "another version": Event("squad-A", 2, "t@1", b"s", actor="maya", command="c"),
    "another topic": Event("squad-A", 1, "t@2", b"s", actor="maya", command="c"),
    "another state": Event("squad-A", 1, "t@1", b"r", actor="maya", command="c"),
    "another actor": Event("squad-A", 1, "t@1", b"s", actor="sam", command="c"),
    "another command": Event("squad-A", 1, "t@1", b"s", actor="maya", command="d"),
    "nobody": Event("squad-A", 1, "t@1", b"s", actor=None, command="c"),
    "an empty name": Event("squad-A", 1, "t@1", b"s", actor="", command="c"),
    "a byte that moved": Event("squad-A", 1, "t@1s", b"", actor="maya", command="c"),
}


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_hash_covers_all_that_an_event_says(name: str) -> None:
    """Also where one field ends and the next begins."""
    original = Event("squad-A", 1, "t@1", b"s", actor="maya", command="c")

    assert hash_of(NO_HASH, 1, original) != hash_of(NO_HASH, 1, CHANGED[name])


def test_a_hash_covers_its_place_and_what_came_before() -> None:
    """An event cannot be moved, nor the past changed."""
    one = event()

    assert 3 == len(
        {hash_of(NO_HASH, 1, one), hash_of(NO_HASH, 2, one), hash_of(b"\1" * HASH_BYTES, 1, one)}
    )


def test_a_stream_is_read_after_a_version_and_up_to_a_limit(log: Log) -> None:
    """In order; -1 is no limit."""
    log.append(Batch(events=[event("squad-A", version) for version in range(1, 6)]))

    assert (
        [e.version for e in log.read_stream("squad-A", 2, 2)],
        [e.version for e in log.read_stream("squad-A", 2)],
        log.read_stream("squad-A", 5),
    ) == ([3, 4], [3, 4, 5], [])


def test_a_limit_of_nothing_reads_nothing(log: Log) -> None:
    """0 is a limit like any other."""
    log.append(Batch(events=[event()]))

    assert log.read_stream("squad-A", 0, 0) == []


def test_the_whole_log_is_read_page_by_page(log: Log) -> None:
    """Pages follow each other without a gap and end."""
    log.append(Batch(events=[event(f"squad-{n}") for n in range(5)]))
    pages, after = [], 0
    while page := log.read_all(after, 2):
        pages.append([e.seq for e in page])
        after = page[-1].seq

    assert pages == [[1, 2], [3, 4], [5]]


def test_heads_are_the_last_versions(log: Log) -> None:
    """Of each stream that was asked for, 0 for one that does not exist."""
    log.append(Batch(events=[event("squad-A", 1), event("squad-A", 2), event("squad-B", 1)]))

    assert log.heads(["squad-A", "squad-B", "squad-C"]) == {
        "squad-A": 2,
        "squad-B": 1,
        "squad-C": 0,
    }


def test_of_several_streams_what_comes_after_a_version_of_each_is_read(log: Log) -> None:
    """In order, at most so many of each; nothing of one that does not exist."""
    log.append(Batch(events=[event(f"squad-{name}", n) for n in range(1, 6) for name in "AB"]))
    read = log.read_streams({"squad-A": 1, "squad-B": 4, "squad-C": 0, "squad-\0": 0}, 3)
    found = {
        stream: [one.version for one in read if one.stream == stream]
        for stream in ("squad-A", "squad-B")
    }

    assert found == {"squad-A": [2, 3, 4], "squad-B": [5]}
    assert len(read) == 4
    assert log.read_streams({}, 3) == []
    assert log.read_streams({"squad-A": 3}, 9) == log.read_stream("squad-A", 3)


def test_each_log_has_an_id_of_its_own(request: pytest.FixtureRequest) -> None:
    """Clients tell by it whether their numbers still mean anything."""
    logs = [empty_log(kind, request) for kind in (*LOGS, *LOGS)]
    ids = {one.log_id for one in logs}
    for one in logs:
        one.close()

    assert len(ids) == 2 * len(LOGS)


# Conflicts


CONFLICTS = {
    "a version": Batch(events=[event("squad-B"), event("squad-A", 1)]),
    "a version twice in a batch": Batch(events=[event("squad-C", 1), event("squad-C", 1)]),
    "an answer": Batch(events=[event("squad-B")], answers=[answer("c1")]),
    "an answer twice in a batch": Batch(
        events=[event("squad-B")], answers=[answer("c5"), answer("c5")]
    ),
    "a claim": Batch(events=[event("squad-B")], claims=[Claim("handle", "x", "sam", 2)]),
    "a claim twice in a batch": Batch(
        events=[event("squad-B")],
        claims=[Claim("handle", "y", "sam", 2), Claim("handle", "y", "kim", 2)],
    ),
}


@pytest.mark.parametrize("name", sorted(CONFLICTS))
def test_of_a_batch_that_conflicts_nothing_is_written(log: Log, name: str) -> None:
    """Not its events, nor its answers, claims and timers."""
    log.append(
        Batch(events=[event()], answers=[answer("c1")], claims=[Claim("handle", "x", "maya", 1)])
    )
    before = seen(log)
    batch = CONFLICTS[name]
    fuller = Batch(
        events=batch.events,
        answers=[*batch.answers, answer("c9")],
        claims=[Claim("seat", "maya:0", "A", 1), *batch.claims],
        timers=[Timer("squad-A", "dare:1", 5)],
        positions=[Position("reactions", 5)],
    )
    with pytest.raises(LogConflict):
        log.append(fuller)

    assert before == seen(log)


def test_a_conflict_is_the_integrity_error_of_the_library(log: Log) -> None:
    """Whoever knows only the library's recorders can tell it."""
    log.append(Batch(events=[event()]))

    with pytest.raises(IntegrityError):
        log.append(Batch(events=[event()]))


def test_after_a_conflict_the_next_number_is_still_the_next(log: Log) -> None:
    """A batch that failed leaves no hole."""
    log.append(Batch(events=[event()]))
    with pytest.raises(LogConflict):
        log.append(Batch(events=[event("squad-A", 2), event()]))

    assert log.append(Batch(events=[event("squad-A", 2)])) == [2]


# Answers


def test_an_answer_is_kept_with_the_seq_of_its_last_event(log: Log) -> None:
    """``last`` is an index in the batch; ``q`` is where that event went."""
    log.append(Batch(events=[event("squad-Z")]))
    kept = Answer(
        actor="maya",
        command="c2",
        digest=b"digest",
        body=b"body",
        is_refusal=False,
        at=7,
        squad="A",
        n=2,
        last=1,
    )
    log.append(Batch(events=[event("squad-A", 1), event("squad-A", 2)], answers=[kept]))

    assert {
        ("maya", "c2"): KeptAnswer(
            digest=b"digest", body=b"body", is_refusal=False, at=7, squad="A", n=2, q=3
        )
    } == log.find_answers([("maya", "c2"), ("maya", "c3"), ("sam", "c2")])


def test_an_answer_to_a_command_without_events_has_no_q(log: Log) -> None:
    """As a refusal."""
    log.append(Batch(answers=[answer(is_refusal=True)]))

    assert [
        (kept.is_refusal, kept.n, kept.q) for kept in log.find_answers([("maya", "c1")]).values()
    ] == [(True, None, None)]


def test_two_players_may_use_the_same_command_id(log: Log) -> None:
    """An answer belongs to an actor and an id."""
    theirs = Answer(actor="sam", command="c1", digest=b"", body=b"", is_refusal=False, at=1)
    log.append(Batch(answers=[answer("c1"), theirs]))

    assert {("maya", "c1"), ("sam", "c1")} == set(log.find_answers([("maya", "c1"), ("sam", "c1")]))


def test_old_answers_are_forgotten_but_never_to_what_appended(log: Log) -> None:
    """Older than the instant; that instant itself stays."""
    log.append(
        Batch(
            events=[event()],
            answers=[
                answer("c1", is_refusal=True, at=99),
                answer("c2", is_refusal=True, at=100),
                replace(answer("c3", at=1), last=0),
                answer("c4", at=99),
            ],
        )
    )
    log.forget(idle_before=100, issues_before=0)

    assert {("maya", "c2"), ("maya", "c3")} == set(
        log.find_answers([("maya", f"c{number}") for number in (1, 2, 3, 4)])
    )


# Claims


def test_a_players_own_claims_are_found_by_their_owner(log: Log) -> None:
    """The handle and the guest id, whatever else has the same owner."""
    handle, guest = Claim("handle", "h1", "maya", 1), Claim("guest", "g1", "maya", 2)
    others = [Claim("handle", "h2", "sam", 1), Claim("seat", "sam:0", "maya", 1)]
    log.append(Batch(claims=[handle, *others, guest]))

    assert [guest, handle] == log.find_own_claims("maya")


def test_only_old_issues_are_forgotten(log: Log) -> None:
    """Whom somebody dared, and when, is kept for the daily limit and no longer."""
    old, new = Claim("issue", "maya:1", "squad", 99), Claim("issue", "maya:2", "squad", 100)
    seat = Claim("seat", "maya:0", "squad", 1)
    log.append(Batch(claims=[old, new, seat]))

    log.forget(idle_before=0, issues_before=100)

    assert [new] == log.find_claims_under("issue", "maya")
    assert [seat] == log.find_claims_under("seat", "maya")


def test_a_claim_names_its_owner(log: Log) -> None:
    """And since when; one that nobody has is missing."""
    log.append(Batch(claims=[Claim("handle", "x", "maya", 5)]))

    assert {("handle", "x"): Claim("handle", "x", "maya", 5)} == log.find_claims(
        [("handle", "x"), ("handle", "y"), ("invite", "x")]
    )


def test_a_claim_given_back_may_be_taken_again_in_the_same_batch(log: Log) -> None:
    """Changes to claims are made in order."""
    log.append(Batch(claims=[Claim("seat", "maya:0", "A", 1)]))
    log.append(Batch(claims=[Release("seat", "maya:0"), Claim("seat", "maya:0", "B", 2)]))

    assert {("seat", "maya:0"): Claim("seat", "maya:0", "B", 2)} == log.find_claims(
        [("seat", "maya:0")]
    )


def test_giving_back_what_nobody_has_changes_nothing(log: Log) -> None:
    """It is not an error."""
    log.append(Batch(claims=[Release("seat", "maya:0")]))

    assert log.find_claims([("seat", "maya:0")]) == {}


def test_a_claim_of_a_batch_may_be_given_back_in_the_same(log: Log) -> None:
    """Changes to claims are made in order."""
    log.append(
        Batch(
            claims=[
                Claim("handle", "x", "maya", 1),
                Release("handle", "x"),
                Claim("handle", "x", "sam", 2),
            ]
        )
    )

    assert {("handle", "x"): Claim("handle", "x", "sam", 2)} == log.find_claims([("handle", "x")])


def test_claims_under_a_prefix_are_those_and_no_neighbours(log: Log) -> None:
    """Of that kind, ``prefix:`` and nothing like it, by key."""
    keys = ["maya:1", "maya:0", "maya", "mayab:0", "may:0", "maya;0", "maya:"]
    log.append(
        Batch(
            claims=[
                *(Claim("seat", key, "A", 1) for key in keys if key != "maya:"),
                Claim("handle", "maya:2", "A", 1),
            ]
        )
    )

    assert [claim.key for claim in log.find_claims_under("seat", "maya")] == ["maya:0", "maya:1"]


def test_claims_under_many_prefixes_are_found_at_once(log: Log) -> None:
    """Those of each, by key, and none where there are none; asking twice brings them once."""
    seats = [Claim("seat", key, "A", 1) for key in ("sam:0", "maya:1", "maya:0")]
    waiting = Claim("open", "maya:2", "B", 2)
    log.append(Batch(claims=[*seats, waiting]))

    found = log.find_claims_under_each(
        [("seat", "maya"), ("open", "maya"), ("seat", "kim\0"), ("seat", "sam"), ("seat", "maya")]
    )

    assert found == {
        ("seat", "maya"): [seats[2], seats[1]],
        ("open", "maya"): [waiting],
        ("seat", "kim\0"): [],
        ("seat", "sam"): [seats[0]],
    }


# Timers


def test_timers_come_due_earliest_first(log: Log) -> None:
    """Only those whose time has come, ties by stream and key, at most so many."""
    log.append(
        Batch(
            timers=[
                Timer("squad-B", "dare:1", 20),
                Timer("squad-A", "dare:2", 20),
                Timer("squad-A", "dare:1", 20),
                Timer("squad-A", "dare:0", 10),
                Timer("squad-A", "dare:9", 31),
            ]
        )
    )

    assert (
        [
            DueTimer("squad-A", "dare:0", 10),
            DueTimer("squad-A", "dare:1", 20),
            DueTimer("squad-A", "dare:2", 20),
        ],
        4,
    ) == (log.due_timers(30, 3), len(log.due_timers(30, 10)))


def test_a_timer_is_due_at_its_own_instant(log: Log) -> None:
    """Not a millisecond before."""
    log.append(Batch(timers=[Timer("squad-A", "dare:1", 20)]))

    assert (len(log.due_timers(19, 10)), len(log.due_timers(20, 10))) == (0, 1)


def test_a_timer_set_again_replaces_the_one_before(log: Log) -> None:
    """There is one for a stream and key at a time."""
    log.append(Batch(timers=[Timer("squad-A", "dare:1", 20)]))
    log.append(Batch(timers=[Timer("squad-A", "dare:1", 40)]))

    assert [DueTimer("squad-A", "dare:1", 40)] == log.due_timers(100, 10)


def test_a_timer_without_an_instant_is_taken_away(log: Log) -> None:
    """Also one that was set in the same batch."""
    log.append(Batch(timers=[Timer("squad-A", "dare:1", 20)]))
    log.append(
        Batch(
            timers=[
                Timer("squad-A", "dare:1", None),
                Timer("squad-A", "dare:2", 20),
                Timer("squad-A", "dare:2", None),
                Timer("squad-A", "dare:3", None),
            ]
        )
    )

    assert log.due_timers(1 << 62, 10) == []


def test_a_timer_taken_away_may_be_set_anew_in_the_same_batch(log: Log) -> None:
    """Changes to timers are made in order."""
    log.append(Batch(timers=[Timer("squad-A", "dare:1", None), Timer("squad-A", "dare:1", 20)]))

    assert [DueTimer("squad-A", "dare:1", 20)] == log.due_timers(100, 10)


# Positions


def test_whoever_has_not_followed_is_at_the_beginning(log: Log) -> None:
    """The first event is still to come."""

    assert log.position("reactions") == 0


def test_a_position_is_written_with_the_batch(log: Log) -> None:
    """Each name has its own; a batch may hold nothing else."""
    log.append(Batch(events=[event()], positions=[Position("reactions", 1), Position("other", 7)]))
    log.append(Batch(positions=[Position("reactions", 2)]))

    assert (log.position("reactions"), log.position("other")) == (2, 7)


def test_a_position_never_goes_back(log: Log) -> None:
    """Not within a batch either: whoever is late has changed nothing."""
    log.append(Batch(positions=[Position("reactions", 5), Position("reactions", 3)]))
    log.append(Batch(positions=[Position("reactions", 4)]))

    assert log.position("reactions") == 5


# Trials, and what is wrong underneath


def test_an_empty_batch_changes_nothing(log: Log) -> None:
    """It is a trial of whether anything can be written."""
    log.append(Batch(events=[event()], positions=[Position("reactions", 1)]))
    before = seen(log)
    seqs = log.append(Batch())

    assert ([], before) == (seqs, seen(log))


def test_a_log_in_order_has_nothing_to_tell(log: Log) -> None:
    """Neither damage that was looked for, nor damage that was met."""
    log.append(Batch(events=[event()]))

    assert (log.damage(), log.failure) == ([], None)


# What only a file can do


def test_opened_again_a_log_has_kept_everything(tmp_path: Path) -> None:
    """Its id among it."""
    first = SQLiteLog(tmp_path / "gutsy.db")
    first.append(
        Batch(
            events=[event()],
            answers=[answer("c1")],
            claims=[Claim("handle", "x", "maya", 1)],
            timers=[Timer("squad-A", "dare:1", 20)],
            positions=[Position("reactions", 1)],
        )
    )
    before = (first.log_id, *seen(first))
    first.close()
    second = SQLiteLog(tmp_path / "gutsy.db")
    after = (second.log_id, *seen(second))
    second.close()

    assert before == after


def test_numbers_go_on_after_opening_again(tmp_path: Path) -> None:
    """``seq`` is a column of ours, not the file's row number; the chain goes on with it."""
    first = SQLiteLog(tmp_path / "gutsy.db")
    first.append(Batch(events=[event()]))
    first.close()
    second = SQLiteLog(tmp_path / "gutsy.db")
    seqs = second.append(Batch(events=[event("squad-A", 2)]))
    hashes = [stored.hash for stored in second.read_all(0, 10)], chained(second)
    second.close()

    assert seqs == [2]
    assert hashes[0] == hashes[1]


def test_one_file_has_one_log_at_a_time(tmp_path: Path) -> None:
    """A second one in the same process is refused, until the first lets go."""
    first = SQLiteLog(tmp_path / "gutsy.db")
    with pytest.raises(LogInUse):
        SQLiteLog(tmp_path / "gutsy.db")
    first.close()

    SQLiteLog(tmp_path / "gutsy.db").close()


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two writers would decide against states that the other has changed."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    program = (
        "import sys; from pathlib import Path; from server.eventlog.sqlite import SQLiteLog;"
        "SQLiteLog(Path(sys.argv[1]))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "gutsy.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    log.close()

    assert "LogInUse" in other.stderr


READ_WHILE_CLOSING = """
import sys, threading
from pathlib import Path
from server.eventlog.log import Batch, Event, LogUnavailable
from server.eventlog.sqlite import SQLiteLog

for turn in range(20):
    log = SQLiteLog(Path(sys.argv[1]) / f"{turn}.db")
    log.append(Batch(events=[Event("squad-A", n, "t@1", b"x" * 100) for n in range(1, 2000)]))
    started = threading.Barrier(4)

    def read():
        log.last_seq()
        started.wait()
        try:
            while True:
                log.read_all(0, 2000)
        except LogUnavailable:
            pass

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    started.wait()
    log.close()
    for reader in readers:
        reader.join()
"""


@pytest.mark.slow
def test_closing_while_others_read_is_safe(tmp_path: Path) -> None:
    """They get an error, and the process lives."""
    other = subprocess.run(
        [sys.executable, "-c", READ_WHILE_CLOSING, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (other.returncode, other.stderr) == (0, "")


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    """An older Gutsy would not know what it destroys."""
    path = tmp_path / "gutsy.db"
    SQLiteLog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE about SET value=? WHERE name='schema'", (str(SCHEMA_VERSION + 1),)
        )
    connection.close()

    with pytest.raises(LogTooNew):
        SQLiteLog(path)


def test_a_log_that_could_not_be_opened_can_be_tried_again(tmp_path: Path) -> None:
    """Failing lets go of the lock."""
    path = tmp_path / "gutsy.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LogUnavailable):
        SQLiteLog(path)

    with pytest.raises(LogUnavailable):
        SQLiteLog(path)


@pytest.mark.parametrize(
    "content", [b"not a database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_not_used(tmp_path: Path, content: bytes) -> None:
    """Nor overwritten."""
    path = tmp_path / "gutsy.db"
    path.write_bytes(content)

    with pytest.raises(LogUnavailable):
        SQLiteLog(path)


def test_another_programs_file_is_not_used(tmp_path: Path) -> None:
    """It is a database, but not a log."""
    path = tmp_path / "gutsy.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()

    with pytest.raises(LogUnavailable):
        SQLiteLog(path)


def test_a_folder_that_is_not_there_is_the_logs_own_error(tmp_path: Path) -> None:
    """Whoever starts the server gets a sentence, not a traceback."""

    with pytest.raises(LogUnavailable):
        SQLiteLog(tmp_path / "nowhere" / "gutsy.db")


def test_a_closed_log_is_unavailable(tmp_path: Path) -> None:
    """SQLite's errors come as the log's own."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    log.close()

    with pytest.raises(LogUnavailable):
        log.append(Batch(events=[event()]))


def test_wire_p1_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """WAL, and ``synchronous=FULL`` on the connection that writes: an ack is durable."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    (mode,) = log._writer.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = log._writer.execute("PRAGMA synchronous").fetchone()
    log.close()

    assert (mode, synchronous) == ("wal", 2)


def test_the_lock_is_beside_the_file(tmp_path: Path) -> None:
    """Locking the database file itself would disturb SQLite's own locks."""
    SQLiteLog(tmp_path / "gutsy.db").close()

    assert (tmp_path / "gutsy.lock").exists()


def test_sqlite_tells_nobody_of_what_was_written(tmp_path: Path) -> None:
    """The runner follows; asking for a subscription says so."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    with pytest.raises(NotImplementedError):
        log.subscribe()
    log.close()
