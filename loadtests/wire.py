"""One WebSocket as a thread reads it: messages in, bytes out, and it can be cut or left unread.

Sans-I/O over a plain socket. What `websockets` offers with threads keeps one of its own for each
connection, which reads ahead; here whoever does not ask for the next message does not read.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

OPEN_S = 30.0
AT_ONCE = 65_536
"""Bytes asked of the socket in one go."""
SEGMENT_BYTES = 536
"""As small as any net's."""


class Wire:
    """An open WebSocket. One thread reads; any thread sends, cuts or closes."""

    def __init__(
        self,
        url: str,
        subprotocol: str,
        receive_bytes: int | None = None,
        *,
        open_s: float = OPEN_S,
        silence_s: float | None = None,
    ) -> None:
        """Open it.

        Args:
            url: ``ws://`` or ``wss://``.
            receive_bytes: the kernel's buffer for what is not read yet; None leaves it.
            open_s: how long each step of opening it may take.
            silence_s: after so long without a word it counts as over; None: never.

        Raises:
            OSError, InvalidHandshake: it cannot be opened.
        """
        self._protocol = ClientProtocol(
            parse_uri(url), subprotocols=[Subprotocol(subprotocol)], max_size=None
        )
        self._lock = threading.Lock()
        self._at_once = receive_bytes or AT_ONCE
        self._socket = _connected(self._protocol, receive_bytes, open_s)
        try:
            self._shake_hands()
            self._socket.settimeout(silence_s)
        except BaseException:
            self._socket.close()
            raise

    @property
    def close_code(self) -> int | None:
        """With which code the other side closed; None if it did not say."""
        received = self._protocol.close_rcvd
        return None if received is None else received.code

    def send(self, message: bytes) -> None:
        """Send one binary message.

        Raises:
            OSError: it is over.
        """
        with self._lock:
            if self._protocol.state is not State.OPEN:
                raise ConnectionResetError("the connection is over")
            self._protocol.send_binary(message)
            self._flush()

    def messages(self) -> Iterator[bytes]:
        """Every message, until the connection is over, however it ends."""
        parts: list[bytes] = []
        while True:
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.CONT):
                    parts.append(bytes(event.data))
                    if event.fin:
                        yield b"".join(parts)
                        parts.clear()
            if not self._receive():
                return

    def cut(self) -> None:
        """The net is gone: no goodbye, and what was not read is lost."""
        # A reset instead of an end.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()

    def end(self) -> None:
        """Close the socket. Whoever reads learns of it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def close(self) -> None:
        """Say goodbye, and close."""
        with self._lock:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                with suppress(OSError):
                    self._flush()
        self.end()

    def _shake_hands(self) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        # What follows in the same read stays with the protocol, for ``messages``.
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            if not self._receive():
                break
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc
        if self._protocol.state is State.CONNECTING:
            raise InvalidHandshake("the server hung up")

    def _receive(self) -> bool:
        """Take what comes next; False at the end."""
        try:
            data = self._socket.recv(self._at_once)
        except OSError:
            data = b""
        with self._lock:
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            with suppress(OSError):
                self._flush()
        return bool(data)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)


def _connected(protocol: ClientProtocol, receive_bytes: int | None, open_s: float) -> socket.socket:
    uri = protocol.uri
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if receive_bytes is not None:
            # Before it connects: afterwards the window has been told already. The other side's
            # kernel keeps ten segments and more, which on loopback are of 64 KiB.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(open_s)
        plain.connect((uri.host, uri.port))
        if uri.secure:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=uri.host)
    except BaseException:
        plain.close()
        raise
    return plain
