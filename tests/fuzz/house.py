"""A server under fire: everything it keeps, and everything it says in its log."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from domain.players.events import PlayerErased
from server import reactions
from server.app import log_path, views_path
from server.eventlog.names import topic_of
from tests.server.serving import Guest, Served, fresh_id
from tests.server.world import until

Kept = dict[str, list[tuple[Any, ...]]]


class House:
    """A server and its two files, read from beside it."""

    def __init__(self, served: Served, witness: Guest) -> None:
        self.served = served
        self.witness = witness
        settings = served.services.settings
        self._log = _opened(log_path(settings))
        self._rows = _opened(views_path(settings))
        self.failures: list[str] = []

    def close(self) -> None:
        """Let go of the files."""
        self._log.close()
        self._rows.close()

    async def kept(self) -> Kept:
        """The log's head, the claims, the timers and every row, once all is done that was asked.

        Answers are left out: a refusal may be kept.
        """
        # Commands are decided in their order: when this one is answered, the others are.
        nothing = {"id": fresh_id(), "k": "squad.leave", "s": fresh_id(), "b": {}}
        answer = await self.witness.http.post("/api/cmd", json=nothing)
        assert answer.status_code == 403, answer.text
        log, runner = self.served.services.log, self.served.services.runner
        erased = f"SELECT coalesce(max(seq), 0) FROM events WHERE topic='{topic_of(PlayerErased)}'"
        await until(lambda: log.position(reactions.NAME) >= self._log.execute(erased).fetchone()[0])
        await until(lambda: runner.position == log.last_seq())
        heads = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
        kept = {"head": self._log.execute(heads).fetchall()}
        for table in ("claims", "timers"):
            kept[table] = sorted(self._log.execute(f"SELECT * FROM {table}").fetchall())
        tables = self._rows.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
        for (table,) in tables:
            kept[table] = sorted(self._rows.execute(f"SELECT * FROM {table}").fetchall())
        return kept

    def take_failures(self) -> list[str]:
        """What has been logged as a failure since this was asked last."""
        failures, self.failures[:] = self.failures[:], []
        return failures


@contextmanager
def listening(failures: list[str]) -> Iterator[None]:
    """Note every error and every exception that anybody logs."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR or record.exc_info:
                failures.append(f"{record.name}: {record.getMessage()} {record.exc_info}")

    ear = Ear()
    logging.getLogger().addHandler(ear)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(ear)


def close_code(heard: bytes) -> int | None:
    """The code in the close frame at the end of what a server said; None without one."""
    opcode, data = 0, b""
    while heard:
        size, start = heard[1], 2
        if size == 126:
            size, start = int.from_bytes(heard[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(heard[2:10]), 10
        opcode, data, heard = heard[0] & 0x0F, heard[start : start + size], heard[start + size :]
    return int.from_bytes(data[:2]) if opcode == 8 and data else None


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
