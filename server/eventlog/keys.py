"""Keys of personal text, one for each person, outside the log: destroying one is erasure.

Text is sealed with AES-256-GCM (NIST SP 800-38D). A sealed text names its subject, so that it can
be opened wherever it turns up; the subject is authenticated with it. Keys are stored wrapped by a
key that is derived from the server's secret, in a file of their own (rules §10).
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ids import PlayerId
from domain.personal import Sealed
from server.clock import draw_bytes

FORMAT = b"\x01"
ID_LENGTH = 26
NONCE_LENGTH = 12
CACHED_KEYS = 50_000
"""Keys held ready in memory: about 0.5 KiB each."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    subject TEXT PRIMARY KEY,
    wrapped BLOB,
    created_at INTEGER NOT NULL,
    destroyed_at INTEGER
) WITHOUT ROWID
"""


class KeysError(Exception):
    """A key is not there, or cannot be used."""


class WrongSecret(KeysError):
    """The keys cannot be unwrapped: they were made with another secret."""


class Keys:
    """Seals and opens personal text. Any thread may call; a new key is durable on return.

    Raises:
        KeysError: the file cannot be opened or holds no keys.
    """

    def __init__(self, path: Path | str, wrapping_key: bytes) -> None:
        self._wrapping = AESGCM(wrapping_key)
        self._lock = threading.Lock()
        self._file_lock = threading.Lock()
        self._ready: OrderedDict[str, AESGCM | None] = OrderedDict()
        self.failure: str | None = None
        """Why no key could be made the last time, in words; None when one could."""
        with self._failures():
            self._file = _opened(path)

    def create(self, subject: PlayerId, at: int) -> None:
        """Make a key for a person, durably; a second call keeps the first key."""
        key = AESGCM.generate_key(256)
        nonce = draw_bytes(NONCE_LENGTH)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, subject.encode())
        with self._file_lock, self._writing():
            made = self._file.execute(
                "INSERT OR IGNORE INTO keys VALUES (?,?,?,NULL)", (subject, wrapped, at)
            )
            if made.rowcount:
                self._remember(subject, AESGCM(key))

    def is_failing(self) -> bool:
        """Whether keys cannot be made: after a failure a trial finds out again. Blocks."""
        if self.failure is not None:
            with suppress(KeysError), self._file_lock, self._writing():
                # Both are commits of their own: each waits for the disk, as a new key does.
                self._file.execute("INSERT OR REPLACE INTO keys VALUES ('', NULL, 0, 0)")
                self._file.execute("DELETE FROM keys WHERE subject=''")
        return self.failure is not None

    def seal(self, subject: PlayerId, text: str) -> Sealed:
        """The text under its subject's key.

        Raises:
            KeysError: the subject has no key (any more).
        """
        key = self._key(subject)
        if key is None:
            raise KeysError(f"There is no key for {subject}.")
        nonce = draw_bytes(NONCE_LENGTH)
        head = FORMAT + subject.encode()
        return Sealed(head + nonce + key.encrypt(nonce, text.encode(), head))

    def open(self, sealed: Sealed) -> str | None:
        """The plain text; None when its subject has been erased."""
        head, rest = sealed[: 1 + ID_LENGTH], sealed[1 + ID_LENGTH :]
        if head[:1] != FORMAT:
            raise KeysError("This is not a sealed text.")
        key = self._key(PlayerId(head[1:].decode()))
        if key is None:
            return None
        try:
            return key.decrypt(rest[:NONCE_LENGTH], rest[NONCE_LENGTH:], head).decode()
        except InvalidTag as error:
            raise KeysError("A sealed text does not fit its key.") from error

    def destroy(self, subject: PlayerId, at: int) -> None:
        """Erase a person's key, for good: what it sealed can never be read again."""
        with self._file_lock, self._failures():
            self._file.execute(
                "UPDATE keys SET wrapped=NULL, destroyed_at=? WHERE subject=?", (at, subject)
            )
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._remember(subject, None)

    def destroyed(self) -> list[PlayerId]:
        """Everybody whose key was destroyed, by id."""
        with self._file_lock, self._failures():
            rows = self._file.execute(
                "SELECT subject FROM keys WHERE destroyed_at IS NOT NULL ORDER BY subject"
            ).fetchall()
        return [PlayerId(subject) for (subject,) in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _key(self, subject: PlayerId) -> AESGCM | None:
        # What is known already waits for no file, which is asked for on the loop: a key, and that
        # there is none, which is so for ever.
        with self._lock:
            if subject in self._ready:
                self._ready.move_to_end(subject)
                return self._ready[subject]
        with self._file_lock:
            key, is_destroyed = self._load(subject)
            if key is not None or is_destroyed:
                self._remember(subject, key)
            return key

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise KeysError(f"The keys of personal text cannot be used: {error}.") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._failures():
                yield
        except KeysError as error:
            self.failure = str(error)
            raise
        self.failure = None

    def _remember(self, subject: PlayerId, key: AESGCM | None) -> None:
        with self._lock:
            self._ready[subject] = key
            self._ready.move_to_end(subject)
            while len(self._ready) > CACHED_KEYS:
                self._ready.popitem(last=False)

    def _load(self, subject: PlayerId) -> tuple[AESGCM | None, bool]:
        """A person's key, and whether it was destroyed."""
        with self._failures():
            row = self._file.execute(
                "SELECT wrapped FROM keys WHERE subject=?", (subject,)
            ).fetchone()
        if row is None or row[0] is None:
            return None, row is not None
        try:
            key = self._wrapping.decrypt(
                row[0][:NONCE_LENGTH], row[0][NONCE_LENGTH:], subject.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise WrongSecret(
                "The keys do not open with this secret. Is GUTSY_SECRET the one they were made"
                " with?"
            ) from error
        return AESGCM(key), False


def _opened(path: Path | str) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=FULL")
        file.execute("PRAGMA secure_delete=ON")
        file.execute(SCHEMA)
    except sqlite3.Error:
        file.close()
        raise
    return file
