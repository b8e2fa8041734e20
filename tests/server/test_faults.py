"""A disk that is full, a file that is locked, a page that is damaged: nothing wrong is said.

Each on a real server in a process of its own: commands are answered with an error that is not
final, reads go on, ``/readyz`` names the reason, and once it is over the same ids succeed once.
"""

import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.eventlog.log import Batch, Event, LogUnavailable
from server.eventlog.sqlite import SQLiteLog
from server.settings import Settings
from server.upkeep import verify
from server.verification import problems_of_log
from tests.server.serving import Process, ending, fresh_id, process, registration
from tests.server.world import LIMIT_S

PAGE_BYTES = 4096
TABLE_LEAF, INDEX_LEAF = 0x0D, 0x0A
"""What the first byte of a page says (SQLite's file format, 1.6): of events; of answers."""
TIMEOUT_S = 30
"""Longer than SQLite waits for a lock."""


class Player:
    """Somebody with a squad, who remembers what was acknowledged."""

    def __init__(self, server: Process, name: str) -> None:
        self.url = server.url
        self.acks: dict[str, int] = {}
        self.failed: dict[str, tuple[int, str]] = {}
        guest = httpx2.post(f"{self.url}/api/guest", json=registration(name))
        self._headers = {"authorization": f"Bearer {guest.json()['ticket']}"}
        ack = self._command("squad.create", fresh_id(), name="Night owls", tz="UTC").json()
        self.squad: str | None = ack["b"]["squad"]

    def try_to(self, command_id: str) -> bool:
        """Ask for an invite under an id; whether that was acknowledged."""
        return self._command("squad.invite", command_id, self.squad).status_code == 200

    def reads(self) -> list[int]:
        """The status of what a player reads."""
        paths = ("/api/me", f"/api/squads/{self.squad}/events", "/api/deck", "/healthz")
        return [self.get(path).status_code for path in paths]

    def ready(self) -> tuple[int, list[str]]:
        """Whether the server says that it is able to serve, and the reasons why not."""
        answer = self.get("/readyz")
        return answer.status_code, answer.json()["reasons"]

    def get(self, path: str) -> httpx2.Response:
        """What is at a path."""
        return httpx2.get(f"{self.url}{path}", headers=self._headers, timeout=TIMEOUT_S)

    def _command(
        self, kind: str, command_id: str, squad: str | None = None, **body: object
    ) -> httpx2.Response:
        fields = {"id": command_id, "k": kind, "s": squad, "b": body}
        url = f"{self.url}/api/cmd"
        answer = httpx2.post(url, json=fields, headers=self._headers, timeout=TIMEOUT_S)
        if answer.status_code == 200:
            q = answer.json()["q"]
            assert self.acks.setdefault(command_id, q) == q, "answered as before"
            self.failed.pop(command_id, None)
        else:
            self.failed[command_id] = (answer.status_code, answer.json()["error"]["code"])
        return answer


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, or fail."""
    ends_at = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen"
        time.sleep(0.05)


def rows(folder: Path, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
    """What is in the log's file."""
    file = sqlite3.connect(f"file:{folder / 'gutsy.db'}?mode=ro", uri=True)
    found = file.execute(sql, parameters).fetchall()
    file.close()
    return found


def invites(folder: Path) -> dict[str, list[int]]:
    """The places of the events of each command that asked for an invite."""
    found: dict[str, list[int]] = {}
    for seq, command in rows(folder, "SELECT seq, command FROM events WHERE topic LIKE 'invite%'"):
        found.setdefault(command, []).append(seq)
    return found


def acknowledged(player: Player) -> dict[str, list[int]]:
    """What the log must hold, each once."""
    created = min(player.acks.values())
    return {command_id: [q] for command_id, q in player.acks.items() if q != created}


def after_the_fault(folder: Path, player: Player) -> None:
    """Everything that failed is sent again under its id, twice; and the log is looked at."""
    for command_id in list(player.failed):
        assert player.try_to(command_id)
        assert player.try_to(command_id)

    assert player.failed == {}
    assert acknowledged(player) == invites(folder)


