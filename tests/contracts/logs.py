"""Every adapter of the log, for the suites that run on all of them."""

from pathlib import Path

import pytest

from loadtests.cluster.postgres import Postgres
from server.eventlog.log import Log
from server.eventlog.memory import MemoryLog
from server.eventlog.postgres import PostgresLog
from server.eventlog.sqlite import SQLiteLog

LOGS = ("memory", "postgres", "sqlite")


def empty_log(kind: str, request: pytest.FixtureRequest) -> Log:
    """A log of a kind with nothing in it; the test's own to close."""
    if kind == "memory":
        return MemoryLog()
    if kind == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("log")
        return SQLiteLog(folder / "gutsy.db")
    postgres: Postgres = request.getfixturevalue("postgres")
    return PostgresLog(postgres.place())
