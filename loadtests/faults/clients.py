"""Who plays while things fail: players of small squads, each with one command under way at a time.

They dare each other, go, report, cheer and rename, without an end that the game's daily limits
would set; each command is noted before its answer is waited for, and how it ended.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from msgspec import Struct, field

from loadtests.check import all_events
from loadtests.client import Client, Patience, Refused, Seen
from loadtests.faults.calls import call, come_in
from loadtests.faults.checker import Witness
from loadtests.faults.history import Asked, Ended, History, Invoked
from server.protocol.client_messages import Cmd
from server.protocol.server_messages import Body

CARDS = ("time-phone-in-hand", "best-thing-today", "which-apple", "book-worth-it")
OUTCOMES = ("REJECTED", "IGNORED", "MIXED", "GRANTED")
EMOJI = ("👏", "💪", "🔥", "🎉", "😂", "💜")
ISSUES = 20
"""Dares that one may issue in a day."""
DARES, RENAMES = 0.12, 0.3
"""How often one dares somebody, and the owner gives another name, when nothing else is due."""
IMPATIENT = Patience(open_s=3.0, silence_s=4.0, longest_wait_s=1.0)
"""So that what is measured after healing is the house and not the players' waiting."""
TWICE = 0.5
"""How many commands are sent twice at once, where that is the fault."""
NOT_FINAL = ("BUSY", "INTERNAL", "UNAUTHENTICATED")
AT_ONCE = 12
"""How many come in together."""
LOOK_S = 0.01


class Table(Struct):
    """A squad, and who is in it."""

    squad: str = ""
    players: list["Player"] = field(default_factory=list)


