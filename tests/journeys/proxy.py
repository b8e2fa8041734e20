"""What lies between a phone and the game, and may let it down: a TCP proxy that can play dead."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65_536


class Proxy:
    """Passes bytes on. While dead it swallows them, keeps its connections and takes no new ones."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._door = socket.create_server(("127.0.0.1", 0))
        self._is_dead = False
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        """Where the game seems to be."""
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def play_dead(self) -> None:
        """From now on nothing gets through, and nobody is told."""
        self._is_dead = True

    def come_back(self) -> None:
        """New connections get through again; the old ones stay mute."""
        self._is_dead = False

    def run(self) -> None:
        """Take connections until the door is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                if self._is_dead:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._open += [near, far]
                is_mute = threading.Event()
                for one, other in ((near, far), (far, near)):
                    threading.Thread(
                        target=self._pass_on, args=(one, other, is_mute), daemon=True
                    ).start()

    def close(self) -> None:
        """End everything."""
        for one in (self._door, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _pass_on(self, one: socket.socket, other: socket.socket, is_mute: threading.Event) -> None:
        with suppress(OSError):
            while data := one.recv(CHUNK):
                if self._is_dead:
                    is_mute.set()
                if not is_mute.is_set():
                    other.sendall(data)
            if not is_mute.is_set():
                other.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy to a port of this machine, for as long as the block lasts."""
    proxy = Proxy(port)
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
