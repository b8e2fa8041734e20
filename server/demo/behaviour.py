"""How a player behaves: from what they know to what they might do next. Pure.

Each wish has a weight; whoever conducts the evening picks one wish of all players at a time. So a
squad has one pace, and nobody speaks over anybody.
"""

from collections.abc import Iterator
from typing import cast

from msgspec import Struct

from domain.battles.state import BattleState
from projections.squad_view import Fields, SquadView
from server.demo.circle import Circle, Friend, Moment, battle_of, is_of_battle, participants

THINK_MS, GET_UP_MS, ASK_MS, READ_MS = 2_500, 3_000, 9_000, 1_200
"""From an offer to an answer, from there to going in, to the report, and to a friend's cheer."""
OLD_NEWS_MS = 90_000
PRESSES_EVERY_MS, MOST_PRESSING = 5_000, 9
"""A step of one's own weighs as much again after each such span, but not without end."""
AFOOT = 3
"""Dares between friends that are open at once."""
CHEERS, CHEERS_FOR_A_VISITOR = 3, 4
ENOUGH = 7
"""Reports after which a friend rests: a few more on the same day would earn nothing (rules §5)."""
FEW_ISSUES = 17
"""A friend stops short of the day's 20 (rules §3)."""
URGENT = 50
"""How much heavier a wish weighs when somebody real waits for it."""


class Wish(Struct, frozen=True, kw_only=True):
    """Something that a player would like to do; ``kind`` is the command's."""

    by: str
    kind: str
    target: str
    dare: str = ""
    weight: int = 1
    is_for_visitor: bool = False


def wishes(me: Friend, circle: Circle, moment: Moment) -> list[Wish]:
    """What this player might do at this moment, battles apart; nothing in it is drawn.

    There are many whom one could dare, and one dare to go on with: hence the weights' sizes.
    """
    last, battle = last_steps(me.view), battle_of(me.view)
    found: list[Wish] = []
    for dare in me.view.dares.values():
        age_ms = moment.since(last.get(str(dare["dare"]), 0))
        if dare["target"] == me.player:
            if not is_of_battle(dare, battle):
                found += _about_mine(me, circle, dare, age_ms)
        elif dare["state"] == "REPORTED":
            found += _cheers(me, circle, dare, age_ms)
    return [*found, *_dares(me, circle)]


def has_had_enough(me: Friend) -> bool:
    """Whether it is time to rest. What one has taken on is done first, and so is a battle."""
    battle = battle_of(me.view)
    is_fighting = (
        battle is not None and battle["state"] != "LOBBY" and me.player in participants(battle)
    )
    return me.reported >= ENOUGH and not is_fighting and not has_taken_on(me)


def has_taken_on(me: Friend) -> bool:
    """Whether there is a dare of theirs that they have said yes to."""
    mine = [dare for dare in me.view.dares.values() if dare["target"] == me.player]
    return any(dare["state"] in ("ACCEPTED", "IN_PROGRESS") for dare in mine)


def last_steps(view: SquadView) -> dict[str, int]:
    """When each dare took its last step, as far as the feed knows."""
    return {
        str(body["dare"]): at
        for _, kind, at, _, _, body in view.feed
        if "dare" in body and kind != "cheer.given"
    }


def pressing(age_ms: float) -> int:
    """The longer it waits, the more it presses: nobody stays in the rain for a minute."""
    return 1 + min(MOST_PRESSING, int(age_ms / PRESSES_EVERY_MS))


def _about_mine(me: Friend, circle: Circle, dare: Fields, age_ms: float) -> Iterator[Wish]:
    """Answer, go in, come back and tell."""
    is_for_visitor = dare["issuer"] not in circle.cast
    beyond = cast(int, dare["difficulty"]) - me.persona.reach
    weights: dict[str, int] = {}
    match dare["state"]:
        case "OFFERED" if age_ms >= THINK_MS and me.is_resting and not is_for_visitor:
            weights = {"dare.decline": 1}
        case "OFFERED" if age_ms >= THINK_MS and (is_for_visitor or not has_taken_on(me)):
            # Somebody new wants to see a dare taken on; among friends "not today" is an answer too.
            no = 0 if is_for_visitor else 6 + 12 * max(0, beyond)
            weights = {"dare.accept": 54, "dare.decline": no}
        case "ACCEPTED" if age_ms >= GET_UP_MS:
            weights = {"dare.start": 54, "dare.bail": 4 * int(beyond > 0 and not is_for_visitor)}
        case "IN_PROGRESS" if age_ms >= ASK_MS:
            weights = {"dare.report": 72}
    for kind, weight in weights.items():
        if weight:
            yield Wish(
                by=me.player,
                kind=kind,
                target=me.player,
                dare=str(dare["dare"]),
                weight=weight * pressing(age_ms) * (URGENT if is_for_visitor else 1),
                is_for_visitor=is_for_visitor,
            )


def _cheers(me: Friend, circle: Circle, dare: Fields, age_ms: float) -> Iterator[Wish]:
    """A cheer for what was reported just now, unless it has had its share."""
    is_for_visitor = dare["target"] not in circle.cast
    if not READ_MS <= age_ms < OLD_NEWS_MS or (me.is_resting and not is_for_visitor):
        return
    given = [
        seen[3]
        for seen in me.view.feed
        if seen[1] == "cheer.given" and seen[5]["dare"] == dare["dare"]
    ]
    enough = CHEERS_FOR_A_VISITOR if is_for_visitor else CHEERS
    if me.player not in given and len(given) < enough:
        yield Wish(
            by=me.player,
            kind="cheer",
            target=str(dare["target"]),
            dare=str(dare["dare"]),
            weight=me.persona.warmth * (URGENT if is_for_visitor or _has_won(me, dare) else 1),
            is_for_visitor=is_for_visitor,
        )


def _has_won(me: Friend, dare: Fields) -> bool:
    """Whether this helped its target to win a battle that is over."""
    table = me.table
    if table is None or table.state is not BattleState.FINISHED:
        return False
    first = {row.player for row in table.rows if row.rank == 1 and row.reports}
    return dare.get("battle") == table.battle and dare["target"] in first


def _dares(me: Friend, circle: Circle) -> Iterator[Wish]:
    """Welcome whoever has come in; else dare a friend who has nothing to do."""
    if me.is_resting or me.issued >= FEW_ISSUES:
        return
    for visitor in sorted(circle.welcome):
        yield Wish(
            by=me.player,
            kind="dare.issue",
            target=visitor,
            weight=me.persona.warmth * URGENT,
            is_for_visitor=True,
        )
    if len(circle.busy & circle.cast) < AFOOT:
        for friend in sorted(circle.awake - circle.busy - {me.player}):
            yield Wish(by=me.player, kind="dare.issue", target=friend)
