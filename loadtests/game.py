"""A server of our own for a load test: on one port and in one folder, through all its restarts.

Limits that hold strangers back are raised by the documented settings: all players of a load test
come from one address.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RAISED = {
    "GUTSY_SOCKETS_PER_IP": "100000",
    "GUTSY_HANDSHAKES_PER_MIN": "1000000",
    "GUTSY_GUESTS_PER_HOUR": "1000000",
    "GUTSY_JOINS_PER_HOUR": "1000000",
    "GUTSY_UNFINISHED_REQUESTS_PER_IP": "100000",
    "GUTSY_UNFINISHED_REQUESTS": "100000",
}
START_S = 60.0
LOOK_S = 0.05
"""Between two looks at whether it serves."""


class Game:
    """One server. ``start`` it, and ``remove`` it in the end."""

    def __init__(self, **settings: str) -> None:
        """Args: ``settings``: more of the server's own, by their environment variables."""
        self._home = Path(tempfile.mkdtemp(prefix="gutsy-load-"))
        self._folder = self._home / "played"
        self._port = free_port()
        self._settings = settings
        self._ended_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def busy_s(self) -> float:
        """Seconds of a core that it has taken, through all its restarts, as Linux counts them."""
        return self._ended_s + self._own_s()

    def counted(self, metric: str) -> float:
        """What the server counts under a name, with its labels; 0 for what has not happened."""
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(metric)), 0.0)

    def start(self, **settings: str) -> None:
        """Start it, with some settings changed from now on, and return when it serves."""
        self._settings |= settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"], env=self._environment()
        )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(LOOK_S)
        raise RuntimeError("the server did not start")

    def stop(self) -> None:
        """Stop it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """``kill -9``: no goodbye, no flush."""
        self._end(signal.SIGKILL)

    def rebuild(self) -> str | None:
        """Copy the folder of a stopped server, make its read models anew there, and serve that.

        Returns what ``gutsy projections rebuild`` had to say if the rows in use were different.
        """
        copy = self._home / "rebuilt"
        shutil.copytree(self._folder, copy)
        self._folder = copy
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", "projections", "rebuild"],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return None if done.returncode == 0 else f"rebuild: {done.stderr.strip()}"

    def remove(self) -> None:
        """Stop it, and take away everything that it wrote."""
        self.stop()
        shutil.rmtree(self._home)

    def _environment(self) -> dict[str, str]:
        ours = {"GUTSY_DATA_DIR": str(self._folder), "GUTSY_PORT": str(self._port)}
        others = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
        return {**others, **RAISED, "GUTSY_LOG_LEVEL": "warning", **self._settings, **ours}

    def _own_s(self) -> float:
        if self._process is None:
            return 0.0
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._ended_s += self._own_s()
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """Where a server of our own is, with more settings; it is gone at the end."""
    game = Game(**settings)
    try:
        game.start()
        yield game.url
    finally:
        game.remove()


def free_port() -> int:
    """A port of loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
