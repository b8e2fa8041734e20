"""How friends go about a battle: who calls for one, who joins, when it starts, how it is played.

Pure, as ``behaviour`` is; what these wishes weigh is on its scale.
"""

from collections.abc import Iterator
from typing import cast

from domain.battles.events import BattleMode
from domain.battles.points import MOST_REPORTS, PACES
from projections.squad_view import Fields
from server.demo.behaviour import (
    ASK_MS,
    GET_UP_MS,
    THINK_MS,
    URGENT,
    Wish,
    has_taken_on,
    last_steps,
    pressing,
)
from server.demo.circle import Circle, Friend, Moment, battle_of, is_of_battle, participants

WAIT_MS = 90_000
"""How long a host waits for a visitor before starting without them."""
SETTLE_MS = 6_000
"""From the last who joins to the start."""
JOIN_FRIENDS, JOIN_VISITORS = 3, 2
"""Friends who join at most, by who has called."""
SURELY = 2
"""So many join at once; one more takes their time."""
GATHERED, FEWEST = 3, 2
"""How many make a start before the waiting is over, and after it."""
LAST_CARD_MS = 25_000
"""With less than this left, no card is taken any more."""
NOW = 20 * URGENT
"""What a start weighs, for which all who have joined wait."""
LIVELY = 4
"""How much heavier a step in a battle weighs than one outside."""


def battle_wishes(me: Friend, circle: Circle, moment: Moment) -> Iterator[Wish]:
    """What this player might do about a battle at this moment; nothing in it is drawn."""
    battle = battle_of(me.view)
    if battle is None:
        for visitor in () if me.is_resting else sorted(circle.challenge):
            yield _wish(me, "battle.open", visitor, me.persona.warmth * URGENT)
    elif battle["state"] == "LOBBY":
        if battle["host"] == me.player:
            yield from _host(me, circle, battle, moment)
        elif me.player not in participants(battle) and not me.is_resting:
            yield from _join(me, circle, battle, moment)
    elif me.player in participants(battle):
        yield from _play(me, battle, moment)


def _join(me: Friend, circle: Circle, battle: Fields, moment: Moment) -> Iterator[Wish]:
    """Two or three come along, one to a duel; nobody in no time."""
    others = participants(battle) - {cast(str, battle["host"])}
    friends = len(others & circle.cast)
    most = JOIN_FRIENDS if battle["host"] in circle.cast else JOIN_VISITORS
    if battle["mode"] == BattleMode.DUEL:
        most = 1 - len(others - circle.cast)
    if friends < most and moment.since(_last(me, battle)) >= THINK_MS:
        weight = me.persona.warmth * (URGENT if friends < SURELY else 1)
        yield _wish(me, "battle.join", str(battle["host"]), weight)


def _host(me: Friend, circle: Circle, battle: Fields, moment: Moment) -> Iterator[Wish]:
    """Start once a visitor is in and others are; without them after a while; or call it off."""
    here = participants(battle)
    has_settled = moment.since(_last(me, battle)) >= SETTLE_MS
    if moment.since(_last(me, battle, "battle.opened")) >= WAIT_MS:
        kind = "battle.start" if len(here) >= FEWEST else "battle.cancel"
        yield _wish(me, kind, me.player, NOW)
    elif here - circle.cast and len(here) >= GATHERED and has_settled:
        yield _wish(me, "battle.start", me.player, NOW)


def _play(me: Friend, battle: Fields, moment: Moment) -> Iterator[Wish]:
    """Take a card, go in or leave it, come back and tell: before the end, or in its grace."""
    is_live = battle["state"] == "LIVE"
    mine = [
        dare
        for dare in me.view.dares.values()
        if dare["target"] == me.player and is_of_battle(dare, battle)
    ]
    last = last_steps(me.view)
    weights: dict[str, int] = {}
    for dare in mine:
        age_ms = moment.since(last.get(str(dare["dare"]), 0))
        beyond = cast(int, dare["difficulty"]) - me.persona.reach
        match dare["state"]:
            case "ACCEPTED" if is_live and age_ms >= GET_UP_MS:
                weights = {"dare.start": 54, "dare.bail": 12 if beyond > 0 else 4}
            case "IN_PROGRESS" if age_ms >= ASK_MS or not is_live:
                weights = {"dare.report": 72}
            case _:
                continue
        for kind, weight in weights.items():
            weighs = weight * LIVELY * pressing(age_ms)
            yield Wish(
                by=me.player, kind=kind, target=me.player, dare=str(dare["dare"]), weight=weighs
            )
    if is_live and not has_taken_on(me) and _may_take(me, battle, moment):
        yield Wish(by=me.player, kind="dare.issue", target=me.player, weight=54 * LIVELY)


def _may_take(me: Friend, battle: Fields, moment: Moment) -> bool:
    """Whether there is a card left, time for it, and enough of it since the last report.

    The spacing is the game's, so it runs on the server's time whatever the pace here.
    """
    spacing_ms = PACES[cast(int, battle["ruleset"])].spacing_ms
    taken = me.taken.get(str(battle["battle"]), 0)
    deck = cast(list[str], battle.get("cards") or [])
    return (
        taken < (MOST_REPORTS if battle["mode"] == BattleMode.NO_RACE else len(deck))
        and moment.since(cast(int, battle["ends_at"])) < -LAST_CARD_MS
        and moment.now - me.scored_at >= spacing_ms
    )


def _last(me: Friend, battle: Fields, kind: str = "battle.") -> int:
    """When this last happened to a battle; long ago if the feed does not know any more."""
    times = (
        seen[2]
        for seen in me.view.feed
        if seen[1].startswith(kind) and seen[5]["battle"] == battle["battle"]
    )
    return max(times, default=0)


def _wish(me: Friend, kind: str, target: str, weight: int) -> Wish:
    # Somebody real waits for it: nothing of this takes its time.
    return Wish(by=me.player, kind=kind, target=target, weight=weight, is_for_visitor=True)
