"""Faults of the database: restarted, crashed, hanging."""

import asyncio
import os
import signal
import time
from pathlib import Path

import psycopg

from loadtests.faults.fault import Fault
from loadtests.faults.world import World

LIMIT_S = 60.0
LOOK_S = 0.02


class PostgresRestarted(Fault):
    """In good order, and at once: every connection ends."""

    name = "PostgreSQL restarted"
    says = "PostgreSQL is shut down fast, and started 1 s later"
    how: signal.Signals = signal.SIGINT
    hold_s = 1.0
    late_s = None

    async def inject(self, world: World) -> None:
        """Until it is gone."""
        await asyncio.to_thread(world.house.postgres.stop, self.how)

    async def heal(self, world: World) -> None:
        """Until it answers."""
        await asyncio.to_thread(world.house.postgres.start)


class PostgresCrashed(PostgresRestarted):
    """It finds out from its write-ahead log what was committed."""

    name = "PostgreSQL crashed"
    says = "PostgreSQL ends without a shutdown (SIGQUIT), is started 1 s later and recovers"
    how = signal.SIGQUIT


class PostgresProcessKilled(Fault):
    """As when memory runs out: it recovers by itself, before anybody's lease has run out."""

    name = "PostgreSQL process killed"
    says = "a process of PostgreSQL that serves a node gets `kill -9`: all are ended, it recovers"
    hold_s = 0.0
    late_s = None

    async def inject(self, world: World) -> None:
        """Any of them."""
        serving = [one for one in children(world.house.postgres.pid) if is_serving(one)]
        os.kill(world.dice.choice(serving), signal.SIGKILL)

    async def heal(self, world: World) -> None:
        """Until it answers again."""
        await asyncio.to_thread(until_it_answers, world.house.postgres.url)


class PostgresFrozen(Fault):
    """It hangs: connections stand, and nothing is answered."""

    name = "PostgreSQL frozen"
    says = "all processes of PostgreSQL are stopped for 5 s (SIGSTOP), and go on"
    hold_s = 5.0
    late_s = None

    def __init__(self) -> None:
        self._stopped: list[int] = []

    async def inject(self, world: World) -> None:
        """The first process first, so that it starts no other."""
        first = world.house.postgres.pid
        os.kill(first, signal.SIGSTOP)
        self._stopped = [*children(first), first]
        for pid in self._stopped:
            os.kill(pid, signal.SIGSTOP)

    async def heal(self, world: World) -> None:
        """All of them go on."""
        for pid in self._stopped:
            os.kill(pid, signal.SIGCONT)


def children(pid: int) -> list[int]:
    """What a process has started, as Linux tells."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_serving(pid: int) -> bool:
    """Whether a process of PostgreSQL serves a connection of ours, by what it calls itself."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres: gutsy ")
    except OSError:
        return False  # it has ended


def until_it_answers(url: str) -> None:
    """Wait for a server that recovers."""
    until = time.monotonic() + LIMIT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, "PostgreSQL did not recover"
            time.sleep(LOOK_S)
        else:
            return
