"""HAProxy 2.4 or newer, to stand in front of several nodes: the machine's own, or Debian's.

Called by `loadtests/cluster/balancer.py` and by `python -m tests.provision`; calls apt-get.
Debian's packages are unpacked, not installed: nothing is started, and the machine stays as it is.
"""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.provision.command import CACHE, one_process_at_a_time
from tests.provision.debian import unpack
from tests.provision.failure import ProvisioningFailed
from tests.provision.program import Program

OLDEST = (2, 4)
"""It knows what our example asks of it."""
# With the libraries that it links to and that are not in every Debian.
PACKAGES = ("haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1")


@cache
def haproxy_program() -> Program:
    """Return an HAProxy that starts, unpacked first if need be.

    Raises:
        ProvisioningFailed: no way led to one.

    """
    home = CACHE / "debian-haproxy"
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    found = shutil.which("haproxy", path=search)
    tried = ["haproxy on PATH: there is none"] if found is None else []
    with one_process_at_a_time():
        if found is not None:
            problem = _problem_with(Program(Path(found)))
            if problem is None:
                return Program(Path(found))
            tried.append(f"{found}: {problem}")
        problem = None if home.exists() else unpack(home, *PACKAGES)
        if problem is None:
            folders = [path.parent for path in home.glob("usr/lib/*/liblua5.3.so.0")]
            unpacked = Program(home / "usr/sbin/haproxy", folders[0] if folders else None)
            problem = _problem_with(unpacked)
            if problem is None:
                return unpacked
    raise ProvisioningFailed("HAProxy", [*tried, f"Debian's package: {problem}"])


def _problem_with(program: Program) -> str | None:
    try:
        said = program.says("-v")
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    version = re.search(r"version (\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        return f"not version {'.'.join(map(str, OLDEST))} or newer: {said.strip()}"
    return None
