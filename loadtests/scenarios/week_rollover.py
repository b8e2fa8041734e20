"""Week roll-over: for many squads the week ends at one instant, while they play; then it is closed.

The server is started with its clock (GUTSY_CLOCK_OFFSET_MS) on Sunday, some seconds before
midnight, and again 60 hours later, before the closing: all tickets are over then, and every timer
of those days rings at once. A board with a score is closed exactly once; everybody sees that, and
gets the final board there and then, which no rebuild changes.
"""

import datetime
import threading
import time
from zoneinfo import ZoneInfo

from loadtests.client import Pushed
from loadtests.daring import Darer
from loadtests.players import evening
from loadtests.stage import Scenario, Stage, present
from server.protocol.server_messages import Body

ZONE = ZoneInfo("Europe/Berlin")
"""That of the squads."""
CLOSES_AFTER = datetime.timedelta(hours=60, seconds=5)
"""After the week's end (rules, sections 3 and 7)."""
SHORTEST_LEAD_S = 5.0
"""From the server's start to midnight: everybody has to be back, and to report."""


class Weekender(Darer):
    """Somebody who makes sure to be on the board of the old week."""

    has_begun = False

    def act(self) -> None:
        """Before anything else, do a dare of one's own."""
        if not evening.cue("begin").is_set():
            return
        if self.has_begun:
            super().act()
        else:
            self.has_begun = True
            dare = self.dare(self.client.player)
            self.measured("dare.start", {"dare": dare})
            self.measured("dare.report", {"dare": dare, "outcome": "REJECTED"})

    def saw(self, kind: str, body: Body) -> None:
        """Ask for the final board, as a client does: it is not pushed."""
        super().saw(kind, body)
        if kind == "week.closed":
            evening.done[kind] += 1
            # Not in the reading thread: others are waiting for what it reads.
            threading.Thread(target=self.note_final, args=(str(body["week"]),)).start()

    def note_final(self, week: str) -> None:
        """The board as it is for ever, in place of the one that was pushed."""
        squad = self.table.squad
        until = time.monotonic() + self.settles_s
        state = ""
        # The event may be here a little before the board that it closes.
        while state != "FINAL" and time.monotonic() < until:
            board = self.get(f"/api/squads/{squad}/weeks/{week}")
            state = board["state"]
            self.client.known.views["week", squad, week] = Pushed(board["q"], board)

    def compared(self) -> list[str]:
        """Beside all else: the old week is closed, once, if there was anything to close."""
        found = super().compared()
        squad = self.table.squad
        events = self.client.known.feeds[squad].events
        closed = [seen[3]["week"] for seen in events if seen and seen[0] == "week.closed"]
        oldest = min(key[2] for key in self.client.known.views if key[0] == "week")
        board = self.get(f"/api/squads/{squad}/weeks/{oldest}")
        scored = any(row["score"] for row in board["rows"])
        if closed != ([oldest] if scored else []):
            found.append(f"closed were {closed}, of {oldest} with scores: {scored}")
        return found


def conduct(stage: Stage) -> None:
    """Over midnight, and over the closing."""
    stage.wait_until_all_are_here()
    lead_s = max(SHORTEST_LEAD_S, stage.seconds / 4)
    lead = datetime.timedelta(seconds=lead_s)
    midnight = next_monday(datetime.datetime.now(ZONE) + lead)
    stage.begin()
    for instant in (midnight, midnight + CLOSES_AFTER):
        stage.game.stop()
        shift = instant - lead - datetime.datetime.now(ZONE)
        shift_ms = round(shift.total_seconds() * 1000)
        stage.game.start(GUTSY_CLOCK_OFFSET_MS=str(shift_ms))
        stage.sleep(lead_s + stage.seconds / 4)
    stage.end()


def next_monday(after: datetime.datetime) -> datetime.datetime:
    """The next instant at which a week begins."""
    day = after.date() + datetime.timedelta(days=7 - after.weekday())
    # In UTC: differences between times of one zone pay no heed to summer time.
    return datetime.datetime.combine(day, datetime.time(), ZONE).astimezone(datetime.UTC)


NEEDS = ("week.closed", "came back", "dare.report", "delivered")
present(Scenario(conduct=conduct, needs=NEEDS, is_ours_only=True))
