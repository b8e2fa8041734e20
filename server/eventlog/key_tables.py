"""Where wrapped keys are kept: the port that ``keys`` uses, and a SQLite file as its default.

Neither in the log nor in what is backed up with it (rules §10).
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

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


class KeyRow(Struct, frozen=True):
    """A key as it is kept; ``wrapped`` is None once it was destroyed."""

    subject: str
    wrapped: bytes | None
    created_at: int
    destroyed_at: int | None


class KeyTable(ABC):
    """Wrapped keys by their subject. Durable on return; called by one thread at a time.

    Raises:
        KeysError: it cannot be read or written, here and by every method.
    """

    @abstractmethod
    def add(self, subject: str, wrapped: bytes, at: int) -> bool:
        """Keep a key, unless there is or was one; says whether it was kept."""

    @abstractmethod
    def find(self, subject: str) -> tuple[bytes | None, bool]:
        """A subject's key, and whether it was destroyed."""

    @abstractmethod
    def destroy(self, subject: str, at: int) -> None:
        """Take a key away for good, and note that there was one."""

    @abstractmethod
    def destroyed(self) -> list[str]:
        """Every subject whose key was destroyed, in order."""

    @abstractmethod
    def rows(self, after: str, limit: int) -> list[KeyRow]:
        """Rows by subject, from behind ``after`` on."""

    @abstractmethod
    def take_in(self, rows: Sequence[KeyRow]) -> None:
        """Keep rows of another table, all or none, but for subjects that are known here."""

    @abstractmethod
    def try_to_write(self) -> None:
        """Fail as ``add`` would; nothing is left of it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


class SQLiteKeyTable(KeyTable):
    """A file, which may be opened more than once."""

    def __init__(self, path: Path | str) -> None:
        with _failures():
            self._file = _opened(path)

    def add(self, subject: str, wrapped: bytes, at: int) -> bool:
        with _failures():
            made = self._file.execute(
                "INSERT OR IGNORE INTO keys VALUES (?,?,?,NULL)", (subject, wrapped, at)
            )
        return made.rowcount > 0

    def find(self, subject: str) -> tuple[bytes | None, bool]:
        with _failures():
            row = self._file.execute(
                "SELECT wrapped FROM keys WHERE subject=?", (subject,)
            ).fetchone()
        return (None, False) if row is None else (row[0], row[0] is None)

    def destroy(self, subject: str, at: int) -> None:
        with _failures():
            self._file.execute(
                "UPDATE keys SET wrapped=NULL, destroyed_at=? WHERE subject=?", (at, subject)
            )
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def destroyed(self) -> list[str]:
        with _failures():
            rows = self._file.execute(
                "SELECT subject FROM keys WHERE destroyed_at IS NOT NULL ORDER BY subject"
            ).fetchall()
        return [subject for (subject,) in rows]

    def rows(self, after: str, limit: int) -> list[KeyRow]:
        with _failures():
            found = self._file.execute(
                "SELECT subject, wrapped, created_at, destroyed_at FROM keys WHERE subject>?"
                " ORDER BY subject LIMIT ?",
                (after, limit),
            ).fetchall()
        return [KeyRow(*row) for row in found]

    def take_in(self, rows: Sequence[KeyRow]) -> None:
        with _failures(), self._file:
            self._file.execute("BEGIN")
            self._file.executemany(
                "INSERT OR IGNORE INTO keys VALUES (?,?,?,?)", [astuple(row) for row in rows]
            )

    def try_to_write(self) -> None:
        with _failures():
            # Both are commits of their own: each waits for the disk, as a new key does.
            self._file.execute("INSERT OR REPLACE INTO keys VALUES ('', NULL, 0, 0)")
            self._file.execute("DELETE FROM keys WHERE subject=''")

    def close(self) -> None:
        self._file.close()


@contextmanager
def _failures() -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise KeysError(f"The keys of personal text cannot be used: {error}.") from error


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
