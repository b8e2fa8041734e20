"""`python -m tests.provision`: have ready what the tests need; the Makefile calls it first."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.provision.chromium import chromium_path
from tests.provision.failure import ProvisioningFailed
from tests.provision.proxies import PLACES, proxy_path
from tests.provision.redis import redis_program


def main() -> int:
    """Provision, printing a line for each thing; the exit status is 1 without a browser or a
    Redis."""
    has_all = all([_have("Chromium", chromium_path), _have("Redis", _redis_path)])
    for name in PLACES:
        _have(name, partial(proxy_path, name))  # without one, its tests are skipped with a word
    return 0 if has_all else 1


def _redis_path() -> Path:
    return redis_program().path


def _have(name: str, path: Callable[[], Path]) -> bool:
    print(f"provision: {name} ... ", end="", flush=True)
    try:
        print(path())
    except ProvisioningFailed as error:
        print("failed")
        print(error, file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
