"""A scenario for Locust in which one player loses an event: its run has to fail."""

from loadtests.daring import Darer
from loadtests.stage import Scenario, Stage, present


class Forgetful(Darer):
    """At the end, the host no longer knows of the third event."""

    settles_s = 0.5

    def come_to_rest(self) -> None:
        """Forget it."""
        super().come_to_rest()
        if self.is_host:
            del self.client.known.feeds[self.table.squad].events[2]


def conduct(stage: Stage) -> None:
    """No longer than it takes."""
    stage.wait_until_all_are_here()
    stage.play()


present(Scenario(conduct=conduct, needs=()))
