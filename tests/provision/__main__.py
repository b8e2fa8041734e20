"""`python -m tests.provision`: have ready what the tests need; the Makefile calls it first."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.provision.chromium import chromium_path
from tests.provision.failure import ProvisioningFailed
from tests.provision.haproxy import haproxy_program
from tests.provision.postgres import postgres_programs
from tests.provision.proxies import PLACES, proxy_path
from tests.provision.redis import redis_program


def main() -> int:
    """Provision, printing a line for each thing; the exit status is 1 without a browser or a
    database or a Redis."""
    needed: dict[str, Callable[[], Path]] = {
        "Chromium": chromium_path,
        "PostgreSQL": postgres_programs,
        "Redis": lambda: redis_program().path,
    }
    missing = [name for name, path in needed.items() if not _have(name, path)]
    # Without one, its tests are skipped with a word.
    _have("haproxy", lambda: haproxy_program().path)
    for name in PLACES:
        _have(name, partial(proxy_path, name))
    return 1 if missing else 0


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
