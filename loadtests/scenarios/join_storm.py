"""Join storm: one invite, and ten times as many people as seats use it at the same instant.

As many get in as there are seats, not one more or less; all others are told that it is used up; and
whoever is in sees each of them come once. With workers there is one such door for each.
"""

import sys

from locust import constant, task
from locust.exception import StopUser

from loadtests.client import Refused
from loadtests.players import GATHER_S, Player, evening
from loadtests.stage import Scenario, Stage, present
from server.protocol.server_messages import Body

TIMES = 10
"""Joiners for each seat."""
MOST_SEATS = 49
"""Of a squad, beside its founder's (rules, section 2)."""
USED_UP = "INVITE_USED_UP"


class Joiner(Player):
    """Somebody with the code; the first of them is the one whose squad it is."""

    wait_time = constant(0)
    table_size = sys.maxsize

    def sit_down(self) -> None:
        """Only the founder is in already; the others stand at the door."""
        if self.is_host:
            self.table.squad = self.found()
            self.client.follow(self.table.squad)

    @task
    def storm(self) -> None:
        """Wait for the door to open, and go in."""
        evening.cue("open").wait()
        if self.is_host:
            self.open_the_door()
        elif self.table.is_set.wait(GATHER_S):
            self.go_in()
        raise StopUser

    def open_the_door(self) -> None:
        """Hand out the code to as many as there are seats."""
        size: Body = {"size": seats() + 1}
        self.client.command("squad.settings", size, self.table.squad)
        self.table.code = self.invite()
        self.table.is_set.set()

    def go_in(self) -> None:
        """Join, or be told the right reason why not."""
        try:
            self.measured("squad.join", {"code": self.table.code})
        except Refused as refused:
            if refused.code != USED_UP:
                raise
        else:
            self.client.follow(self.table.squad)

    def compared(self) -> list[str]:
        """Beside all else: as many as there are seats, each once."""
        found = super().compared()
        if self.is_host:
            counts = [evening.done["squad.join"], evening.done[f"squad.join: {USED_UP}"]]
            if counts != [seats(), len(evening.players) - 1 - seats()]:
                found.append(f"{counts[0]} were let in to {seats()} seats, {counts[1]} were not")
        for feed in self.client.known.feeds.values():
            came = [
                seen[3]["player"] for seen in feed.events if seen and seen[0] == "member.joined"
            ]
            if len(came) != len(set(came)) or len(came) != seats() + 1:
                found.append(f"saw {len(came)} come, {len(set(came))} people")
        return found


def seats() -> int:
    """Seats of this process's squad, beside the founder's."""
    return min(MOST_SEATS, max(1, (len(evening.players) - 1) // (TIMES + 1)))


def conduct(stage: Stage) -> None:
    """All at once."""
    stage.wait_until_all_are_here()
    stage.play("open")


present(Scenario(conduct=conduct, needs=("squad.join", f"squad.join: {USED_UP}", "delivered")))
