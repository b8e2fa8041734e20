"""HAProxy in front of several nodes, by the very example of docs/running, without its TLS."""

import csv
import io
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from loadtests.cluster.waiting import until
from loadtests.node import free_port
from tests.provision.haproxy import haproxy_program
from tests.running.examples import haproxy_example

LIMIT_S = 30.0


class Balancer:
    """One address for all nodes. It asks each whether it is ready."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self.port = free_port()
        self._admin = folder / "admin.sock"
        self._said = folder / "said.txt"
        self._configuration = folder / "haproxy.cfg"
        self._configuration.write_text(self._example(folder, ports))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the game is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "started"
        return self._process.pid

    def start(self) -> None:
        """Start it; what it says is kept in its folder."""
        program = haproxy_program()
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [str(program.path), "-db", "-f", str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=program.environment,
                process_group=0,
            )

    def stop(self) -> None:
        """End it, with every connection."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def serving(self) -> set[str]:
        """The nodes that it sends people to."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self._admin))
            admin.sendall(b"show stat\n")
            answer = b"".join(iter(lambda: admin.recv(65_536), b"")).decode()
        rows = csv.DictReader(io.StringIO(answer.removeprefix("# ")))
        return {
            row["svname"]
            for row in rows
            if row["svname"].startswith("node-") and row["status"].startswith("UP")
        }

    async def until_serving(self, count: int) -> None:
        """Wait until it sends people to so many nodes.

        Raises:
            RuntimeError: it has ended.
            TimeoutError: it does not, for long.
        """
        await until(lambda: self._is_serving(count), LIMIT_S)

    def _is_serving(self, count: int) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the balancer has ended: {self._said.read_text()}")
        try:
            return len(self.serving()) == count
        except OSError:
            return False  # it has just begun

    def _example(self, folder: Path, ports: Sequence[int]) -> str:
        tls = " ssl crt /etc/haproxy/gutsy.example.pem alpn h2,http/1.1"
        plain = {
            "    bind :80\n": "",
            f"bind :443{tls}": f"bind 127.0.0.1:{self.port}",
            "unless { ssl_fc }": "if FALSE",
            "    http-response set-header Strict-Transport-Security max-age=31536000\n": "",
        }
        return haproxy_example(folder, ports, plain)


@asynccontextmanager
async def balancer(folder: Path, ports: Sequence[int]) -> AsyncIterator[Balancer]:
    """One that sends people to the nodes at these ports, all of which serve."""
    one = Balancer(folder, ports)
    try:
        one.start()
        # All count as up before the first look at them.
        await one.until_serving(len(ports))
        yield one
    finally:
        one.stop()
