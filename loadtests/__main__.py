"""``make load``: start a server in a folder of its own, send a squad evening through it, stop it.

Limits that hold strangers back are raised by the documented settings: all players of a load test
come from one address.
"""

import os
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

import click

RAISED = {
    "GUTSY_SOCKETS_PER_IP": "100000",
    "GUTSY_HANDSHAKES_PER_MIN": "1000000",
    "GUTSY_GUESTS_PER_HOUR": "1000000",
    "GUTSY_JOINS_PER_HOUR": "1000000",
    "GUTSY_UNFINISHED_REQUESTS_PER_IP": "100000",
    "GUTSY_UNFINISHED_REQUESTS": "100000",
}
START_S = 30.0


@click.command()
@click.option("--players", default=50, show_default=True, help="Players, in squads of ten.")
@click.option("--seconds", default=30, show_default=True, help="How long they play.")
@click.option("--report", type=click.Path(path_type=Path), help="Write Locust's HTML report here.")
def main(players: int, seconds: int, report: Path | None) -> None:
    """A squad evening over real sockets, with a latency figure and a check of every event."""
    with server() as url:
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(Path(__file__).with_name("squad_evening.py")),
            "--headless",
            "--only-summary",
            "--users",
            str(players),
            "--spawn-rate",
            str(max(1, players // 5)),
            "--run-time",
            f"{seconds}s",
            "--host",
            url,
        ]
        if report is not None:
            command += ["--html", str(report)]
        sys.exit(subprocess.run(command, check=False).returncode)


@contextmanager
def server(**more: str) -> Iterator[str]:
    """A server of our own on a free port, with ``more`` settings; stopped by its pid at the end."""
    with tempfile.TemporaryDirectory(prefix="gutsy-load-") as folder:
        port = _free_port()
        settings = {"GUTSY_DATA_DIR": folder, "GUTSY_PORT": str(port), **more}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"],
            env={**environment, **RAISED, **settings},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
