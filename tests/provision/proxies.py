"""nginx and Caddy, to stand in front of a server of the tests: the machine's own, or Debian's.

Called by the tests of docs/running and by `python -m tests.provision`; calls apt-get. Debian's
packages are unpacked, not installed: nothing is started, and the machine stays as it is.
"""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from tests.provision.command import CACHE, is_root, one_process_at_a_time, problem_of_running
from tests.provision.failure import ProvisioningFailed

# Each with how it says that it starts at all. What they link to is in every Debian.
PLACES = {"nginx": "usr/sbin/nginx", "caddy": "usr/bin/caddy"}
VERSION = {"nginx": "-v", "caddy": "version"}
STEP_TIMEOUT_S = 600
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
        problem = _unpack(name, unpacked) or _problem_with(name, unpacked / PLACES[name])
        if problem is None:
            return unpacked / PLACES[name]
    raise ProvisioningFailed(name, [*tried, f"Debian's package: {problem}"])


def _problem_with(name: str, executable: Path) -> str | None:
    return problem_of_running([str(executable), VERSION[name]], timeout_s=START_TIMEOUT_S)


def _unpack(name: str, home: Path) -> str | None:
    apt_get = shutil.which("apt-get")
    if apt_get is None or not is_root():
        return "needs apt-get, as root"
    with tempfile.TemporaryDirectory(dir=CACHE) as draft:
        folder = Path(draft)
        # As in its own folder, with the sandbox user or without: apt needs to write there.
        folder.chmod(0o755)
        waiting = [apt_get, "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Sandbox::User=root"]
        for step in (["update"], ["download", name]):
            problem = problem_of_running([*waiting, *step], timeout_s=STEP_TIMEOUT_S, folder=folder)
            if problem:
                return f"apt-get {' '.join(step)}: {problem}"
        (package,) = folder.glob("*.deb")
        unpacking = ["dpkg-deb", "--extract", str(package), str(folder / "home")]
        problem = problem_of_running(unpacking, timeout_s=STEP_TIMEOUT_S)
        if problem:
            return problem
        shutil.rmtree(home, ignore_errors=True)
        (folder / "home").rename(home)
    return None
