"""Keys of personal text, one for each person, outside the log: destroying one is erasure.

Text is sealed with AES-256-GCM (NIST SP 800-38D). A sealed text names its subject, so that it can
be opened wherever it turns up; the subject is authenticated with it. Keys are stored wrapped by a
key that is derived from the server's secret, in a table of their own (``key_tables``; rules §10).
"""

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
from server.eventlog.key_tables import KeysError as KeysError  # noqa: PLC0414 ours to others
from server.eventlog.key_tables import KeyTable, SQLiteKeyTable

FORMAT = b"\x01"
ID_LENGTH = 26
NONCE_LENGTH = 12
CACHED_KEYS = 50_000
"""Keys held ready in memory: about 0.5 KiB each."""


class WrongSecret(KeysError):
    """The keys cannot be unwrapped: they were made with another secret."""


class Keys:
    """Seals and opens personal text. Any thread may call; a new key is durable on return.

    Args:
        table: where wrapped keys are, closed with this; a path is that of a SQLite file.

    Raises:
        KeysError: the file cannot be opened or holds no keys.
    """

    def __init__(self, table: KeyTable | Path | str, wrapping_key: bytes) -> None:
        self._table = table if isinstance(table, KeyTable) else SQLiteKeyTable(table)
        self._wrapping = AESGCM(wrapping_key)
        self._lock = threading.Lock()
        self._table_lock = threading.Lock()
        self._ready: OrderedDict[str, AESGCM | None] = OrderedDict()
        self.failure: str | None = None
        """Why no key could be made the last time, in words; None when one could."""

    def create(self, subject: PlayerId, at: int) -> None:
        """Make a key for a person, durably; a second call keeps the first key."""
        key = AESGCM.generate_key(256)
        nonce = draw_bytes(NONCE_LENGTH)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, subject.encode())
        with self._table_lock, self._writing():
            if self._table.add(subject, wrapped, at):
                self._remember(subject, AESGCM(key))

    def is_failing(self) -> bool:
        """Whether keys cannot be made: after a failure a trial finds out again. Blocks."""
        if self.failure is not None:
            with suppress(KeysError), self._table_lock, self._writing():
                self._table.try_to_write()
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
        with self._table_lock:
            self._table.destroy(subject, at)
            self._remember(subject, None)

    def destroyed(self) -> list[PlayerId]:
        """Everybody whose key was destroyed, by id."""
        with self._table_lock:
            return [PlayerId(subject) for subject in self._table.destroyed()]

    def check(self, subject: str, wrapped: bytes) -> None:
        """See whether a key opens with this secret.

        Raises:
            WrongSecret: it does not.
        """
        self._unwrapped(subject, wrapped)

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()

    def _key(self, subject: PlayerId) -> AESGCM | None:
        # What is known already waits for no table, which is asked for on the loop: a key, and that
        # there is none, which is so for ever.
        with self._lock:
            if subject in self._ready:
                self._ready.move_to_end(subject)
                return self._ready[subject]
        with self._table_lock:
            key, is_destroyed = self._load(subject)
            if key is not None or is_destroyed:
                self._remember(subject, key)
            return key

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
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
        wrapped, is_destroyed = self._table.find(subject)
        return (
            (None, is_destroyed) if wrapped is None else (self._unwrapped(subject, wrapped), False)
        )

    def _unwrapped(self, subject: str, wrapped: bytes) -> AESGCM:
        try:
            key = self._wrapping.decrypt(
                wrapped[:NONCE_LENGTH], wrapped[NONCE_LENGTH:], subject.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise WrongSecret(
                "The keys do not open with this secret. Is GUTSY_SECRET the one they were made"
                " with?"
            ) from error
        return AESGCM(key)
