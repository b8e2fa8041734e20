"""A real server for a journey: a process of its own that can be killed and come back."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

START_S = 30.0
END_S = 30.0


class Game:
    """One server on one port and one data folder, through all its restarts."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self._settings = {
            "GUTSY_DATA_DIR": str(data_dir),
            "GUTSY_PORT": str(self.port),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the game is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, client: Path | None = None) -> None:
        """Start, and return when it serves: this client, else the one that was built here."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
        command = ["server.cli", "serve"]
        if client is not None:
            command = ["tests.journeys.serve", str(client)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command], env={**environment, **self._settings}
        )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=1)
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("the server did not start")

    def ticket(self, handle: str) -> str:
        """Come in as a guest without a browser."""
        body = {"id": secrets.token_hex(16), "handle": handle, "tz": "UTC", "adult": True}
        request = urllib.request.Request(
            f"{self.url}/api/guest",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["ticket"])

    def kill(self) -> None:
        """``kill -9``: no goodbye, no flush."""
        if self._process is not None:
            self._process.kill()
        self.wait_for_the_end()

    def stop(self) -> None:
        """Stop as an operator would."""
        self.ask_to_stop()
        self.wait_for_the_end()

    def ask_to_stop(self) -> None:
        """Begin to stop, as an operator would; the game may still go on for a while."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def wait_for_the_end(self) -> None:
        """Return when it has stopped."""
        if self._process is not None:
            self._process.wait(END_S)
            self._process = None

    def stored(self, topic: str) -> int:
        """How many events of a topic the log holds."""
        with closing(
            sqlite3.connect(f"file:{self.data_dir / 'gutsy.db'}?mode=ro", uri=True)
        ) as log:
            (count,) = log.execute("SELECT count(*) FROM events WHERE topic=?", (topic,)).fetchone()
        return int(count)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
