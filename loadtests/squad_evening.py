"""Squad evening: squads of friends dare each other over the real socket.

Run by ``make load``, or: ``locust -f loadtests/squad_evening.py --headless -u 50 -t 1m -H URL``.
It measures from the tap to every member's socket, and fails unless, in the end, each player's
events are exactly those that the server's log holds for them: none missed, none doubled.
"""

import contextlib
import itertools
import random
import secrets
import threading
import time

from locust import User, between, events, task
from locust.clients import HttpSession
from locust.env import Environment
from msgspec import Struct, field

from loadtests.check import differences_between, row_of
from loadtests.client import Client, Refused, Seen
from server.protocol.server_messages import Body

SQUAD_SIZE = 10
TAP_EVERY_S = 2.0
CARDS = ("time-phone-in-hand", "best-thing-today", "which-apple", "book-worth-it")
OUTCOMES = ("REJECTED", "IGNORED", "MIXED", "GRANTED")


class Table(Struct):
    """One squad's evening: who is there, and the code that the others join by."""

    ready: threading.Event = field(default_factory=threading.Event)
    squad: str = ""
    code: str = ""
    players: list[str] = field(default_factory=list)


class Evening:
    """What all players of this process share."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.taps: dict[str, float] = {}
        self.players: list[Player] = []
        self.delivered = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def seat(self) -> tuple[Table, bool]:
        """A place at a table, and whether it is the host's."""
        with self._lock:
            number = next(self._numbers)
            if number % SQUAD_SIZE == 0:
                self.tables.append(Table())
            return self.tables[number // SQUAD_SIZE], number % SQUAD_SIZE == 0


evening = Evening()


class Player(User):
    """Somebody who dares, is dared, goes and reports."""

    wait_time = between(TAP_EVERY_S / 2, TAP_EVERY_S * 3 / 2)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.table, self.is_host = evening.seat()
        self.dares: list[str] = []
        self._http = HttpSession(
            base_url=self.host or "", request_event=environment.events.request, user=self
        )
        self.ticket = ""
        self.client: Client | None = None

    def on_start(self) -> None:
        """Come in, take a seat, and follow the squad."""
        self.ticket = self._come_in()
        client = self.client = Client(self.host or "", self.ticket, self._on_event)
        table = self.table
        if self.is_host:
            body: Body = {"name": f"Table {secrets.token_hex(2)}", "tz": "Europe/Berlin"}
            created = client.command("squad.create", body)
            table.squad = str((created.b or {})["squad"])
            invited = client.command("squad.invite", {}, table.squad)
            table.code = str((invited.b or {})["code"])
            table.ready.set()
        elif table.ready.wait(30):
            client.command("squad.join", {"code": table.code})
        client.follow(table.squad)
        table.players.append(client.player)
        evening.players.append(self)

    @task
    def tap(self) -> None:
        """Do what is next: report what was dared, or dare somebody."""
        try:
            if self.dares:
                self._go(self.dares.pop(0))
            else:
                target = random.choice(self.table.players)
                body: Body = {"target": target, "card": random.choice(CARDS)}
                self._measured("dare.issue", body)
        except Refused as refused:
            # Limits of the game (open dares, issues a day) are answers, not failures.
            if refused.code not in ("QUOTA", "TARGET_UNAVAILABLE", "BUSY"):
                raise

    def _go(self, dare: str) -> None:
        self._measured("dare.accept", {"dare": dare})
        self._measured("dare.start", {"dare": dare})
        self._measured("dare.report", {"dare": dare, "outcome": random.choice(OUTCOMES)})

    def _come_in(self) -> str:
        body = {
            "id": secrets.token_hex(16),
            "handle": f"p{secrets.token_hex(8)}",
            "tz": "Europe/Berlin",
            "adult": True,
        }
        response = self._http.post("/api/guest", json=body)
        response.raise_for_status()
        return str(response.json()["ticket"])

    def _measured(self, kind: str, body: Body) -> None:
        assert self.client is not None, "the player has come in"
        started = time.perf_counter()
        command_id = self.client.send_command(kind, body, self.table.squad)
        evening.taps[command_id] = started
        failure: Exception | None = None
        try:
            self.client.answer(command_id)
        except Exception as error:
            failure = error
            raise
        finally:
            self._fire("tap to ack", kind, time.perf_counter() - started, failure)

    def _on_event(self, squad: str, _n: int, seen: Seen) -> None:
        if seen is None or self.client is None or squad != self.table.squad:
            return
        kind, _, command_id, body = seen
        started = evening.taps.get(command_id or "")
        # What was replayed on joining says nothing about latency.
        if started is not None and self.client.feeds[squad].is_live:
            evening.delivered += 1
            self._fire("tap to socket", kind, time.perf_counter() - started, None)
        me = self.client.player
        if kind == "dare.issued" and body["target"] == me and body["issuer"] != me:
            self.dares.append(str(body["dare"]))

    def _fire(self, request_type: str, name: str, took_s: float, error: Exception | None) -> None:
        if isinstance(error, Refused):
            error = None
        self.environment.events.request.fire(
            request_type=request_type,
            name=name,
            response_time=took_s * 1000,
            response_length=0,
            exception=error,
            context={},
        )

    def differences(self) -> list[str]:
        """How this player's events differ from the server's log; empty when they are the same."""
        if self.client is None or self.table.squad not in self.client.feeds:
            return ["never got in"]
        feed = self.client.feeds[self.table.squad]
        head, rows = self._events()
        with contextlib.suppress(TimeoutError):
            self.client.wait_for(self.table.squad, head)
        return differences_between(feed, head, rows)

    def _events(self) -> tuple[int, dict[int, list[object]]]:
        """Every event of the squad, as the server shows it to this player."""
        rows: dict[int, list[object]] = {}
        head = 1
        while len(rows) < head:
            path = f"/api/squads/{self.table.squad}/events?limit=256&after={len(rows)}"
            headers = {"Authorization": f"Bearer {self.ticket}"}
            answer = self._http.get(path, headers=headers, name="events (check)").json()
            head = answer["head"]
            for row in answer["events"]:
                rows[row["n"]] = row_of(
                    (row["k"], row.get("u"), row.get("c"), row["b"]) if "k" in row else None
                )
        return head, rows


@events.test_stop.add_listener  # type: ignore[untyped-decorator]  # locust types it not
def check(environment: Environment, **_: object) -> None:
    """Compare every player's events with the log, say what was found, and fail on a difference."""
    wrong = 0
    for player in evening.players:
        for difference in player.differences():
            wrong += 1
            print(f"{player.client.player if player.client else '?'}: {difference}")
    count = len(evening.players)
    print(
        f"check: {count} players, {len(evening.tables)} squads, {evening.delivered:,} deliveries,"
        f" {wrong} differences from the log"
    )
    if wrong or not count:
        environment.process_exit_code = 1
