"""What friends know of each other beyond the feed: who is awake, busy, or has just come in.

Pure. Friends at one table see who is being dared; in the feed an offer is between two people.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from projections.squad_view import Seen, SquadView
from server.demo.cast import Persona

AROUND_MS = 10 * 60_000
"""Somebody who did something within this time is here."""
LEFT_ALONE_MS = 90_000
"""How long a visitor is not dared again after a dare."""
HERE = (1, 3)
OPEN = ("OFFERED", "ACCEPTED", "IN_PROGRESS")


class Moment(Struct, frozen=True):
    """An instant, and how much faster than life everything goes."""

    now: int
    speed: float = 1.0

    def since(self, at: int) -> float:
        """How long ago that feels, in ms."""
        return (self.now - at) * self.speed


class Friend(Struct, kw_only=True):
    """One of the cast as they are now. ``view`` is what they see."""

    player: str
    persona: Persona
    view: SquadView
    is_resting: bool = False
    is_host: bool = False
    reported: int = 0
    issued: int = 0


class Circle(Struct, frozen=True, kw_only=True):
    """Everybody, as seen from the friends' table."""

    cast: frozenset[str]
    awake: frozenset[str]
    busy: frozenset[str]
    """Those who have been dared and have not reported."""
    welcome: frozenset[str]
    """Visitors whom one might dare now."""


def circle_of(
    friends: Iterable[Friend],
    dared: Mapping[str, int],
    present: Mapping[str, int],
    moment: Moment,
) -> Circle:
    """The circle of these friends.

    Args:
        dared: visitors, and when one of the friends dared them last.
        present: who is around, as the server says, if it does.
    """
    friends = list(friends)
    cast = frozenset(friend.player for friend in friends)
    busy = frozenset(
        str(dare["target"])
        for friend in friends
        for dare in friend.view.dares.values()
        if dare["state"] in OPEN
    )
    visitors = {
        player
        for friend in friends
        for player, row in friend.view.roster.items()
        if player not in cast and not row.get("left")
    }
    around = {
        player
        for player in visitors
        if present.get(player) in HERE
        or any(_has_acted(player, friend.view.feed, moment) for friend in friends)
    }
    return Circle(
        cast=cast,
        awake=frozenset(friend.player for friend in friends if not friend.is_resting),
        busy=busy,
        welcome=frozenset(
            player
            for player in around - busy
            if player not in dared or moment.since(dared[player]) > LEFT_ALONE_MS
        ),
    )


def _has_acted(player: str, feed: list[Seen], moment: Moment) -> bool:
    return any(seen[3] == player and moment.since(seen[2]) < AROUND_MS for seen in feed)
