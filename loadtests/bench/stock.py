"""The library as its documentation shows it: an aggregate with ``@event``, and ``Application``.

A squad in which people dare each other, no more: no log-wide checks, no answers kept, no claims,
no timers. It is configured to be as quick as it can be: aggregates are taken from its cache as they
are, which is only safe while each is used by one at a time, as here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.sqlite import SQLiteApplicationRecorder

from domain.deck import DECK
from domain.ids import DAY_MS
from server.clock import Clock

FULL = 2
"""What SQLite calls ``synchronous=FULL``."""


class Table(Aggregate):
    """Members and what they have dared each other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.targets: dict[str, str] = {}

    @event("DareIssued")
    def issue(
        self,
        *,
        dare: str,
        issuer: str,
        target: str,
        card: str,
        kind: str,
        difficulty: int,
        answer_by: int,
        attempt_within_ms: int,
        command: str,
    ) -> None:
        """Somebody has dared somebody."""
        self.targets[dare] = target


class Stock(Application[UUID]):
    """The library's application, with a cache of aggregates and SQLite."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            {
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": str(path),
                "AGGREGATE_CACHE_MAXSIZE": "100000",
                "AGGREGATE_CACHE_FASTFORWARD": "n",
                "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
            }
        )
        self._clock = Clock()
        self._players = [self._clock.new_id() for _ in range(2)]
        assert isinstance(self.recorder, SQLiteApplicationRecorder)
        with self.recorder.datastore.get_connection(commit=False) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous")
            (level,) = cursor.fetchone()
        assert level == FULL, "the others are durable: so must this be"

    def open(self, number: int) -> list[UUID]:
        """Open tables, and return their ids."""
        tables = [Table(name=f"Table {place}") for place in range(number)]
        self.save(*tables)
        return [table.id for table in tables]

    def issue(self, ids: Sequence[UUID]) -> None:
        """One dare at each table, saved together."""
        self.save(*[self._dared(table) for table in ids])

    def _dared(self, table_id: UUID) -> Table:
        table: Table = self.repository.get(table_id)
        issuer, target = self._players
        card, at = DECK[len(table.targets) % len(DECK)], self._clock.now()
        table.issue(
            dare=self._clock.new_id(),
            issuer=issuer,
            target=target,
            card=card.card,
            kind=card.kind,
            difficulty=card.difficulty,
            answer_by=at + DAY_MS,
            attempt_within_ms=3 * DAY_MS,
            command=self._clock.new_id(),
        )
        return table


@contextmanager
def open_stock(folder: Path) -> Iterator[Stock]:
    """The application on a file in a folder."""
    stock = Stock(folder / "stock.db")
    try:
        yield stock
    finally:
        stock.close()