# A full disk


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(tmp_path: Path) -> None:
    """Files of the server may not grow; then they may again."""
    with process(tmp_path) as server:
        maya = Player(server, "Maya")
        assert all(maya.try_to(fresh_id()) for _ in range(20))
        with no_room(server, tmp_path):
            # A page may still fit where an event does not: until nothing does.
            until(lambda: not maya.try_to(fresh_id()) and maya.ready()[0] == 503)
            failed = set(maya.failed.values())
            reads, (status, reasons) = maya.reads(), maya.ready()
        until(lambda: maya.ready() == (200, []))
        after_the_fault(tmp_path, maya)

    assert {(500, "INTERNAL")} == failed
    assert ([200] * 4, 503) == (reads, status)
    assert "The event log cannot be used: disk I/O error." in reasons
    assert verify(Settings(data_dir=str(tmp_path)), lambda _at, _of: None).problems == []


@contextmanager
def no_room(server: Process, folder: Path) -> Iterator[None]:
    """A limit on the size of files, just above that of the largest."""
    largest = max(path.stat().st_size for path in folder.iterdir())
    unlimited = resource.RLIM_INFINITY
    pid = server.process.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + PAGE_BYTES, unlimited))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def test_a_log_that_is_full_takes_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    """And the same batch once there is room."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    (pages,) = log._writer.execute("PRAGMA page_count").fetchone()
    log._writer.execute(f"PRAGMA max_page_count={pages + 10}")
    batches = [
        Batch(events=[Event(f"squad-{n}", v, "t@1", b"x" * 1000) for v in range(1, 6)])
        for n in range(20)
    ]
    taken = taken_by(log, batches)
    with pytest.raises(LogUnavailable, match="database or disk is full"):
        log.append(batches[taken])
    held = log.last_seq()
    log._writer.execute("PRAGMA max_page_count=1000000")
    seqs = [log.append(batch) for batch in batches[taken:]]
    problems = [p for p in problems_of_log(log, None, lambda _at, _of: None) if "t@1" not in p]
    log.close()

    assert (5 * taken, True) == (held, 0 < taken < 20)
    assert [list(range(5 * n + 1, 5 * n + 6)) for n in range(taken, 20)] == seqs
    assert problems == []


def taken_by(log: SQLiteLog, batches: Sequence[Batch]) -> int:
    """How many batches a log takes until one does not fit."""
    for number, batch in enumerate(batches):
        try:
            log.append(batch)
        except LogUnavailable:
            return number
    return len(batches)


# A locked file


HOLD = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another process has the log's file for itself."""
    program = [sys.executable, "-c", HOLD, str(folder / "gutsy.db")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate()


@pytest.mark.slow
def test_while_the_file_is_locked_nothing_is_acknowledged_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    """For longer than SQLite waits; then it goes on by itself."""
    with process(tmp_path) as server:
        maya = Player(server, "Maya")
        assert maya.try_to(fresh_id())
        with held(tmp_path):
            maya.try_to(fresh_id())
            failed = set(maya.failed.values())
            reads, (status, reasons) = maya.reads(), maya.ready()
        until(lambda: maya.ready() == (200, []))
        after_the_fault(tmp_path, maya)

    assert {(500, "INTERNAL")} == failed
    assert ([200] * 4, 503) == (reads, status)
    assert ["The event log cannot be used: database is locked."] == reasons


@pytest.mark.slow
def test_a_lock_that_is_short_is_waited_for(tmp_path: Path) -> None:
    """Nobody notices."""
    with process(tmp_path) as server:
        maya = Player(server, "Maya")
        with held(tmp_path):
            pass
        was_taken = maya.try_to(fresh_id())

    assert was_taken


# A damaged page


def damage(folder: Path, content: bytes, leaf: int = TABLE_LEAF) -> None:
    """Write over the head of the page of a kind that holds something."""
    path = folder / "gutsy.db"
    data = path.read_bytes()
    place = next(
        start
        for start in range(0, len(data), PAGE_BYTES)
        if data[start] == leaf and content in data[start : start + PAGE_BYTES]
    )
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 64)


