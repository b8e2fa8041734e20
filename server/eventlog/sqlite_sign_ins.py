"""What is kept of sign-ins in the log's own file: on the log's writer, under the log's lock."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from server.eventlog.sign_ins import Ending, LinkCode, SignInStore

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]
Reading = Callable[[str, Sequence[object]], list[Any]]


class SQLiteSignIns(SignInStore):
    """Two small tables. ``writing`` is one durable transaction of the log's."""

    def __init__(self, writing: Writing, reading: Reading) -> None:
        self._writing = writing
        self._reading = reading

    def keep_link(self, link: LinkCode) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO links VALUES (?,?,?,?)",
                (link.player, link.key, link.sign_in, link.expires_at),
            )

    def take_link(self, key: str) -> LinkCode | None:
        if not self._reading("SELECT 1 FROM links WHERE key=?", (key,)):
            return None  # a guess: those must not hold up the writer
        with self._writing() as connection:
            row = connection.execute(
                "SELECT player, sign_in, expires_at FROM links WHERE key=?", (key,)
            ).fetchone()
            connection.execute("DELETE FROM links WHERE key=?", (key,))
        if row is None:
            return None
        player, sign_in, expires_at = row
        return LinkCode(key=key, player=player, sign_in=sign_in, expires_at=expires_at)

    def drop_links(self, player: str, but_of: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM links WHERE player=? AND sign_in<>?", (player, but_of))

    def end(self, ending: Ending) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO endings VALUES (?,?,?,?) ON CONFLICT (player, sign_in)"
                " DO UPDATE SET at=excluded.at, until=excluded.until WHERE excluded.at>at",
                (ending.player, ending.sign_in, ending.at, ending.until),
            )

    def endings(self) -> list[Ending]:
        rows = self._reading(
            "SELECT player, sign_in, at, until FROM endings ORDER BY player, sign_in", ()
        )
        return [
            Ending(player=player, sign_in=sign_in, at=at, until=until)
            for player, sign_in, at, until in rows
        ]

    def forget(self, now: int) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM links WHERE expires_at<=?", (now,))
            connection.execute("DELETE FROM endings WHERE until<=?", (now,))
