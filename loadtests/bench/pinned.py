"""Servers that are measured: each on a core of its own, on free ports, and ended by its pid."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

SERVER_CORE = 0
SINK_CORE = 1
START_S = 300.0
"""Long enough to read a log of a million events."""
STOP_S = 20.0


@contextmanager
def pinned(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A server that says ``ready`` when it is; yields its pid.

    Raises:
        RuntimeError: it did not start.
    """
    # ``taskset`` becomes the program, so its pid is the server's.
    process = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    try:
        limit = threading.Timer(START_S, process.kill)
        limit.start()
        is_ready = "ready\n" in process.stdout
        limit.cancel()
        if not is_ready:
            raise RuntimeError(f"{command[0]} {command[1]} did not start")
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@contextmanager
def on_the_servers_core() -> Iterator[None]:
    """What this thread starts meanwhile stays on that core, and so does what comes of it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
