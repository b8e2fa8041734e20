"""A player's connection as any client would keep it: a cursor per squad, answers by command id."""

import threading
from collections.abc import Callable
from contextlib import ExitStack

from msgspec import Struct, field
from ulid import ULID
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from server.protocol.client_messages import SUBPROTOCOL, VERSION, Cmd, Hello, Pong, Sub
from server.protocol.codec import decode_server, encode
from server.protocol.server_messages import Ack, Body, Err, Ev, Evs, Live, Ping, Snap, Welcome

ANSWER_S = 30.0
"""How long an answer may take before the player gives up."""

Seen = tuple[str, str | None, str | None, Body] | None
"""An event as this player saw it: kind, actor, command id, body. None is a blank."""
OnEvent = Callable[[str, int, Seen], None]


class Refused(Exception):
    """The server answered a command with an error."""

    def __init__(self, error: Err) -> None:
        super().__init__(f"{error.c}: {error.m}")
        self.code = error.c


class Feed(Struct):
    """What a player has of one squad. ``first`` is the number after the snapshot."""

    first: int = 1
    events: list[Seen] = field(default_factory=list)
    doubled: int = 0
    gaps: int = 0
    is_live: bool = False

    @property
    def have(self) -> int:
        """The last number applied."""
        return self.first + len(self.events) - 1


class Client:
    """One connected player. ``on_event`` is called from the reading thread."""

    def __init__(self, url: str, ticket: str, on_event: OnEvent) -> None:
        """Connect to the game at ``url`` (http) and wait for the welcome."""
        self.feeds: dict[str, Feed] = {}
        self.player = ""
        self._on_event = on_event
        self._answers: dict[str, Ack | Err] = {}
        self._changed = threading.Condition()
        self._open = ExitStack()
        connecting = connect(
            url.replace("http", "ws", 1) + "/ws",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=None,
        )
        self._socket: ClientConnection = self._open.enter_context(connecting)
        self._send(Hello(v=VERSION, c=str(ULID()), a=ticket))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait(lambda: self.player != "", "welcome")

    def follow(self, squad: str) -> None:
        """Follow a squad from its first event, and wait until it is live."""
        self.feeds[squad] = Feed()
        self._ask(Sub(id=str(ULID()), s=squad, n=0))
        self._wait(lambda: self.feeds[squad].is_live, "live")

    def command(self, kind: str, body: Body, squad: str | None = None) -> Ack:
        """Send a command and wait for its answer.

        Raises:
            Refused: the answer is an error.
        """
        return self.answer(self.send_command(kind, body, squad))

    def send_command(self, kind: str, body: Body, squad: str | None = None) -> str:
        """Send a command and return its id at once."""
        command_id = str(ULID())
        self._send(Cmd(id=command_id, k=kind, b=body, s=squad))
        return command_id

    def answer(self, message_id: str) -> Ack:
        """Wait for the answer to a message.

        Raises:
            Refused: it is an error.
        """
        self._wait(lambda: message_id in self._answers, "an answer")
        answer = self._answers.pop(message_id)
        if isinstance(answer, Err):
            raise Refused(answer)
        return answer

    def wait_for(self, squad: str, n: int) -> None:
        """Wait until the feed of a squad has come to ``n``."""
        self._wait(lambda: self.feeds[squad].have >= n, f"event {n}")

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def _ask(self, message: Sub) -> Ack:
        self._send(message)
        return self.answer(message.id)

    def _send(self, message: Hello | Sub | Cmd | Pong) -> None:
        self._socket.send(encode(message))

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, ANSWER_S):
                raise TimeoutError(f"{what} did not come within {ANSWER_S:.0f} s")

    def _read(self) -> None:
        try:
            while True:
                data = self._socket.recv()
                assert isinstance(data, bytes), "the server sends binary messages only"
                with self._changed:
                    self._take(data)
                    self._changed.notify_all()
        except ConnectionClosed:
            return

    def _take(self, data: bytes) -> None:
        message = decode_server(data)
        match message:
            case Welcome():
                self.player = message.u
            case Ev():
                self._apply(message.s, message.n, _seen(message))
            case Evs():
                for n, row in enumerate(message.b, message.n):
                    seen = None if row is None else (row[0], row[2], row[3], row[4])
                    self._apply(message.s, n, seen)
            case Snap():
                before = self.feeds.get(message.s, Feed())
                self.feeds[message.s] = Feed(
                    first=message.n + 1, doubled=before.doubled, gaps=before.gaps
                )
            case Live():
                self.feeds[message.s].is_live = True
            case Ack() | Err():
                if message.id is not None:
                    self._answers[message.id] = message
            case Ping():
                self._send(Pong())
            case _:
                pass

    def _apply(self, squad: str, n: int, seen: Seen) -> None:
        feed = self.feeds.get(squad)
        if feed is None:
            return
        if n <= feed.have:
            feed.doubled += 1
        elif n > feed.have + 1:
            feed.gaps += 1
        else:
            feed.events.append(seen)
            self._on_event(squad, n, seen)


def _seen(event: Ev) -> Seen:
    return None if event.k is None else (event.k, event.u, event.c, event.b or {})
