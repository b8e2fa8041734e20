"""Logs to be moved, places to move them to, and what is in them."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from loadtests.cluster.postgres import Postgres
from loadtests.simulation.__main__ import simulate
from projections.registry import PROJECTIONS
from projections.stores.store import Store
from server import upkeep
from server.app import log_path, open_views
from server.eventlog.log import Batch, Position
from server.eventlog.postgres_raw import PostgresRawLog
from server.eventlog.raw import TABLES, RawLog, Row
from server.eventlog.sign_ins import Ending, LinkCode
from server.eventlog.sqlite import SQLiteLog
from server.eventlog.sqlite_raw import SQLiteRawLog
from server.settings import Settings, is_postgres

EVENTS = 2_500
"""More than two frames hold."""
KINDS = ("postgres", "sqlite")


def quiet(_at: int, _of: int) -> None:
    """Show no progress."""


def played(folder: Path, events: int = EVENTS) -> Settings:
    """A folder in which people have played; each table of its log has something in it."""
    asyncio.run(simulate(folder, events, seed=7))
    log = SQLiteLog(folder / "gutsy.db")
    log.append(Batch(positions=[Position("reactions", 7)]))
    log.sign_ins.end(Ending(player="maya", sign_in="phone", at=1, until=1 << 50))
    log.sign_ins.keep_link(LinkCode(key="k", player="sam", sign_in="phone", expires_at=1 << 50))
    log.close()
    settings = Settings(data_dir=str(folder))
    upkeep.rebuild(settings, quiet)
    return settings


def copied(settings: Settings, folder: Path) -> Settings:
    """The same folder, for a test to spoil."""
    shutil.copytree(settings.data_path, folder)
    return replace(settings, data_dir=str(folder))


class Places:
    """Empty places for logs, each with the keys of the game that is moved there."""

    def __init__(self, folder: Path, postgres: Postgres | None = None) -> None:
        self._folder = folder
        self._postgres = postgres
        self._count = 0

    def empty(self, kind: str, keys_of: Settings | None = None) -> Settings:
        """A place for a log of a kind."""
        self._count += 1
        data = self._folder / f"place-{self._count}"
        settings = Settings(data_dir=str(data), keys_url=f"sqlite:///{data / 'keys.db'}")
        if keys_of is not None:
            data.mkdir()
            for name in ("keys.db", "secret"):
                shutil.copy(keys_of.data_path / name, data)
        if kind == "sqlite":
            return settings
        assert self._postgres is not None
        return replace(settings, database_url=self._postgres.place())


@contextmanager
def raw_log(settings: Settings) -> Iterator[RawLog]:
    """A log as rows, closed or not."""
    url = settings.database_url
    log: RawLog = (
        PostgresRawLog(url, is_shared=True)
        if is_postgres(url)
        else SQLiteRawLog(log_path(settings), is_shared=True)
    )
    try:
        yield log
    finally:
        log.close()


def content(settings: Settings) -> dict[str, list[Row]]:
    """Every row of every table of a log."""
    with raw_log(settings) as log, log.snapshot():
        return {table.name: list(log.rows(table)) for table in TABLES}


def about(settings: Settings) -> dict[str, str]:
    """What a log says of itself, but for its schema, which is its database's own."""
    with raw_log(settings) as log:
        return {name: value for name, value in log.about().items() if name != "schema"}


def boards(settings: Settings) -> dict[str, list[Any]]:
    """Every row of every read model in use."""
    store: Store = open_views(settings)
    try:
        for projection in PROJECTIONS:
            store.prepare(projection)
        return {t.name: list(store.scan(t)) for p in PROJECTIONS for t in p.tables}
    finally:
        store.close()
