"""Garbage that refers to itself is looked for rarely: a full search stops everybody (ADR 15).

CPython frees nearly everything when its last reference goes. Its collector looks for what is left,
rings of objects; a full search goes through all objects there are, which is a quarter of a second
with 5,000 connections. So the young are searched as ever, and all of them only when housekeeping
asks for it; what was there at the start is not searched at all.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 2_000
"""Objects made, less those freed, before the youngest are searched."""
MIDDLE = 10
"""Searches of the youngest before those that survived one are searched with them."""
NEVER = 1 << 30
"""Searches of those before all are; more than there will be."""


@contextmanager
def rare_pauses() -> Iterator[None]:
    """No full search by itself from here to the end."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def search_all() -> int:
    """Free every ring that nobody holds; returns how many objects there were. Stops everybody."""
    return gc.collect()
