"""What friends know of each other beyond the feed: who is awake, busy, or has just come in.

Pure. Friends at one table see who is being dared; in the feed an offer is between two people.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from msgspec import Struct

from projections.squad_view import Fields, Seen, SquadView
from server.demo.cast import Persona
from server.protocol.views import BattleTable

AROUND_MS = 10 * 60_000
"""Somebody who did something within this time is here."""
LEFT_ALONE_MS = 90_000
"""How long a visitor is not dared again after a dare."""
CHALLENGE_AFTER_MS = 40_000
"""From a visitor's dare to a battle."""
NO_BATTLE_MS = 5 * 60_000
"""From one battle's last news to the next battle that the friends call."""
HERE, GOING_IN = (1, 3), 3
OPEN = ("OFFERED", "ACCEPTED", "IN_PROGRESS")


class Moment(Struct, frozen=True):
    """An instant, and how much faster than life everything goes."""

    now: int
    speed: float = 1.0

    def since(self, at: int) -> float:
        """How long ago that feels, in ms."""
        return (self.now - at) * self.speed


class Friend(Struct, kw_only=True):
    """One of the cast as they are now. ``view`` is what they see, with a battle's ``table``.

    ``taken`` counts their cards by battle; ``scored_at`` is their last report in one.
    """

    player: str
    persona: Persona
    view: SquadView
    is_resting: bool = False
    is_host: bool = False
    reported: int = 0
    issued: int = 0
    table: BattleTable | None = None
    taken: dict[str, int] = {}
    scored_at: int = 0


class Circle(Struct, frozen=True, kw_only=True):
    """Everybody, as seen from the friends' table."""

    cast: frozenset[str]
    awake: frozenset[str]
    busy: frozenset[str]
    """Those who have been dared and have not reported."""
    welcome: frozenset[str]
    """Visitors whom one might dare now."""
    challenge: frozenset[str] = frozenset()
    """Visitors for whom one might call a battle now."""


def battle_of(view: SquadView) -> Fields | None:
    """The battle that is not over."""
    battle = view.battle
    return None if battle is None or battle["state"] == "FINISHED" else battle


def is_of_battle(dare: Fields, battle: Fields | None) -> bool:
    """Whether a dare is a card of this battle."""
    return battle is not None and dare.get("battle") == battle["battle"]


def participants(battle: Fields | None) -> frozenset[str]:
    """Who takes part."""
    return frozenset() if battle is None else frozenset(cast(list[str], battle["participants"]))


def circle_of(
    friends: Iterable[Friend],
    dared: Mapping[str, int],
    present: Mapping[str, int],
    moment: Moment,
    battled: int = 0,
) -> Circle:
    """The circle of these friends.

    Args:
        dared: visitors, and when one of the friends dared them last.
        present: who is around, as the server says, if it does.
        battled: when there was news of a battle last.
    """
    friends = list(friends)
    crew = frozenset(friend.player for friend in friends)
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
        if player not in crew and not row.get("left")
    }
    around = {
        player
        for player in visitors
        if present.get(player) in HERE
        or any(_has_acted(player, friend.view.feed, moment) for friend in friends)
    }
    going_in = {
        dare["target"]
        for friend in friends
        for dare in friend.view.dares.values()
        if dare["state"] == "IN_PROGRESS"
    } | {player for player, how in present.items() if how == GOING_IN}
    battles = [battle for friend in friends if (battle := battle_of(friend.view)) is not None]
    is_quiet = not battles and moment.since(battled) > NO_BATTLE_MS
    fighting = frozenset[str]().union(*map(participants, battles))
    return Circle(
        cast=crew,
        awake=frozenset(friend.player for friend in friends if not friend.is_resting),
        busy=busy,
        welcome=frozenset(
            player
            for player in around - busy - fighting
            if player not in dared or moment.since(dared[player]) > LEFT_ALONE_MS
        ),
        challenge=frozenset(
            player
            for player in around - going_in
            if is_quiet and player in dared and moment.since(dared[player]) > CHALLENGE_AFTER_MS
        ),
    )


def _has_acted(player: str, feed: list[Seen], moment: Moment) -> bool:
    return any(seen[3] == player and moment.since(seen[2]) < AROUND_MS for seen in feed)
