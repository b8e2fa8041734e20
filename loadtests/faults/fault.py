"""What a fault is: something that is done to a world, and undone, again and again in a run."""

from collections.abc import Mapping

from loadtests.faults.world import World

HEADS_POLL_S = 2.0
"""Of the house in which things fail."""
HINTED_LATE_S = HEADS_POLL_S + 2.0
"""How late anything may come while nothing but hints fails: the heads poll, and two seconds for a
busy machine."""


class Fault:
    """Nothing fails: the run that all others are held against. The others derive from it."""

    name = "none"
    says = "nothing"
    hold_s = 2.0
    """From injecting to healing."""
    late_s: float | None = HINTED_LATE_S
    """How late what was acknowledged may be seen; None: not before it is healed."""
    needs: tuple[str, ...] = ()
    """What must have happened, else the run proves nothing (``Result.done``)."""
    rounds = 2
    """How often it is injected at least."""
    is_of_plain_redis = False
    """Whether Redis is one server and not a cluster."""
    settings: Mapping[str, str] = {"GUTSY_HEADS_POLL_MS": str(int(HEADS_POLL_S * 1000))}
    """Of its nodes, beside those that all houses have (``run.HOUSE``)."""
    receive_bytes: int | None = None
    """The kernel's buffer between a node and the proxy; None leaves it."""

    async def inject(self, world: World) -> None:
        """Let it begin."""

    async def heal(self, world: World) -> None:
        """Have everything as it was, as far as that has to be done by somebody."""
