"""Time and luck: the only module that reads a clock or draws anything.

Everything else is given instants (Unix ms, UTC) and ids as values.
"""

import hashlib
import secrets
import time

from ulid import ULID

from domain.ids import CommandId

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


def derived_id(*parts: str) -> CommandId:
    """The id that follows from a cause: the first 128 bits of its hash, as a ULID (rules §0)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return CommandId(str(ULID.from_bytes(digest[:16])))


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return len(text) == ID_LENGTH and text[0] <= "7" and all(c in CODE_ALPHABET for c in text)


def draw_code(length: int) -> str:
    """A code that nobody can guess, in Crockford's base32 (5 bits a character)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def draw_bytes(length: int) -> bytes:
    """Random bytes from the system's source."""
    return secrets.token_bytes(length)