@pytest.fixture
def played(tmp_path: Path) -> tuple[Path, list[Player]]:
    """A folder in which two have played, one after the other, and the two."""
    with process(tmp_path) as server:
        players = [Player(server, name) for name in ("Maya", "Sam")]
        for player in players:
            for _ in range(60):
                assert player.try_to(fresh_id())
        end = max(players[1].acks.values())
        until(lambda: players[1].get("/readyz").json()["position"] == end)
    return tmp_path, players


def state_of(folder: Path, squad: str | None, version: int) -> bytes:
    """What is stored of an event."""
    ((state,),) = rows(
        folder,
        "SELECT state FROM events WHERE stream=? AND version=?",
        (f"squad-{squad}", version),
    )
    return bytes(state)


@pytest.mark.slow
def test_a_damaged_page_is_found(played: tuple[Path, list[Player]]) -> None:
    """By its first event that cannot be read; with 1, and no traceback."""
    folder, (maya, _) = played
    damage(folder, state_of(folder, maya.squad, 30))
    code, lines = ending("verify", folder)

    assert code == 1
    assert any(line.startswith("after seq ") and "malformed" in line for line in lines), lines
    assert "Traceback" not in "".join(lines)


@pytest.mark.slow
def test_a_server_that_meets_damage_says_so_and_acknowledges_nothing_of_it(
    played: tuple[Path, list[Player]],
) -> None:
    """Whose squad is not touched by it plays on."""
    folder, (maya, sam) = played
    damage(folder, state_of(folder, maya.squad, 30))
    with process(folder) as server:
        maya.url = sam.url = server.url
        was_taken = [maya.try_to(fresh_id()) for _ in range(3)], sam.try_to(fresh_id())
        failed = set(maya.failed.values())
        page = maya.get(f"/api/squads/{maya.squad}/events?after=0&limit=100")
        status, reasons = maya.ready()
    written = {command for (command,) in rows(folder, "SELECT command FROM answers")}

    assert ([False] * 3, True) == was_taken
    assert ({(500, "INTERNAL")}, 503) == (failed, page.status_code)
    assert (503, ["The event log cannot be used: database disk image is malformed."]) == (
        status,
        reasons,
    )
    assert {*maya.acks, *sam.acks} - written == set()


@pytest.mark.slow
def test_where_answers_are_damaged_only_what_is_there_is_acknowledged(
    played: tuple[Path, list[Player]],
) -> None:
    """What cannot be looked up is not decided."""
    folder, (maya, _) = played
    ((command,),) = rows(
        folder, "SELECT command FROM answers ORDER BY actor, command LIMIT 1 OFFSET 30"
    )
    damage(folder, command.encode(), INDEX_LEAF)
    with process(folder) as server:
        maya.url = server.url
        was_taken = [maya.try_to(fresh_id()) for _ in range(30)]
        failed, (status, reasons) = set(maya.failed.values()), maya.ready()
    stored = invites(folder)

    assert False in was_taken
    assert {(500, "INTERNAL")} == failed
    assert (503, ["The event log cannot be used: database disk image is malformed."]) == (
        status,
        reasons,
    )
    assert {command_id: stored.get(command_id) for command_id in acknowledged(maya)} == (
        acknowledged(maya)
    )


@pytest.mark.slow
def test_a_server_does_not_start_where_the_end_of_the_log_is_damaged(
    played: tuple[Path, list[Player]],
) -> None:
    """With 1 and one line: it would not know what comes next."""
    folder, (_, sam) = played
    damage(folder, state_of(folder, sam.squad, 62))

    assert ending("serve", folder) == (
        1,
        ["Gutsy cannot start: The event log cannot be used: database disk image is malformed."],
    )
