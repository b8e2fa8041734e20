"""Time and luck: the only module that reads a clock or draws anything.

Everything else is given instants (Unix ms, UTC) and ids as values.
"""

import hashlib
import random
import secrets
import time
from collections.abc import Sequence
from typing import TypeVar

from ulid import ULID

from domain.ids import CommandId

T = TypeVar("T")

ID_LENGTH = 26
"""Characters of a ULID: 128 bits in base32."""
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U to misread."""


class Clock:
    """Wall time, shifted by a fixed offset for demos and tests, and a steady clock for spans."""

    def __init__(self, offset_ms: int = 0) -> None:
        self._offset_ms = offset_ms

    def now(self) -> int:
        """The instant, in Unix ms."""
        return time.time_ns() // 1_000_000 + self._offset_ms

    def steady(self) -> float:
        """Seconds on a clock that never jumps: for spans and rates, meaningless alone."""
        return time.monotonic()

    def new_id(self) -> str:
        """A fresh ULID, its random part from the system's source."""
        return str(ULID.from_timestamp(self.now() / 1000))


class Dice:
    """Luck that can be had again: from one seed, the same draws in the same order. No secrets."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def between(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return self._random.uniform(low, high)

    def chance(self, percent: int) -> bool:
        """Whether something happens that does so ``percent`` times in a hundred."""
        return self._random.random() * 100 < percent

    def pick(self, things: Sequence[T], weights: Sequence[int] | None = None) -> T:
        """One of the things; with weights, the heavier the likelier."""
        return self._random.choices(things, weights)[0]


def derived_id(*parts: str) -> CommandId:
    """The id that follows from a cause: the first 128 bits of its hash, as a ULID (rules §0)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return CommandId(str(ULID.from_bytes(digest[:16])))


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return len(text) == ID_LENGTH and text[0] <= "7" and not text.strip(CODE_ALPHABET)


def draw_code(length: int) -> str:
    """A code that nobody can guess, in Crockford's base32 (5 bits a character)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def draw_bytes(length: int) -> bytes:
    """Random bytes from the system's source."""
    return secrets.token_bytes(length)
