"""The deck: dares to pick from, written for this game; a module for each difficulty.

A card is asked of the world as it stands, so each is kind to strangers: one ask, easy to refuse,
nothing that frightens, costs or films anyone without a yes.

A card is one card in every language: dares refer to its id, and everyone reads it in their own
words.
"""

from domain.deck.bold import BOLD
from domain.deck.legend import LEGEND
from domain.deck.nudge import NUDGE
from domain.deck.stretch import STRETCH
from domain.deck.warm_up import WARM_UP

DECK = (*WARM_UP, *NUDGE, *STRETCH, *BOLD, *LEGEND)

BY_ID = {card.card: card for card in DECK}
