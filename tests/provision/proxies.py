"""nginx and Caddy, to stand in front of a server of the tests: the machine's own, or Debian's.

Called by the tests of docs/running and by `python -m tests.provision`; calls apt-get. Debian's
packages are unpacked, not installed: nothing is started, and the machine stays as it is.
"""

import os
import shutil
from functools import cache
from pathlib import Path

from tests.provision.command import CACHE, one_process_at_a_time, problem_of_running
from tests.provision.debian import unpack
from tests.provision.failure import ProvisioningFailed

# Each with how it says that it starts at all. What they link to is in every Debian.
PLACES = {"nginx": "usr/sbin/nginx", "caddy": "usr/bin/caddy"}
VERSION = {"nginx": "-v", "caddy": "version"}
START_TIMEOUT_S = 60


@cache
def proxy_path(name: str) -> Path:
    """Return the executable of `nginx` or `caddy`, unpacked first if need be.

    Raises:
        ProvisioningFailed: no way led to one that starts.

    """
    unpacked = CACHE / f"debian-{name}"
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    tried = []
    with one_process_at_a_time():
        for found in (shutil.which(name, path=search), unpacked / PLACES[name]):
            if found is not None and Path(found).exists():
                problem = _problem_with(name, Path(found))
                if problem is None:
                    return Path(found)
                tried.append(f"{found}: {problem}")
        problem = unpack(unpacked, name) or _problem_with(name, unpacked / PLACES[name])
        if problem is None:
            return unpacked / PLACES[name]
    raise ProvisioningFailed(name, [*tried, f"Debian's package: {problem}"])


def _problem_with(name: str, executable: Path) -> str | None:
    return problem_of_running([str(executable), VERSION[name]], timeout_s=START_TIMEOUT_S)
