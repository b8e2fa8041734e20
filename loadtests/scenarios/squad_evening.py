"""Squad evening: squads of ten friends who dare each other, and take what comes."""

from loadtests.daring import Darer
from loadtests.stage import Scenario, Stage, present


class Friend(Darer):
    """One of ten."""


def conduct(stage: Stage) -> None:
    """Let them."""
    stage.wait_until_all_are_here()
    stage.play()


present(Scenario(conduct=conduct, needs=("dare.issue", "dare.report", "delivered")))
