"""Battle rush: many squads start their battles at the same instant, and all report within seconds.

Whoever had gone in when the time is up reports in that very instant. With fewer than 30 seconds the
battles are still on at the end of the run. The table that was pushed last, the replay, and a fold
of the events that a player saw, by the rulebook once more, have to be one and the same.
"""

import random
import threading
import time

from locust import constant, task
from locust.exception import StopUser

from loadtests.battles import OUTCOMES, SPACING_S, points, shown
from loadtests.client import Refused
from loadtests.players import GATHER_S, Player, evening
from loadtests.stage import Scenario, Stage, present
from server.protocol.server_messages import Body

SHORTEST_S, AFTER_S, UNFINISHED_S = 20, 9, 600
"""A battle in ruleset 0; its countdown, grace and closing together; one that outlives the run."""
OVER = ("BATTLE_CLOSED", "WRONG_STATE", "DEADLINE_PASSED")
"""Refusals of a card that is taken, or given up, as the battle ends."""


class Fighter(Player):
    """One of a squad that battles; the host is the one who starts it."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Come into the lobby."""
        self.battle = ""
        self.happened: dict[str, threading.Event] = {}
        self.cards = [
            card["card"] for card in self.get("/api/deck")["cards"] if card["battle_safe"]
        ]
        super().on_start()

    def sit_down(self) -> None:
        """With the squad, the lobby."""
        super().sit_down()
        if not self.is_host:
            self.client.command("battle.join", {"battle": self.battle}, self.table.squad)

    def invite(self) -> str:
        """Nobody comes before the lobby is open."""
        seconds = self.environment.parsed_options.seconds
        is_to_finish = seconds >= SHORTEST_S + AFTER_S
        lasts_s = seconds - AFTER_S if is_to_finish else UNFINISHED_S
        settings: Body = {"minutes": lasts_s / 60, "heat": True, "double_down": True}
        self.client.command("battle.open", settings, self.table.squad)
        return super().invite()

    def saw(self, kind: str, body: Body) -> None:
        """Note where the battle is."""
        if kind == "battle.opened":
            self.battle = str(body["battle"])
        self.event(kind).set()

    def event(self, kind: str) -> threading.Event:
        """Something that happens to the battle, to be waited for."""
        return self.happened.setdefault(kind, threading.Event())

    @task
    def fight(self) -> None:
        """From the lobby to the end."""
        evening.cue("start").wait()
        if self.is_host:
            self.measured("battle.start", {"battle": self.battle})
        if self.event("battle.went_live").wait(GATHER_S):
            while not (self.event("battle.grace_started").is_set() or evening.cue("end").is_set()):
                self.take_a_card()
        raise StopUser

    def take_a_card(self) -> None:
        """Take one, go in, and report."""
        me = self.client.player
        taken: Body = {"target": me, "card": random.choice(self.cards), "battle": self.battle}
        try:
            dare = self.measured("dare.issue", taken)["dare"]
            self.measured("dare.start", {"dare": dare, "double_down": random.random() < 0.3})  # noqa: PLR2004
            time.sleep(SPACING_S)
            self.measured("dare.report", {"dare": dare, "outcome": random.choice(OUTCOMES)})
        except Refused as refused:
            if refused.code not in OVER:
                raise

    def compared(self) -> list[str]:
        """Beside all else: the table, the replay and the fold of the events."""
        found = super().compared()
        squad = self.table.squad
        events = self.client.known.feeds[squad].events
        folded = points([(seen[0], seen[3]) for seen in events if seen is not None], self.battle)
        table = self.client.known.views.get(("battle", squad))
        if table is None or shown(table.body["rows"]) != folded:
            found.append("the table is not the fold of the events")
        replay = self.get(f"/api/squads/{squad}/battles/{self.battle}")
        if shown(replay["moments"][-1]["rows"]) != folded:
            found.append("the replay is not the fold of the events")
        if not sum(score[2] for score in folded.values()):
            found.append("nobody scored")
        return found


def conduct(stage: Stage) -> None:
    """All battles at once."""
    stage.wait_until_all_are_here()
    stage.play("start")


present(
    Scenario(
        conduct=conduct,
        needs=("battle.start", "dare.report", "delivered"),
        settings={"GUTSY_RULESET": "0"},
    )
)
