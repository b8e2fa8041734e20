"""Running what the machine has: commands with a limit, one provisioning at a time."""

import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"


def problem_of_running(
    command: Sequence[str], *, timeout_s: int, folder: Path | None = None
) -> str | None:
    """Run a command, and say what went wrong; None if nothing did."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            env=environment,
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return f"exit status {done.returncode}: {done.stdout.strip()[-400:]}"


@contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """While it lasts no other process provisions anything."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "provision.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_root() -> bool:
    """Whether packages can be installed."""
    return os.geteuid() == 0
