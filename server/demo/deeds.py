"""From a wish to the command: which card, which outcome, which words. Drawn with the dice given."""

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from domain.battles.events import BattleMode
from domain.cheers import Emoji
from domain.dares.terms import Category, DareKind
from domain.scoring import Outcome
from projections.squad_view import Fields, SquadView
from server.clock import Dice
from server.demo.behaviour import Wish
from server.demo.circle import Friend, battle_of, is_of_battle
from server.demo.lines import Lines
from server.protocol.server_messages import Body
from server.protocol.views import DeckCard

GENTLE = 2
"""The highest comfort level of a dare for somebody new."""
OWN_WORDS_PERCENT = 20
DOUBLE_PERCENT = 25
ASKED = 5
"""People met on a dare that is for more than one: odd, so that most of them said something."""
NEVER = {Category.TOUCH, Category.ALCOHOL_VENUE, Category.FILMING}
"""What people have to allow first (rules §9) is never asked."""
LUCK = {Outcome.REJECTED: 9, Outcome.GRANTED: 6, Outcome.IGNORED: 4, Outcome.MIXED: 4}
CHEERS = {
    Outcome.REJECTED: (Emoji.FIRE, Emoji.MUSCLE, Emoji.CLAP),
    Outcome.IGNORED: (Emoji.MUSCLE, Emoji.LAUGH, Emoji.HEART),
    Outcome.MIXED: (Emoji.CLAP, Emoji.LAUGH, Emoji.HEART),
    Outcome.GRANTED: (Emoji.PARTY, Emoji.HEART, Emoji.CLAP),
}


class Table(Struct, frozen=True):
    """What there is to play with."""

    cards: tuple[DeckCard, ...]
    lines: Lines
    minutes: float = 10
    """How long a battle lasts."""


def body_of(wish: Wish, me: Friend, target: Friend | None, table: Table, dice: Dice) -> Body:
    """The body of a wish's command; ``target`` is who is dared, if they are of the cast."""
    battle = battle_of(me.view)
    match wish.kind:
        case "battle.open":
            mode = dice.pick((BattleMode.NO_RACE, BattleMode.SAME_DECK))
            return {"mode": mode, "minutes": table.minutes, "heat": True, "double_down": True}
        case "battle.join" | "battle.start" | "battle.cancel" if battle is not None:
            return {"battle": battle["battle"]}
        case "dare.issue" if battle is not None and wish.target == me.player:
            card = _card_of(battle, me, table, dice)
            return {"target": me.player, "card": card, "battle": battle["battle"]}
        case "dare.start" if battle is not None and is_of_battle(me.view.dares[wish.dare], battle):
            doubles = bool(battle.get("double_down")) and dice.chance(DOUBLE_PERCENT)
            return {"dare": wish.dare, **({"double_down": True} if doubles else {})}
        case "dare.issue":
            reach = GENTLE if target is None else target.persona.reach
            return {"target": wish.target, **_terms(me.view, reach, target is None, table, dice)}
        case "dare.report":
            return {"dare": wish.dare, **_report(me, me.view.dares[wish.dare], table, dice)}
        case "cheer":
            outcome = Outcome(str(me.view.dares[wish.dare]["outcome"]))
            return {"dare": wish.dare, "emoji": dice.pick(CHEERS[outcome])}
        case _:
            return {"dare": wish.dare}


def _terms(view: SquadView, reach: int, is_visitor: bool, table: Table, dice: Dice) -> Fields:
    """A dare near their reach that the squad has not seen lately; a plain card for a visitor."""
    if not is_visitor and dice.chance(OWN_WORDS_PERCENT):
        text, difficulty = dice.pick(table.lines.own_words)
        return {"text": text, "kind": DareKind.ASK, "difficulty": difficulty}
    lately = {seen[5].get("card") for seen in view.feed}
    fitting = [
        card
        for card in table.cards
        if card.difficulty <= reach + (not is_visitor)
        and not NEVER & set(card.categories)
        and not (is_visitor and card.categories)
    ]
    fresh = [card for card in fitting if card.card not in lately] or fitting
    if is_visitor:
        # The gentlest first: a stranger's first dare should be small and short to read.
        fresh = [card for card in fresh if card.difficulty == min(c.difficulty for c in fresh)]
    return {"card": dice.pick(fresh).card}


def _card_of(battle: Fields, me: Friend, table: Table, dice: Dice) -> str:
    """The next card of a battle's deck; without one, a card that they dare to take."""
    if battle["mode"] != BattleMode.NO_RACE:
        return cast(list[str], battle["cards"])[me.taken.get(str(battle["battle"]), 0)]
    lately = {seen[5].get("card") for seen in me.view.feed}
    fitting = [
        card.card
        for card in table.cards
        if card.battle_safe
        and card.difficulty <= me.persona.reach + 1
        and not NEVER & set(card.categories)
    ]
    return dice.pick([card for card in fitting if card not in lately] or fitting)


def _report(me: Friend, dare: Fields, table: Table, dice: Dice) -> Fields:
    fields: Fields = {}
    if dare["kind"] == DareKind.ACT:
        fields["counts"], outcome = _counts(dice)
    else:
        outcome = _outcome(me.view, dice)
        fields["outcome"] = outcome
    if dice.chance(me.persona.talk):
        own = table.lines.of_card.get(str(dare.get("card")), {}).get(outcome, ())
        fields["line"] = _unsaid(own, table.lines.said[outcome], me.view, dice)
    return fields


def _outcome(view: SquadView, dice: Dice) -> Outcome:
    """Luck, but no squad is long without a no, and nobody hears the same all evening."""
    heard = [seen[5]["outcome"] for seen in view.feed if seen[1] == "dare.reported"]
    if Outcome.REJECTED not in heard:
        return Outcome.REJECTED
    weights = [12 * luck // (1 + heard[-3:].count(outcome)) for outcome, luck in LUCK.items()]
    return dice.pick(list(LUCK), weights)


def _counts(dice: Dice) -> tuple[dict[str, int], Outcome]:
    """So many met, so many friendly: a group answers as most of it does."""
    yes = dice.pick(range(ASKED + 1))
    outcome = Outcome.GRANTED if yes * 2 > ASKED else Outcome.REJECTED
    return {"asked": ASKED, "yes": yes, "no": ASKED - yes}, outcome


def _unsaid(own: Sequence[str], any_: Sequence[str], view: SquadView, dice: Dice) -> str:
    """A line about this very card if nobody has said it yet, else one that is not in the feed."""
    said = {cast(str | None, seen[5].get("line")) for seen in view.feed}
    for lines in (own, any_):
        fresh = [line for line in lines if line not in said]
        if fresh:
            return dice.pick(fresh)
    return dice.pick(any_)
