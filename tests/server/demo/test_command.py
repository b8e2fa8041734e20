"""`gutsy demo`: it starts, prints a link that answers, and leaves nothing behind."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from server.cli import main
from server.edge.auth import Denied
from server.settings import Settings
from tests.server.serving import ROOT, fresh_id, process, registration, serving

LINK = re.compile(r"Come in: (http://\S+)/j/(\w+)")
pytestmark = pytest.mark.slow


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, whose temporary files go to a folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
    environment |= {"TMPDIR": str(folder), "COLUMNS": "200"}
    running = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "demo", "--pace", "30", *options],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def link_of(running: subprocess.Popen[str]) -> tuple[str, str]:
    """The address and the code that it prints."""
    assert running.stderr is not None
    for line in running.stderr:
        if found := LINK.search(line):
            return found[1], found[2]
    pytest.fail("no link was printed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "terminated"])
def test_the_demo_answers_and_then_is_gone(number: signal.Signals, tmp_path: Path) -> None:
    """Its process, its server and its folder."""
    with demo(tmp_path, "--quiet", "--seed", "3") as running:
        url, code = link_of(running)
        invitation = httpx2.get(f"{url}/api/invites/{code}").json()
        had_folder = [path.name for path in tmp_path.glob("gutsy-demo-*")] != []
        running.send_signal(number)
        _, said = running.communicate(timeout=20)
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{url}/healthz")

        assert ("The Brave Bunch", "Mia") == (invitation["name"], invitation["invited_by"])
        assert (0, "", True) == (running.returncode, said, had_folder)
        assert [] == list(tmp_path.glob("gutsy-demo-*"))


def test_the_evening_is_told_and_kept_where_one_says(tmp_path: Path) -> None:
    data = tmp_path / "kept"
    with demo(tmp_path, "--data", str(data), "--locale", "de") as running:
        assert running.stderr is not None
        lines = iter(running.stderr.readline, "")
        told = next(line for line in lines if "dares" in line)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)

        assert (0, True) == (running.returncode, (data / "gutsy.db").exists())
        assert re.match(r"  \w+ dares \w+: ", told)


def test_players_come_into_another_game(tmp_path: Path) -> None:
    """And go without a trace of theirs here."""
    with process(tmp_path / "server") as server, demo(tmp_path, "--url", server.url) as running:
        url, _ = link_of(running)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)

        assert (0, server.url) == (running.returncode, url)


def test_a_code_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    with (
        process(tmp_path / "server") as server,
        demo(tmp_path, "--url", server.url, "--code", "0123456789") as running,
    ):
        _, said = running.communicate(timeout=20)

        assert (1, True) == (running.returncode, "INVITE_INVALID" in said)
        assert "Traceback" not in said


def test_a_game_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with demo(tmp_path, "--url", "http://127.0.0.1:1") as running:
        _, said = running.communicate(timeout=20)

        assert (1, True) == (running.returncode, "The demo cannot go on" in said)
        assert "Traceback" not in said


async def test_a_game_that_wants_nobody_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes guests and closes their sockets for good."""
    async with serving(tmp_path / "server") as served:
        monkeypatch.setattr(served.services.auth, "by_ticket", lambda _: Denied.UNKNOWN)
        with demo(tmp_path, "--url", served.url) as running:
            _, said = await asyncio.to_thread(running.communicate, timeout=20)

    assert (1, True) == (running.returncode, "The demo cannot go on: " in said)
    assert "Traceback" not in said


def test_the_demos_own_game_lets_everybody_in(tmp_path: Path) -> None:
    """Its cast comes and joins from one address, all evening long."""
    usual = Settings()
    with demo(tmp_path, "--quiet") as running:
        url, code = link_of(running)
        for _ in range(max(usual.guests_per_hour, usual.joins_per_hour) + 1):
            with httpx2.Client(base_url=url, headers={"origin": url}) as http:
                guest = http.post("/api/guest", json=registration(fresh_id()[-20:]))
                fields = {"id": fresh_id(), "k": "squad.join", "b": {"code": code}}
                join = http.post("/api/cmd", json=fields).json()

                assert (201, False) == (guest.status_code, "BUSY" in str(join))


@pytest.mark.parametrize(
    "options", [["--code", "0123456789"], ["--url", "http://127.0.0.1:1", "--data", "x"]]
)
def test_options_that_do_not_go_together_are_refused(options: list[str]) -> None:
    assert 2 == CliRunner().invoke(main, ["demo", *options]).exit_code
