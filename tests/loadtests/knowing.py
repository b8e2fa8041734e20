"""Waiting until something is so."""

import time
from collections.abc import Callable

LIMIT_S = 20.0


def known(is_so: Callable[[], bool]) -> None:
    """Return when it is; fail when it takes too long."""
    until = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < until, "it never was so"
        time.sleep(0.02)
