"""`make cluster`: all of it comes up, nobody notices a restart of every node, nothing is left."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from msgspec import Struct

from loadtests.client import Client
from tests.provision.failure import ProvisioningFailed
from tests.provision.haproxy import haproxy_program

pytestmark = pytest.mark.slow

SMALL = ("--nodes", "2", "--redis", "one")
LIMIT_S = 90.0


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    """Skips where there is no HAProxy to be had."""
    try:
        haproxy_program()
    except ProvisioningFailed as error:
        pytest.skip(str(error))


class Running:
    """The command, and what it has printed."""

    def __init__(self, *options: str, folder: str | None = None) -> None:
        self.lines: list[str] = []
        own = {} if folder is None else {"TMPDIR": folder}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.cluster", *options],
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self) -> str:
        """All of it."""
        return "".join(self.lines)

    def press_enter(self) -> None:
        """As somebody at the terminal."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def wait_for(self, words: str) -> None:
        """Until it has printed them."""
        until = time.monotonic() + LIMIT_S
        while words not in self.said:
            assert time.monotonic() < until, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    def end(self) -> int:
        """As Ctrl+C and SIGTERM do; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_S)
        self.read_all()
        return code

    def read_all(self) -> None:
        """What it printed last, too, once it has ended."""
        self._reader.join(LIMIT_S)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@contextmanager
def running(*options: str, folder: str | None = None) -> Iterator[Running]:
    """The command, ended if a test leaves it running. Args: ``folder``: for what is temporary."""
    one = Running(*options, folder=folder)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.end()


def started_by(pid: int) -> list[int]:
    """Every process below one."""
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = [int(child) for child in (task / "children").read_text().split()]
        below += [*children, *(one for child in children for one in started_by(child))]
    return below


def come_in(url: str, handle: str) -> Client:
    """A guest, connected."""
    body = {"id": secrets.token_hex(16), "handle": handle, "tz": "UTC", "adult": True}
    request = urllib.request.Request(
        f"{url}/api/guest", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        ticket = str(json.load(answer)["ticket"])
    return Client(url, ticket, lambda _squad, _n, _seen: None)


def sockets_at(node: str) -> float:
    """How many are open there."""
    with urllib.request.urlopen(f"{node}/metrics") as answer:
        (count,) = re.findall(
            r"^gutsy_sockets_open\S* (\S+)$", answer.read().decode(), re.MULTILINE
        )
    return float(count)


class Evening(Struct):
    """What became of it."""

    sockets: list[float]
    """At each node, before the restart."""
    people: tuple[Client, Client]
    squad: str
    moves: list[int]
    closes: Counter[int]
    """Of both, in the restart."""
    processes: list[int]
    exit_code: int
    left: list[Path]
    """What is still in the folder for all that is temporary."""


@pytest.fixture(scope="module")
def evening() -> Iterator[Evening]:
    """Two people at different nodes, then every node restarted, then the end of all of it."""
    with tempfile.TemporaryDirectory(prefix="gutsy-evening-") as name, ExitStack() as stack:
        # PostgreSQL may run as somebody else.
        Path(name).chmod(0o755)
        cluster = stack.enter_context(running(*SMALL, folder=name))
        cluster.wait_for("Ctrl+C ends it all")
        (url,) = re.findall(r"HAProxy +(http://\S+)", cluster.said)
        nodes = re.findall(r"node \d +(http://\S+)", cluster.said)
        ann, ben = come_in(url, "Ann"), come_in(url, "Ben")
        sockets = [sockets_at(node) for node in nodes]
        squad = str((ann.command("squad.create", {"name": "Owls", "tz": "UTC"}).b or {})["squad"])
        ann.follow(squad)
        code = (ann.command("squad.invite", {}, squad).b or {})["code"]
        ben.command("squad.join", {"code": code})
        ben.follow(squad)
        cluster.press_enter()
        cluster.wait_for("have been restarted")
        renamed = ann.command("squad.rename", {"name": "Larks"}, squad)
        for one in (ann, ben):
            one.wait_for(squad, renamed.n or 0)
            one.wait_until_live()
        moves, closes = [one.moves for one in (ann, ben)], ann.closes + ben.closes
        processes = started_by(cluster.process.pid)
        exit_code = cluster.end()
        left = list(Path(name).iterdir())
        for one in (ann, ben):
            one.close()
        yield Evening(sockets, (ann, ben), squad, moves, closes, processes, exit_code, left)


def test_people_are_spread_over_the_nodes(evening: Evening) -> None:
    assert evening.sockets == [1, 1]


def test_people_at_different_nodes_see_the_same(evening: Evening) -> None:
    feeds = [one.known.feeds[evening.squad] for one in evening.people]

    kinds = [[event[0] for event in feed.events if event is not None] for feed in feeds]

    assert kinds[0][-1] == "squad.renamed"
    assert kinds[0] == kinds[1]
    assert [(feed.doubled, feed.gaps) for feed in feeds] == [(0, 0)] * 2


def test_a_restart_of_every_node_moves_everybody(evening: Evening) -> None:
    """To another node before theirs ends; whoever goes to one that drains is told so."""
    assert min(evening.moves) > 0
    assert set(evening.closes) <= {1013}


def test_nothing_is_left_of_it(evening: Evening) -> None:
    """No process, and no file."""
    # Two nodes, PostgreSQL and its own, Redis, HAProxy.
    assert len(evening.processes) > 5
    assert [pid for pid in evening.processes if Path(f"/proc/{pid}").exists()] == []
    assert (evening.exit_code, evening.left) == (0, [])


def test_nobody_notices_a_restart_of_every_node(figure: Callable[[str], None]) -> None:
    """Of those who play: no event is lost or doubled, and no command fails."""
    options = ("--players", "9", "--seconds", "18")
    with running(*SMALL, *options) as cluster:
        code = cluster.process.wait(LIMIT_S)
        cluster.read_all()
    for line in re.findall(r"● ((?:moved|closed|longest) .*)", cluster.said):
        figure(f"rolling restart, 9 players: {line}")

    assert code == 0, cluster.said
    assert " 0 differences from" in cluster.said
    assert re.search(r"moved +[1-9]", cluster.said)
