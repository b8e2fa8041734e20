"""What is dared: a card of the deck or somebody's own words, with its kind and comfort level."""

from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from domain.facts import Unseen
from domain.ids import CardId, Fingerprint
from domain.personal import Sealed


class DareKind(StrEnum):
    """ASK asks somebody for something; ACT does something in front of people."""

    ASK = "ASK"
    ACT = "ACT"


class Category(StrEnum):
    """What a dare touches, so that everyone can say what they do not want (rules §9)."""

    TOUCH = "touch"
    FLIRTING = "flirting"
    MONEY = "money"
    FOOD_DRINK = "food_drink"
    ALCOHOL_VENUE = "alcohol_venue"
    WORKPLACE = "workplace"
    FILMING = "filming"
    PERFORMANCE = "performance"
    APPEARANCE = "appearance"
    PHONE_ONLINE = "phone_online"
    CHILDREN_NEARBY = "children_nearby"
    RELIGION_POLITICS = "religion_politics"


class CardText(Struct, frozen=True, kw_only=True):
    """What a card says in a language."""

    title: str
    text: str


class Card(Struct, frozen=True, kw_only=True):
    """A card of the deck, in English and German; ``comfort`` is the difficulty d of the rules."""

    card: CardId
    title: str
    text: str
    german: CardText
    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...] = ()
    battle_safe: bool = False

    def in_locale(self, locale: str) -> CardText | None:
        """What it says to somebody with this locale ("de-AT"); None if it does not speak it."""
        match locale.partition("-")[0]:
            case "en":
                return CardText(title=self.title, text=self.text)
            case "de":
                return self.german
            case _:
                return None


class Terms(Struct, frozen=True, kw_only=True):
    """What two people agree on: exactly one of ``card`` and ``text``; difficulty 1..5."""

    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...]
    fingerprint: Annotated[Fingerprint, Unseen]
    card: CardId | None = None
    text: Sealed | None = None
