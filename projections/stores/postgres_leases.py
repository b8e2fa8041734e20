"""Who folds a projection: of many processes one, for as long as it keeps saying so.

A lease is a row beside the position, under the database's clock. Whoever dies, is stopped or loses
the database is followed by another a few seconds later; should it come back, it cannot write: a
commit fails unless the row still names its holder. An advisory lock would not do: one who is
stopped keeps its connection, and with it the lock.
"""

import time
from typing import LiteralString

import psycopg
from msgspec import Struct

from projections.stores.postgres_connections import Connections

LEASE_S = 3.0
RENEW_S = 1.5
"""So long before its end a lease is made longer."""
AGAIN_S = 0.5
"""How often whoever has none looks whether there is one to be had."""
KEPT: LiteralString = "1 day"
"""How long rows of a version that nobody folds any more stay: nodes of that one may come back."""

SCHEMA: LiteralString = """
CREATE TABLE IF NOT EXISTS folds (
    projection text PRIMARY KEY,
    name text NOT NULL,
    tables text[] NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    holder text,
    held_until timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE FUNCTION
    move_fold(which text, by text, from_seq bigint, to_seq bigint, for_s float8)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Elsewhere than it was left: a crash has taken commits back that were not flushed.
    UPDATE folds SET seq = to_seq, held_until = now() + make_interval(secs => for_s)
        WHERE projection = which AND holder = by AND seq = from_seq;
    IF NOT FOUND THEN
        RAISE 'another process folds % now', which USING ERRCODE = 'lock_not_available';
    END IF;
END
$$;
"""
MOVE: LiteralString = "SELECT move_fold(%b, %b, %b::bigint, %b::bigint, %b)"


class _Lease(Struct):
    """What is known here of one: until when it is ours for certain, and when to ask next."""

    seq: int = 0
    ends_at: float = 0.0
    ask_at: float = 0.0


class Leases:
    """The leases of one process. One thread takes and moves them; any may ask."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        ((self._me,),) = connections.read("SELECT gen_random_uuid()::text")
        self._known: dict[str, _Lease] = {}

    def take(self, projection: str) -> int | None:
        """The ``seq`` folded so far if it is ours to fold on from there, else None."""
        known = self._known.setdefault(projection, _Lease())
        now = time.monotonic()
        if now >= known.ask_at:
            # Counted from before the question: the database's own count begins later.
            rows = self._connections.read(
                "UPDATE folds SET holder=%b, held_until=now() + make_interval(secs => %b)"
                " WHERE projection=%b AND (holder=%b OR holder IS NULL OR held_until<now())"
                " RETURNING seq",
                (self._me, LEASE_S, projection, self._me),
            )
            known.seq = rows[0][0] if rows else 0
            known.ends_at = now + LEASE_S if rows else 0.0
            known.ask_at = now + (LEASE_S - RENEW_S if rows else AGAIN_S)
        return known.seq if now < known.ends_at else None

    def seq(self, projection: str) -> int | None:
        """How far it was folded when it was last known to be ours."""
        known = self._known.get(projection)
        return None if known is None or not known.ends_at else known.seq

    def holds(self, projection: str) -> bool:
        """Whether nobody else can have written since what was written here."""
        known = self._known.get(projection)
        return known is not None and time.monotonic() < known.ends_at

    def move(self, connection: psycopg.Connection, projection: str, seq: int) -> None:
        """Note in a transaction how far it is folded; that fails if it is no longer ours, or not
        where we have left it."""
        known = self._known.get(projection, _Lease())
        connection.execute(MOVE, (projection, self._me, known.seq, seq, LEASE_S))

    def moved(self, projection: str, seq: int, since: float) -> None:
        """That transaction has committed; it was begun at ``since``."""
        self._known[projection] = _Lease(seq, since + LEASE_S, since + LEASE_S - RENEW_S)

    def drop(self, projection: str) -> None:
        """Nothing is certain any more."""
        self._known.pop(projection, None)

    def begin_anew(self, connection: psycopg.Connection, projection: str) -> None:
        """Set its position to 0 in a transaction, whoever folds it; they find out."""
        connection.execute(
            "UPDATE folds SET seq=0, holder=CASE WHEN holder=%s THEN holder END"
            " WHERE projection=%s",
            (self._me, projection),
        )
        self.drop(projection)

    def give_up(self) -> None:
        """Let others have all of them at once."""
        self._known.clear()
        self._connections.read(
            "UPDATE folds SET holder=NULL WHERE holder=%b RETURNING projection", (self._me,)
        )
