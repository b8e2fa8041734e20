"""Players for Locust: they come in as guests, sit down in squads, are measured and compared.

A scenario says what they do. All that is known of them is in ``evening``, one for each process:
so those who share a squad are always in one process.
"""

import itertools
import json
import secrets
import threading
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from typing import Any

from locust import User
from locust.clients import HttpSession
from locust.env import Environment
from msgspec import Struct, field

from loadtests.check import differences
from loadtests.client import Client, Refused, Seen
from server.protocol.server_messages import Body

LOOK_S = 0.2
"""Between two comparisons."""
GATHER_S = 120.0
"""How long others are waited for."""
TAPS_KEPT = 20_000
"""Commands whose events are timed; older ones have long been delivered."""


class Table(Struct):
    """One squad's evening: who is there, and the code that the others join by."""

    is_set: threading.Event = field(default_factory=threading.Event)
    squad: str = ""
    code: str = ""
    players: list[str] = field(default_factory=list)


class Evening:
    """What all players of this process share."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.players: list[Player] = []
        self.taps: dict[str, float] = {}
        self.done: Counter[str] = Counter()
        """What happened, by words of its own: kinds of commands, refusals, deliveries."""
        self.cues: dict[str, threading.Event] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def seat(self, size: int) -> tuple[Table, int]:
        """A table of so many, and a place at it; 0 is the host's."""
        with self._lock:
            number = next(self._numbers)
            if number % size == 0:
                self.tables.append(Table())
            return self.tables[number // size], number % size

    def cue(self, name: str) -> threading.Event:
        """What the stage calls out, to be waited for."""
        return self.cues.setdefault(name, threading.Event())


evening = Evening()


class Player(User):
    """Somebody with a connection. Their squad's host is the first of each table."""

    abstract = True
    table_size = 10
    settles_s = 15.0
    """How long what was pushed may take to be what the server answers."""
    receive_bytes: int | None = None
    to_socket = "tap to socket"
    """What deliveries to this player are called in the report."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.table, self.place = evening.seat(self.table_size)
        self.is_host = self.place == 0
        self.http = HttpSession(
            base_url=self.host or "", request_event=environment.events.request, user=self
        )
        self._ticket = ""
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The connection, once there was one."""
        assert self._client is not None, "the player has come in"
        return self._client

    def on_start(self) -> None:
        """Come in, connect, and sit down."""
        self.come_in()
        self._client = Client(
            self.host or "",
            self._ticket,
            self._on_event,
            renew=self.renew,
            receive_bytes=self.receive_bytes,
            on_back=self._on_back,
        )
        self.sit_down()
        evening.players.append(self)
        assert self.environment.runner is not None, "Locust has one"
        self.environment.runner.send_message("here")

    def sit_down(self) -> None:
        """Found the squad, or join it; then follow it."""
        if self.is_host:
            self.table.squad = self.found()
            self.table.code = self.invite()
            self.table.is_set.set()
        else:
            assert self.table.is_set.wait(GATHER_S), "the host has set the table"
            self.client.command("squad.join", {"code": self.table.code})
        self.client.follow(self.table.squad)
        self.table.players.append(self.client.player)

    def found(self) -> str:
        """A new squad."""
        body: Body = {"name": f"Table {secrets.token_hex(2)}", "tz": "Europe/Berlin"}
        return str((self.client.command("squad.create", body).b or {})["squad"])

    def invite(self) -> str:
        """A code for as many as there are seats."""
        invited = self.client.command("squad.invite", {}, self.table.squad)
        return str((invited.b or {})["code"])

    def cued(self, name: str) -> None:
        """The stage has called something out; whoever waits for it is woken anyway."""

    def saw(self, kind: str, body: Body) -> None:
        """An event of the squad was applied. Called from the reading thread."""

    def come_in(self) -> None:
        """Become a guest."""
        body = {
            "id": secrets.token_hex(16),
            "handle": f"p{secrets.token_hex(8)}",
            "tz": "Europe/Berlin",
            "adult": True,
        }
        response = self.http.post("/api/guest", json=body)
        response.raise_for_status()
        self._ticket = str(response.json()["ticket"])

    def renew(self) -> str:
        """A new ticket, by the cookie, which lasts for months."""
        headers = {"Origin": self.host or ""}
        response = self.http.post("/api/ticket", headers=headers)
        response.raise_for_status()
        self._ticket = str(response.json()["ticket"])
        return self._ticket

    def measured(self, kind: str, body: Body) -> Body:
        """The answer to a command, timed; what the rules refuse is no failure, and is counted.

        Raises:
            Refused: they do.
        """
        started = time.perf_counter()
        command_id = self.client.send_command(kind, body, self.table.squad or None)
        evening.taps[command_id] = started
        if len(evening.taps) > TAPS_KEPT:
            evening.taps.pop(next(iter(evening.taps)), None)
        failure: Exception | None = None
        try:
            answer = self.client.answer(command_id)
            evening.done[kind] += 1
            evening.done["answered"] += 1
            evening.done["again"] += answer.dup
            return answer.b or {}
        except Refused as refused:
            evening.done[f"{kind}: {refused.code}"] += 1
            evening.done["answered"] += 1
            raise
        except Exception as error:
            failure = error
            raise
        finally:
            self._fire("tap to ack", kind, time.perf_counter() - started, failure)

    def _on_event(self, squad: str, _n: int, seen: Seen) -> None:
        if seen is None or squad != self.table.squad:
            return
        kind, _, command_id, body = seen
        started = evening.taps.get(command_id or "")
        # What was replayed on joining or coming back says nothing about latency.
        if started is not None and self.client.known.feeds[squad].is_live:
            evening.done["delivered"] += 1
            self._fire(self.to_socket, kind, time.perf_counter() - started, None)
        self.saw(kind, body)

    def _on_back(self, took_s: float) -> None:
        evening.done["came back"] += 1
        self._fire("away", "until live again", took_s, None)

    def _fire(self, request_type: str, name: str, took_s: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type=request_type,
            name=name,
            response_time=took_s * 1000,
            response_length=0,
            exception=error,
            context={},
        )

    # The end

    def come_to_rest(self) -> None:
        """Be back, with everything answered: what comes late would be news to those compared."""
        with suppress(TimeoutError):
            self.client.wait_until_answered()

    def differences(self, is_rebuilt: bool) -> list[str]:
        """How what this player knows differs from what the server says; empty for not at all.

        From a rebuilt server nothing comes any more: there it is compared once.
        """
        until = time.monotonic() + (0 if is_rebuilt else self.settles_s)
        while (found := self.compared()) and time.monotonic() < until:
            time.sleep(LOOK_S)
        return found

    def compared(self) -> list[str]:
        """The differences there are now."""
        return differences(self.client.known, self.get)

    def get(self, path: str) -> Any:  # noqa: ANN401 any JSON
        """The server's answer; not by Locust's client, whose figures are for what is played."""
        headers = {"Authorization": f"Bearer {self._ticket}"}
        request = urllib.request.Request(f"{self.host}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=GATHER_S) as answer:
            return json.load(answer)
