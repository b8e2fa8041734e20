"""What is kept of sign-ins in the log's own PostgreSQL database: a statement is a transaction."""

from collections.abc import Sequence
from typing import Any, LiteralString, Protocol

from server.eventlog.sign_ins import Ending, LinkCode, SignInStore


class Run(Protocol):
    """Runs a statement and returns its rows."""

    def __call__(self, sql: LiteralString, parameters: Sequence[object]) -> list[Any]:
        """Raises LogUnavailable."""
        ...


class PostgresSignIns(SignInStore):
    """Two small tables."""

    def __init__(self, write: Run, read: Run) -> None:
        self._write = write
        self._read = read

    def keep_link(self, link: LinkCode) -> None:
        self._write(
            "INSERT INTO links VALUES (%b, %b, %b, %b::bigint) ON CONFLICT (player) DO UPDATE SET"
            " key=excluded.key, sign_in=excluded.sign_in, expires_at=excluded.expires_at",
            (link.player, link.key, link.sign_in, link.expires_at),
        )

    def take_link(self, key: str) -> LinkCode | None:
        # Of many who delete a row, on however many nodes, one is given it back.
        rows = self._write(
            "DELETE FROM links WHERE key=%b RETURNING player, sign_in, expires_at", (key,)
        )
        for player, sign_in, expires_at in rows:
            return LinkCode(key=key, player=player, sign_in=sign_in, expires_at=expires_at)
        return None

    def drop_links(self, player: str, but_of: str) -> None:
        self._write("DELETE FROM links WHERE player=%b AND sign_in<>%b", (player, but_of))

    def end(self, ending: Ending) -> None:
        self._write(
            "INSERT INTO endings VALUES (%b, %b, %b::bigint, %b::bigint)"
            " ON CONFLICT (player, sign_in) DO UPDATE SET at=excluded.at, until=excluded.until"
            " WHERE excluded.at>endings.at",
            (ending.player, ending.sign_in, ending.at, ending.until),
        )

    def endings(self) -> list[Ending]:
        rows = self._read(
            "SELECT player, sign_in, at, until FROM endings ORDER BY player, sign_in", ()
        )
        return [_ending(row) for row in rows]

    def endings_since(self, at: int) -> list[Ending]:
        rows = self._read(
            "SELECT player, sign_in, at, until FROM endings WHERE at>=%b::bigint"
            " ORDER BY player, sign_in",
            (at,),
        )
        return [_ending(row) for row in rows]

    def forget(self, now: int) -> None:
        self._write("DELETE FROM links WHERE expires_at<=%b::bigint", (now,))
        self._write("DELETE FROM endings WHERE until<=%b::bigint", (now,))


def _ending(row: Sequence[Any]) -> Ending:
    player, sign_in, at, until = row
    return Ending(player=player, sign_in=sign_in, at=at, until=until)
