"""Two hundred kills of the writer in the middle of its work lose and double nothing (P1, P2)."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from server.eventlog.keys import Keys
from server.eventlog.sqlite import SQLiteLog
from server.secret import Purpose, load_secret
from server.verification import problems_of_log
from tests.server.serving import ROOT
from tests.server.writer import WINDOW, Answered, command_id, effects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED = 20_261_125
KILLS, MOST_KILLS = 200, 600
ENOUGH = 21
"""Kills before a commit, and as many after one and before its answers: on a busy machine that takes
more of them."""
MOST_ANSWERS = 3 * WINDOW
LONGEST_WAIT_S = 0.006
"""A batch takes a few ms: a kill within this after an answer falls anywhere in the next one."""
AT_ONCE = 0.4
"""How many kills come right after an answer instead, while others of its batch are being told."""
ENDLESS = 10**9


class Round(Struct, frozen=True):
    """One life of the writer: what it told, and what of the rest was found committed."""

    answers: int
    unanswered_but_committed: int
    sent_and_not_committed: int


class Outcome(Struct):
    """What became of all rounds. ``answers`` are the last ones told, by command."""

    rounds: list[Round]
    answers: dict[int, Answered]
    contradictions: list[str]
    end: int


class Nursery:
    """The process that forks writers, and what they tell."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.writer", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def start(self, first: int, last: int) -> int:
        """Have a writer begin at a command; returns its pid."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{first} {last}\n")
        return int(self._line().removeprefix("pid "))

    def told(self) -> Iterator[Answered | int]:
        """What the writer tells, until it has ended: answers, and how many commands it has sent."""
        while not (line := self._line()).startswith("end "):
            if line.startswith("sent "):
                yield int(line.removeprefix("sent "))
            else:
                index, q, is_refusal = map(int, line.split())
                yield Answered(index, q, bool(is_refusal))

    def close(self) -> str:
        """End, and return what was said of errors."""
        _, errors = self._process.communicate(timeout=20)
        return errors

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        return line.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the writer writes."""
    return tmp_path_factory.mktemp("kills")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    """Two hundred kills, and more until enough fell where they should; then a last life in which
    everything that was sent is sent again."""
    chance = random.Random(SEED)
    outcome = Outcome([], {}, [], 0)
    nursery = Nursery(folder)
    while not _is_enough(outcome.rounds) and len(outcome.rounds) < MOST_KILLS:
        pid = nursery.start(_first_unanswered(outcome), ENDLESS)
        answers = _work_and_kill(nursery, outcome, pid, chance)
        outcome.rounds.append(_round(folder, outcome, answers))
    # What was sent and not told of is less than a window.
    outcome.end += WINDOW
    nursery.start(0, outcome.end)
    for one in nursery.told():
        _note(outcome, one)
    assert nursery.close() == ""
    return outcome


def _is_enough(rounds: Sequence[Round]) -> bool:
    after = sum(r.unanswered_but_committed > 0 for r in rounds)
    before = sum(r.sent_and_not_committed > 0 for r in rounds)
    return len(rounds) >= KILLS and min(before, after) >= ENOUGH


def _work_and_kill(nursery: Nursery, outcome: Outcome, pid: int, chance: random.Random) -> int:
    """Kill a writer at some moment after some answer; returns how many answers there were."""
    wanted, answers = chance.randrange(1, MOST_ANSWERS), 0
    wait_s = 0 if chance.random() < AT_ONCE else chance.random() * LONGEST_WAIT_S
    for one in nursery.told():
        _note(outcome, one)
        if not isinstance(one, Answered):
            continue
        answers += 1
        if answers == wanted:
            time.sleep(wait_s)  # the moment of the fault, not a wait for anything
            os.kill(pid, signal.SIGKILL)
    return answers


def _first_unanswered(outcome: Outcome) -> int:
    return next(index for index in range(outcome.end + 1) if index not in outcome.answers)


def _note(outcome: Outcome, one: Answered | int) -> None:
    if isinstance(one, int):
        outcome.end = max(outcome.end, one)
        return
    before = outcome.answers.setdefault(one.index, one)
    if before != one:
        outcome.contradictions.append(f"{before}, then {one}")


def _round(folder: Path, outcome: Outcome, answers: int) -> Round:
    in_flight = [index for index in range(outcome.end) if index not in outcome.answers]
    kept = {command for (command,) in rows(folder, "SELECT command FROM answers")}
    committed = sum(command_id(index) in kept for index in in_flight)
    return Round(answers, committed, len(in_flight) - committed)


def rows(folder: Path, sql: str) -> list[Any]:
    """What is in the log's file."""
    file = sqlite3.connect(folder / "gutsy.db")
    found = file.execute(sql).fetchall()
    file.close()
    return found


def test_the_kills_fell_into_the_middle_of_work(outcome: Outcome) -> None:
    """Before a commit, and between a commit and its answers; the writer had come to work."""
    rounds = outcome.rounds

    assert len(rounds) >= KILLS
    assert sum(r.answers > 0 for r in rounds) == len(rounds)
    assert sum(r.unanswered_but_committed > 0 for r in rounds) >= ENOUGH
    assert sum(r.sent_and_not_committed > 0 for r in rounds) >= ENOUGH


def test_every_answer_stays_what_it_was(outcome: Outcome) -> None:
    """Sent again under its id, a command is answered as before, or for the first time."""

    assert outcome.contradictions == []
    assert sorted(outcome.answers) == list(range(outcome.end))


def test_every_command_took_effect_exactly_once(folder: Path, outcome: Outcome) -> None:
    """What was acknowledged, and what was sent again after nobody knew."""
    q_of = dict(rows(folder, "SELECT command, q FROM answers"))
    events = dict(
        rows(
            folder,
            "SELECT coalesce(command, causation), count(*) FROM events GROUP BY 1",
        )
    )
    wrong = [
        index
        for index in range(outcome.end)
        if (events.get(command_id(index), 0), q_of[command_id(index)] or 0)
        != (effects(index), outcome.answers[index].q)
    ]

    assert wrong == []
    assert len(q_of) == outcome.end
    assert sum(events.values()) == sum(effects(index) for index in range(outcome.end))


def test_the_log_is_whole(folder: Path, outcome: Outcome) -> None:
    """No gap in any stream, every hash fits, every sealed text opens."""
    log = SQLiteLog(folder / "gutsy.db")
    keys = Keys(folder / "keys.db", load_secret(None, folder).key(Purpose.KEYS))
    problems = problems_of_log(log, keys, lambda _at, _of: None)
    seqs = log.last_seq()
    keys.close()
    log.close()

    assert problems == []
    assert seqs >= outcome.end / 2
