"""A PostgreSQL server of our own, and empty places in it for logs, keys and rows.

On a free port, in a temporary folder; durable as it comes.
"""

import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TypedDict

import psycopg

from loadtests.node import free_port
from tests.provision.command import is_root
from tests.provision.postgres import postgres_programs

START_LIMIT_S = 60
NOBODY = "nobody"
"""Who runs it when we are root, whom PostgreSQL refuses to be run by."""
SETTINGS = {"max_connections": "200", "timezone": "UTC", "log_min_messages": "fatal"}


class Postgres:
    """A server that can be stopped and started again, with the same data on the same port."""

    def __init__(self, folder: Path, copy_of: "Postgres | None" = None) -> None:
        """Args: ``copy_of``: become a replica of this one, which follows it."""
        self._folder = folder
        self._data = folder / "data"
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if is_root():
            shutil.chown(folder, NOBODY)
        self._make(_new(self._data) if copy_of is None else _copied(self._data, copy_of.port))
        self.start()

    @property
    def url(self) -> str:
        """The server's own database."""
        return f"postgresql://gutsy@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """The server's first process."""
        assert self._process is not None
        return self._process.pid

    def connections(self) -> int:
        """How many others have open now."""
        query = "SELECT count(*)-1 FROM pg_stat_activity WHERE backend_type='client backend'"
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None, "a count"
        return int(row[0])

    def place(self) -> str:
        """The URL of an empty schema, with nothing else in sight."""
        name = f"place_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}?options=-csearch_path%3D{name}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(postgres_programs() / "postgres"), "-D", str(self._data)]
        for name, value in {**SETTINGS, "port": str(self.port)}.items():
            command += ["-c", f"{name}={value}"]
        command += [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={self._data}",
        ]
        said = self._folder / "said.txt"
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                process_group=0,
                **_as_nobody(),
            )
        ends_at = time.monotonic() + START_LIMIT_S
        while not self._answers():
            assert self._process.poll() is None, said.read_text()
            assert time.monotonic() < ends_at, said.read_text()
            time.sleep(0.02)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it: at once, with every connection cut; SIGQUIT is a crash, to be recovered from."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(START_LIMIT_S)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, check=False, capture_output=True, **_as_nobody(), cwd=self._folder
        )
        assert done.returncode == 0, done.stderr.decode()


def _new(data: Path) -> list[str]:
    command = [str(postgres_programs() / "initdb"), "-D", str(data), "--no-sync"]
    return [*command, "-U", "gutsy", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]


def _copied(data: Path, port: int) -> list[str]:
    command = [str(postgres_programs() / "pg_basebackup"), "-D", str(data), "--no-sync"]
    # It writes down whom to follow.
    return [
        *(*command, "--write-recovery-conf", "--checkpoint=fast"),
        *("-h", "127.0.0.1", "-p", str(port), "-U", "gutsy"),
    ]


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as_nobody() -> _Identity:
    if not is_root():
        return {}
    nobody = pwd.getpwnam(NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def postgres_server(copy_of: Postgres | None = None) -> Iterator[Postgres]:
    """A fresh server, or a replica of another one, gone in the end."""
    # Not in pytest's folders, which are closed to anybody else.
    with tempfile.TemporaryDirectory(prefix="gutsy-postgres-") as name:
        server = Postgres(Path(name), copy_of)
        try:
            yield server
        finally:
            server.stop()
