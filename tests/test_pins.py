"""Every package is pinned, so that two installations are of the same code."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NPM_LOCKS = (
    "clients/web/package-lock.json",
    "loadtests/bench/peers/package-lock.json",
    "tests/foreign/package-lock.json",
)


def test_every_python_package_has_one_version() -> None:
    """From the registry, not from an address."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    packages = [line for line in lines if not line.startswith("#")]

    assert len(packages) > 10
    assert [line for line in packages if not re.fullmatch(r"[\w.-]+==[\w.]+(;.+)?", line)] == []


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_every_npm_package_has_one_version_and_its_hash(lock: str) -> None:
    """``npm ci`` takes nothing else."""
    packages = json.loads((ROOT / lock).read_text())["packages"]
    others = {path: package for path, package in packages.items() if path}  # "" is ourselves
    unpinned = [
        path
        for path, package in others.items()
        if not package["version"] or not package.get("integrity", "").startswith("sha512-")
    ]

    assert len(others) > 1
    assert unpinned == []
