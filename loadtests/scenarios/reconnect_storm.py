"""Reconnect storm: all connections are gone at one instant, and everybody comes back.

First the net is cut, while commands are under way whose answers nobody has read: each comes again
under its id and has its effect once. A fifth of the players lose all they had as well, and are
sent snapshots. Then, where the server is our own, it is stopped and started again; then killed.
"""

from loadtests.daring import Darer
from loadtests.players import evening
from loadtests.stage import Scenario, Stage, present

HOLD_S = 1.5
"""Nobody reads for so long before the cut; every other player taps in it."""
FORGETFUL = 5
"""Every so manieth player loses more than the connection."""


class Comer(Darer):
    """Somebody who comes back."""

    def cued(self, name: str) -> None:
        """Be cut."""
        if name == "hold":
            self.client.stop_reading()
        elif name == "cut":
            if evening.players.index(self) % FORGETFUL == 1:
                self.client.forget()
            else:
                self.client.drop()
            self.client.read_on()


def conduct(stage: Stage) -> None:
    """An evening in four parts, with three ends of the world in between."""
    stage.wait_until_all_are_here()
    part_s = stage.seconds / 4
    stage.begin()
    stage.sleep(part_s)
    stage.cue("hold")
    stage.sleep(HOLD_S)
    stage.cue("cut")
    stage.sleep(part_s)
    if stage.has_own_game:
        for end in (stage.game.stop, stage.game.kill):
            end()
            stage.game.start()
            stage.sleep(part_s)
    stage.end()


NEEDS = ("came back", "again", "began with a snapshot", "dare.report", "delivered")
present(Scenario(conduct=conduct, needs=NEEDS))
