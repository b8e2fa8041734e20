"""Debian's packages, unpacked into a folder of ours: nothing is started, the machine stays as is.

Called by the modules that provision one program each; calls apt-get and dpkg-deb.
"""

import shutil
import tempfile
from pathlib import Path

from tests.provision.command import CACHE, is_root, problem_of_running

STEP_TIMEOUT_S = 600


def unpack(home: Path, *packages: str) -> str | None:
    """Make ``home`` hold what is in these packages, and say what went wrong; None if nothing did.

    Nothing is fetched that they depend on.
    """
    apt_get = shutil.which("apt-get")
    if apt_get is None or not is_root():
        return "needs apt-get, as root"
    with tempfile.TemporaryDirectory(dir=CACHE) as draft:
        folder = Path(draft)
        # As in its own folder, with the sandbox user or without: apt needs to write there.
        folder.chmod(0o755)
        waiting = [apt_get, "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Sandbox::User=root"]
        for step in (["update"], ["download", *packages]):
            problem = problem_of_running([*waiting, *step], timeout_s=STEP_TIMEOUT_S, folder=folder)
            if problem:
                return f"apt-get {' '.join(step)}: {problem}"
        for package in folder.glob("*.deb"):
            unpacking = ["dpkg-deb", "--extract", str(package), str(folder / "home")]
            problem = problem_of_running(unpacking, timeout_s=STEP_TIMEOUT_S)
            if problem:
                return problem
        shutil.rmtree(home, ignore_errors=True)
        (folder / "home").rename(home)
    return None
