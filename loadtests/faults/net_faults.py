"""Faults of the net between players and nodes, done by the proxy, and of players themselves."""

from collections.abc import Mapping

from loadtests.faults.fault import Fault
from loadtests.faults.world import World

CLOSED_AS_SLOW = 'gutsy_sockets_closed_total{code="4501"}'


class Cut(Fault):
    """Connections are reset."""

    name = "cut"
    says = "half of all connections are reset"
    hold_s = 0.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """Each of them at once."""
        world.net.tell(lambda proxy: proxy.cut(0.5))


class CutBeforeAnswer(Fault):
    """Commands are done, and nobody hears of it."""

    name = "cut before the answer"
    says = "half of all connections are reset right after a command was passed on"
    hold_s = 0.2
    late_s = None
    needs = ("came back", "answered again")

    async def inject(self, world: World) -> None:
        """With each one's next command."""
        world.net.tell(lambda proxy: proxy.cut_after_next(0.5))


class NetGone(Fault):
    """Nobody gets through, nor in."""

    name = "no net"
    says = "all connections are reset, and no new one is let in for 3 s"
    hold_s = 3.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """First nobody in, then everybody out."""
        world.net.tell(lambda proxy: proxy.refuse(True))
        world.net.tell(lambda proxy: proxy.cut(1))

    async def heal(self, world: World) -> None:
        """Let them in."""
        world.net.tell(lambda proxy: proxy.refuse(False))


class Delay(Fault):
    """A slow net."""

    name = "delay"
    says = "everything is held up for 50 to 250 ms each way, at random"
    hold_s = 3.0

    async def inject(self, world: World) -> None:
        """On every connection."""
        world.net.tell(lambda proxy: proxy.delay(0.15, 0.1))

    async def heal(self, world: World) -> None:
        """None any more."""
        world.net.tell(lambda proxy: proxy.delay(0, 0))


class HalfOpen(Fault):
    """Connections that look well and carry nothing; nobody says that they are over."""

    name = "half-open"
    says = "a third of all connections stay open and carry nothing any more, either way"
    hold_s = 6.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """For good: whoever has one is to notice."""
        world.net.tell(lambda proxy: proxy.open_holes(0.33, "up", "down"))


class AnswersLost(Fault):
    """Half of that: nodes hear everything, players nothing."""

    name = "answers lost"
    says = "on a third of all connections nothing comes back any more, and commands go through"
    hold_s = 6.0
    late_s = None
    needs = ("came back", "answered again")

    async def inject(self, world: World) -> None:
        """For good, too."""
        world.net.tell(lambda proxy: proxy.open_holes(0.33, "down"))


class Duplicates(Fault):
    """The same command by two ways at once."""

    name = "duplicates"
    says = "half of all commands are sent twice at once, by the socket and by HTTP to another node"
    hold_s = 4.0
    needs = ("asked again",)

    async def inject(self, world: World) -> None:
        """By every player."""
        for player in world.players:
            player.is_doubling = True

    async def heal(self, world: World) -> None:
        """Once is enough."""
        for player in world.players:
            player.is_doubling = False


class SlowReaders(Fault):
    """Players who read too slowly for what comes: the server lets go of them, and they return."""

    name = "slow readers"
    says = (
        "a third of all players read 1 kB/s from small buffers, for 12 s; the server closes their"
        " connections (4501), and they come back from where they were"
    )
    hold_s = 12.0
    late_s = None
    needs = ("closed 4501",)
    receive_bytes = 4_096
    settings: Mapping[str, str] = {
        **Fault.settings,
        "GUTSY_HIGH_WATER_BYTES": "4096",
        "GUTSY_PAUSED_MS": "1000",
        "GUTSY_SILENCE_MS": "20000",
    }
    """Soon, and before they count as silent: what they would say waits for what they read."""

    async def inject(self, world: World) -> None:
        """They have to come anew for it."""
        world.net.tell(lambda proxy: proxy.throttle(1_000))
        world.net.tell(lambda proxy: proxy.cut(0.33))

    async def heal(self, world: World) -> None:
        """As fast as it comes."""
        world.net.tell(lambda proxy: proxy.throttle(None))