class Player:
    """One player. ``play`` in a thread of their own until ``stop``."""

    def __init__(self, url: str, table: Table, history: History, dice: random.Random) -> None:
        """Come in and connect."""
        self.url = url
        self._table = table
        self._history = history
        self._dice = dice
        self.ticket = come_in(url)
        self.seen_at: dict[int, float] = {}
        self.given_up: list[str] = []
        self.sent: dict[str, Cmd] = {}
        self.is_doubling = False
        self._dares: deque[str] = deque()
        self._cheers: deque[tuple[str, str]] = deque()
        self._issued = self._named = 0
        self._is_over = threading.Event()
        self.client = Client(url, self.ticket, self._saw, patience=IMPATIENT)
        self._thread = threading.Thread(target=self._play, daemon=True)

    @property
    def player(self) -> str:
        """Their id."""
        return self.client.player

    def sit_down(self, code: str | None) -> str | None:
        """Found the squad and return a code for the others; or join with theirs."""
        founded = None
        if code is None:
            body: Body = {"name": "Owls", "tz": "Europe/Berlin"}
            self._table.squad = str((self.client.command("squad.create", body).b or {})["squad"])
            invited = self.client.command("squad.invite", {}, self._table.squad)
            founded = str((invited.b or {})["code"])
        else:
            self.client.command("squad.join", {"code": code})
        self.client.follow(self._table.squad)
        return founded

    def begin(self) -> None:
        """Play from here on."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, and send no more."""
        self._is_over.set()

    def come_to_rest(self) -> None:
        """Wait for the end, and once more for what was given up."""
        self._thread.join()
        for command in self.given_up:
            self._await(command)

    def is_level(self, n: int) -> bool:
        """Whether they are live, and have everything up to ``n``."""
        feed = self.client.known.feeds[self._table.squad]
        return self.client.is_open and feed.is_live and feed.have >= n

    def leave(self) -> None:
        """Close the connection. What is known stays."""
        self.client.close()

    def ask_again(self, url: str, command: str) -> None:
        """Send a command once more, to one node, and note the answer."""
        cmd = self.sent[command]
        body = {"id": cmd.id, "k": cmd.k, "b": cmd.b, "s": cmd.s}
        answer = call(f"{url}/api/cmd", self.ticket, body)
        code = answer.get("error", {}).get("code")
        if code in NOT_FINAL:
            return
        at = self._history.now()
        self._history.add(Asked(at=at, command=command, n=answer.get("n"), code=code))

    def witness(self, url: str) -> Witness:
        """What they know, and the log as a node shows it to them."""
        rows = all_events(self._table.squad, lambda path: call(f"{url}{path}", self.ticket))
        return Witness(
            player=self.player,
            squad=self._table.squad,
            known=self.client.known,
            rows=rows,
            seen_at=self.seen_at,
        )

    def _play(self) -> None:
        while not self._is_over.is_set():
            if self._dares:
                self._go(self._dares.popleft())
            elif self._dice.random() < DARES and self._issued < ISSUES:
                self._dare()
            elif self is self._table.players[0] and self._dice.random() < RENAMES:
                self._named += 1
                self._do("squad.rename", {"name": f"Owls {self._named}"})
            elif self._cheers:
                dare, emoji = self._cheers.popleft()
                self._do("cheer", {"dare": dare, "emoji": emoji})
            elif self._issued < ISSUES:
                self._dare()
            else:
                time.sleep(LOOK_S)  # until somebody takes something on

    def _dare(self) -> None:
        self._issued += 1
        others = [one.player for one in self._table.players if one is not self]
        body: Body = {"target": self._dice.choice(others), "card": self._dice.choice(CARDS)}
        self._do("dare.issue", body)

    def _go(self, dare: str) -> None:
        """Take it on, go in, report; and at times put that right."""
        said = self._dice.choice(OUTCOMES)
        for kind, more in (
            ("dare.accept", {}),
            ("dare.start", {}),
            ("dare.report", {"outcome": said}),
        ):
            if not self._do(kind, {"dare": dare, **more}):
                return
        if self._dice.random() < DARES:
            other = self._dice.choice([one for one in OUTCOMES if one != said])
            self._do("dare.correct", {"dare": dare, "outcome": other})

    def _do(self, kind: str, body: Body) -> bool:
        """Send a command and note how it ends; whether it was done."""
        at = self._history.now()
        command = self.client.send_command(kind, body, self._table.squad)
        self.sent[command] = Cmd(id=command, k=kind, b=body, s=self._table.squad)
        self._history.add(
            Invoked(
                at=at,
                player=self.player,
                squad=self._table.squad,
                command=command,
                kind=kind,
            )
        )
        if self.is_doubling and self._dice.random() < TWICE:
            with suppress(OSError):
                self.ask_again(self.url, command)
        return self._await(command)

    def _await(self, command: str) -> bool:
        try:
            ack = self.client.answer(command)
        except Refused as refused:
            ended = self._history.now()
            self._history.add(Ended(at=ended, command=command, outcome="fail", code=refused.code))
            return False
        except TimeoutError:
            self.given_up.append(command) if command not in self.given_up else None
            at = self._history.now()
            self._history.add(Ended(at=at, command=command, outcome="unknown"))
            return False
        at = self._history.now()
        self._history.add(Ended(at=at, command=command, outcome="ok", n=ack.n, again=ack.dup))
        return True

    def _saw(self, _squad: str, n: int, seen: Seen) -> None:
        self.seen_at[n] = self._history.now()
        if seen is None:
            return
        kind, _, _, body = seen
        me = self.client.player
        if kind == "dare.issued" and body["target"] == me:
            self._dares.append(str(body["dare"]))
        if kind == "dare.accepted" and body["target"] != me:
            self._cheers.extend((str(body["dare"]), emoji) for emoji in EMOJI)


def gathered(
    urls: Sequence[str],
    history: History,
    *,
    squads: int,
    size: int,
    seed: int,
    on_seat: Callable[[], None],
) -> list[Table]:
    """Squads whose players have come in and sat down, by these ways in turns.

    Each draws from dice of their own.
    """
    tables = [Table() for _ in range(squads)]

    def fill(number: int) -> None:
        table, code = tables[number], None
        for seat in range(size):
            dice = random.Random(f"{seed} {number} {seat}")
            player = Player(urls[seat % len(urls)], table, history, dice)
            table.players.append(player)
            code = player.sit_down(code) or code
            on_seat()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(fill, range(squads)))
    return tables


def everybody(tables: Sequence[Table]) -> list[Player]:
    """All players of all squads."""
    return [player for table in tables for player in table.players]
