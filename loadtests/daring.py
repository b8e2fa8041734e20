"""Players who do what squads do of an evening: dare, take on, go in, report, cheer."""

import random

from locust import between, task

from loadtests.client import Refused
from loadtests.players import Player
from server.protocol.server_messages import Body

TAP_EVERY_S = 2.0
CARDS = ("time-phone-in-hand", "best-thing-today", "which-apple", "book-worth-it")
OUTCOMES = ("REJECTED", "IGNORED", "MIXED", "GRANTED")
EMOJI = ("👏", "💪", "🔥", "🎉", "😂", "💜")
LIMITS = ("QUOTA", "TARGET_UNAVAILABLE", "WRONG_STATE", "DEADLINE_PASSED")
"""Refusals that are the game's way: open dares, issues a day, a dare that has ended."""


class Darer(Player):
    """Somebody who dares, is dared, goes and reports; and cheers once the day's dares are out."""

    abstract = True
    line: str | None = None
    """What they say of it."""
    wait_time = between(TAP_EVERY_S / 2, TAP_EVERY_S * 3 / 2)

    def on_start(self) -> None:
        """Nobody has dared them yet."""
        self.dares: list[str] = []
        self.taken_on: list[str] = []
        self.is_out_of_dares = False
        super().on_start()

    @task
    def tap(self) -> None:
        """What Locust asks for, again and again."""
        try:
            self.act()
        except Refused as refused:
            # Of the day, that is; too many that are open, one waits for.
            self.is_out_of_dares |= refused.code == "QUOTA" and refused.wait_ms is not None
            if refused.code not in LIMITS:
                raise

    def act(self) -> None:
        """Do what is next."""
        if self.dares:
            self.go(self.dares.pop(0))
        elif self.is_out_of_dares and self.taken_on:
            cheer: Body = {"dare": self.taken_on.pop(0), "emoji": random.choice(EMOJI)}
            self.measured("cheer", cheer)
        else:
            self.dare(random.choice(self.table.players))

    def dare(self, target: str) -> str:
        """Dare somebody."""
        body: Body = {"target": target, "card": random.choice(CARDS)}
        return str(self.measured("dare.issue", body)["dare"])

    def go(self, dare: str) -> None:
        """Take it on, go in, and report."""
        self.measured("dare.accept", {"dare": dare})
        self.measured("dare.start", {"dare": dare})
        report: Body = {"dare": dare, "outcome": random.choice(OUTCOMES), "line": self.line}
        self.measured("dare.report", report)

    def saw(self, kind: str, body: Body) -> None:
        """Note what one is dared to do, and what others have taken on."""
        me = self.client.player
        if kind == "dare.issued" and body["target"] == me and body["issuer"] != me:
            self.dares.append(str(body["dare"]))
        if kind == "dare.accepted" and body["target"] != me:
            self.taken_on.append(str(body["dare"]))
