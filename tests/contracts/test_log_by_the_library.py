"""The library's own suite for recorders, on our logs: whoever knows its interface can use them.

The library's module imports its ``eventsourcing.cipher``, which wants another package for AES than
ours; its ``eventsourcing.cryptography`` has the same class and stands in for it.
"""

import contextlib
import io
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from uuid import UUID

import eventsourcing.cryptography
import pytest
from eventsourcing.persistence import ApplicationRecorder

from loadtests.cluster.postgres import Postgres
from server.eventlog.memory import MemoryLog
from server.eventlog.postgres import PostgresLog
from server.eventlog.sqlite import SQLiteLog
from tests.server.world import HandClock

sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)

import eventsourcing.tests.persistence as library  # noqa: E402 after the stand-in above

pytestmark = pytest.mark.slow


class LogCase(library.ApplicationRecorderTestCase[ApplicationRecorder]):
    """What all logs have in common; abstract, so it is not run itself."""

    __test__ = False
    _clock = HandClock()

    def setUp(self) -> None:
        """Remember who was there before the library's readers."""
        self._threads_before = set(threading.enumerate())

    def _wait_for_readers(self) -> None:
        for thread in set(threading.enumerate()) - self._threads_before:
            thread.join(10)

    def new_originator_id(self) -> UUID | str:
        """Our streams have names."""
        return f"squad-{self._clock.new_id()}"

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """The library prints its figures."""
        with contextlib.redirect_stdout(io.StringIO()):
            return super().run(result)


class TestMemoryLog(LogCase):
    """The log in memory is a recorder."""

    __test__ = True

    def create_recorder(self) -> ApplicationRecorder:
        """An empty one."""
        return MemoryLog()

    def test_insert_subscribe(self) -> None:
        """The library's memory recorder, and so this one, also tells of what was written."""
        self.optional_test_insert_subscribe()


class TestSQLiteLog(LogCase):
    """The log in a file is a recorder."""

    __test__ = True

    def setUp(self) -> None:
        """Make room for files."""
        super().setUp()
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self._made = 0

    def create_recorder(self) -> ApplicationRecorder:
        """An empty one in a file of its own."""
        self._made += 1
        log = SQLiteLog(Path(self._folder.name) / f"log{self._made}.db")
        self.addCleanup(log.close)
        # Called first, being added last: the library's readers are told to stop, but not awaited.
        self.addCleanup(self._wait_for_readers)
        return log


class TestPostgresLog(LogCase):
    """The log in PostgreSQL is a recorder."""

    __test__ = True

    @pytest.fixture(autouse=True)
    def _use(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def create_recorder(self) -> ApplicationRecorder:
        """An empty one in a place of its own."""
        log = PostgresLog(self._postgres.place())
        self.addCleanup(log.close)
        self.addCleanup(self._wait_for_readers)
        return log
