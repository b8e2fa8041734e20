"""What a run keeps of itself can be read again, and says how each command ended."""

from pathlib import Path

from loadtests.faults.history import (
    Asked,
    Ended,
    Entry,
    Failed,
    History,
    Invoked,
    operations,
    read,
)

SENT = Invoked(at=1.0, player="ann", squad="owls", command="c1", kind="cheer")
GIVEN_UP = Ended(at=31.0, command="c1", outcome="unknown")
DONE = Ended(at=33.0, command="c1", outcome="ok", n=5, again=True)


def test_what_was_kept_is_read_as_it_was(tmp_path: Path) -> None:
    entries: list[Entry] = [
        SENT,
        GIVEN_UP,
        DONE,
        Asked(at=40.0, command="c1", n=5),
        Failed(at=2.0, until=4.0, what="cut"),
    ]
    history = History(tmp_path / "history.jsonl")
    for entry in entries:
        history.add(entry)
    history.close()

    assert entries == read(tmp_path / "history.jsonl")


def test_a_command_without_an_end_is_unknown() -> None:
    found = operations([SENT])

    assert [(one.command, one.outcome, one.ended_at) for one in found.values()] == [
        ("c1", "unknown", None)
    ]


def test_an_answer_that_comes_after_giving_up_is_the_answer() -> None:
    (one,) = operations([SENT, GIVEN_UP, DONE]).values()

    assert ("ok", 5, True, True) == (one.outcome, one.n, one.again, one.was_given_up)


def test_only_answers_count_as_answered(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    counts = []
    for entry in (SENT, GIVEN_UP, DONE):
        history.add(entry)
        counts.append(history.answered)
    history.close()

    assert counts == [0, 0, 1]
