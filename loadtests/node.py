"""A server as a process of its own: on one port, through all its restarts and mishaps.

Limits that hold strangers back are raised by the documented settings: all players of a load test
come from one address.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
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


class Node:
    """One server. ``start`` it, and end it by ``stop`` or ``kill``, as often as you like."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Args: ``settings``: more of the server's own, by their environment variables."""
        self.folder = folder
        self.port = free_port()
        self._settings = dict(settings)
        self._ended_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_up(self) -> bool:
        """Whether there is a process, frozen or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "started"
        return self._process.pid

    def hears_others(self) -> bool:
        """Whether what other nodes write comes to it at once."""
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as answer:
            return bool(json.load(answer)["bus"] == "ok")

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
        self.launch(**settings)
        self.wait_until_ready()

    def launch(self, **settings: str) -> None:
        """Start it, and do not wait."""
        self._settings |= settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"],
            stdin=subprocess.DEVNULL,
            env=self.environment(),
            # Ctrl+C is for whoever started it, who ends it in turn.
            process_group=0,
        )

    def wait_until_ready(self) -> None:
        """Return when it serves.

        Raises:
            RuntimeError: it does not, or has ended.
        """
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.is_up:
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

    def freeze(self) -> None:
        """Let it hang: its connections stay, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def environment(self) -> dict[str, str]:
        """What it is started in; for other commands on the same data, too."""
        ours = {"GUTSY_DATA_DIR": str(self.folder), "GUTSY_PORT": str(self.port)}
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


def free_port() -> int:
    """A port of loopback that nobody has now, and that nobody here was given before.

    Linux may well choose one twice for servers that are still about to start.
    """
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given:
            _given.add(port)
            return port


_given: set[int] = set()
