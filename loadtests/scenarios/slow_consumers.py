"""Slow consumers: some stop reading while their squad plays on, and nobody else waits for them.

Of each ten, one reads nothing for half of the time, with so small a buffer that the server closes
their connection (4501); another reads now and then. Their deliveries are counted by themselves, so
that those to all others can be compared with an evening's. Once they read on, they end equal.
"""

import time

from locust import between
from locust.env import Environment

from loadtests.daring import Darer
from loadtests.players import evening
from loadtests.stage import Scenario, Stage, present

ASLEEP, NODDING = 8, 9
"""Places at a table of ten."""
RECEIVE_BYTES = 4_096
AWAY_S, BACK_S = 1.0, 0.3
"""Of whoever reads now and then: without a look, and with one."""
CLOSED = 'gutsy_sockets_closed_total{code="4501"}'
SETTINGS = {
    "GUTSY_HIGH_WATER_BYTES": "1024",
    "GUTSY_PAUSED_MS": "500",
    "GUTSY_COMMANDS_PER_S": "20",
}
"""Small and fast: nobody plays for minutes until the kernel's buffers and 64 KiB more are full."""


class Consumer(Darer):
    """Somebody who plays fast; on two of ten places they read slowly, and say nothing meanwhile."""

    wait_time = between(0.1, 0.3)
    line = "🔥" * 500

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.is_slow = self.place in (ASLEEP, NODDING)
        if self.is_slow:
            self.receive_bytes = RECEIVE_BYTES
            self.to_socket = "tap to slow socket"

    def act(self) -> None:
        """Play, or do not read."""
        if not self.is_slow:
            super().act()
        elif self.place == NODDING:
            self.nod()
        else:
            self.sleep()

    def nod(self) -> None:
        """Look away, and look again."""
        self.client.stop_reading()
        time.sleep(AWAY_S)
        self.client.read_on()
        time.sleep(BACK_S)

    def come_to_rest(self) -> None:
        """The end may have come while they looked away."""
        self.client.read_on()
        super().come_to_rest()

    def sleep(self) -> None:
        """Read nothing until called."""
        if evening.cue("begin").is_set() and not evening.cue("wake").is_set():
            self.client.stop_reading()
            evening.cue("wake").wait()
            self.client.read_on()


def conduct(stage: Stage) -> None:
    """Half of the time without them, and until the server has had enough."""
    stage.wait_until_all_are_here()
    stage.begin()
    stage.sleep(stage.seconds / 2)
    if stage.has_own_game:
        sleepers = stage.players // Consumer.table_size
        stage.wait_until(lambda: stage.game.counted(CLOSED) >= sleepers, "no slow one was closed")
    stage.cue("wake")
    stage.sleep(stage.seconds / 2)
    stage.end()


NEEDS = ("came back", "dare.report", "delivered")
present(Scenario(conduct=conduct, needs=NEEDS, settings=SETTINGS))
