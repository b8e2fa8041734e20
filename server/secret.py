"""The server's one secret, and the keys that are derived from it, one for each purpose.

Kept in the data folder unless ``GUTSY_SECRET`` gives it. Whoever has it can forge tickets.
"""

import hmac
import os
from enum import Enum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.clock import draw_bytes


class Purpose(Enum):
    """What a derived key is for; no two share one."""

    TICKETS = b"gutsy tickets"
    CLAIMS = b"gutsy claims"
    COMMANDS = b"gutsy commands"
    FINGERPRINTS = b"gutsy fingerprints"
    KEYS = b"gutsy keys"


class Secret:
    """Keys and keyed hashes, derived by HKDF (RFC 5869) from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._keys = {
            purpose: HKDF(SHA256(), 32, salt=None, info=purpose.value).derive(secret)
            for purpose in Purpose
        }

    def key(self, purpose: Purpose) -> bytes:
        """The 32-byte key for one purpose."""
        return self._keys[purpose]

    def keyed_hash(self, purpose: Purpose, data: bytes) -> bytes:
        """HMAC-SHA-256, cut to 16 bytes: the same for the same data, nothing to whoever lacks
        the secret."""
        return hmac.digest(self._keys[purpose], data, "sha256")[:16]


def has_secret(given: str | None, data_dir: Path) -> bool:
    """Whether there is a secret already; ``load_secret`` would make one."""
    return given is not None or (data_dir / "secret").exists()


def load_secret(given: str | None, data_dir: Path) -> Secret:
    """The secret from the settings, else the one in the data folder, made there if need be."""
    if given is not None:
        return Secret(given.encode())
    path = data_dir / "secret"
    if not path.exists():
        made = path.with_suffix(".new")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(draw_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        made.rename(path)
        # The keys are wrapped with it: it must be as durable as they are.
        folder = os.open(data_dir, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    return Secret(path.read_bytes())
