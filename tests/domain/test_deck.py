"""The deck (rules §3, §9, §14)."""

import re
from collections import Counter

import pytest

from domain.dares.terms import Card, Category, DareKind
from domain.deck import BY_ID, DECK

each_card = pytest.mark.parametrize("card", DECK, ids=lambda card: card.card)


def test_there_are_twenty_cards() -> None:
    assert len(DECK) == 20


def test_no_two_cards_share_an_id_a_title_or_a_text() -> None:
    for values in zip(*((card.card, card.title, card.text) for card in DECK), strict=True):
        assert len(set(values)) == len(DECK)


def test_every_card_is_found_by_its_id() -> None:
    assert tuple(BY_ID.values()) == DECK
    assert all(BY_ID[card.card] is card for card in DECK)


@each_card
def test_a_card_keeps_the_limits_of_a_dare(card: Card) -> None:
    assert 1 <= len(card.text) <= 280
    assert 1 <= len(card.title) <= 40
    assert card.difficulty in range(1, 6)


@each_card
def test_a_cards_id_is_fit_for_addresses(card: Card) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", card.card)


@each_card
def test_a_card_is_written_out(card: Card) -> None:
    """Whole sentences, no stray or doubled spaces where lines were joined."""
    assert card.text == " ".join(card.text.split())
    assert card.text[-1] in ".?!"
    assert card.title == card.title.strip()


@each_card
def test_a_card_names_each_category_once(card: Card) -> None:
    assert len(set(card.categories)) == len(card.categories)


def test_every_level_has_a_choice() -> None:
    spread = Counter(card.difficulty for card in DECK)

    assert [spread[d] for d in range(1, 6)] == [4, 5, 5, 3, 3]


def test_there_is_something_to_ask_and_something_to_do() -> None:
    assert {card.kind for card in DECK} == set(DareKind)


def test_most_cards_can_be_played_in_a_battle_and_on_every_rung_but_one() -> None:
    safe = {card.difficulty for card in DECK if card.battle_safe}

    assert safe == {1, 2, 3, 5}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("note-asking-for-help", ("note", "strangers", "help", "answers")),
        ("table-says-hi-to-mum", ("mum", "table of strangers", "hi", "Ask before")),
        ("department-store-hellos", ("department store", "compliment", "introduce yourself")),
        ("greet-the-aeroplane", ("boarding an aeroplane", "greet", "Never at security")),
    ],
)
def test_the_scenes_that_the_game_comes_from_are_in_it(name: str, words: tuple[str, ...]) -> None:
    (card,) = (card for card in DECK if card.card == name)

    assert [word for word in words if word not in card.text] == []


@each_card
def test_no_card_forbids_a_refusal(card: Card) -> None:
    """One ask, and the first no is taken (rules §9.4)."""
    pushy = r"insist|refus|until (they|he|she|somebody)|don't (take|accept|stop)|again|must|beg\b"

    assert not re.search(pushy, card.text, re.IGNORECASE)


@each_card
def test_no_card_asks_for_what_the_content_rules_block(card: Card) -> None:
    blocked = r"police|fire alarm|bomb|drug|weapon|naked|kiss|steal|climb|drive|secretly|child"

    assert not re.search(blocked, card.text, re.IGNORECASE)


@each_card
def test_a_card_that_films_asks_first(card: Card) -> None:
    if re.search(r"camera|video|film", card.text, re.IGNORECASE):
        assert Category.FILMING in card.categories
        assert "Ask before" in card.text


@each_card
def test_a_card_about_food_or_money_says_so(card: Card) -> None:
    if re.search(r"\bcoffee\b|\bmeal\b|\bglass\b", card.text, re.IGNORECASE):
        assert Category.FOOD_DRINK in card.categories
    if re.search(r"cheaper|discount|price", card.text, re.IGNORECASE):
        assert Category.MONEY in card.categories


@each_card
def test_no_card_is_of_a_kind_that_everybody_has_denied_by_default_but_filming(card: Card) -> None:
    """Touch and alcohol are denied to begin with (rules §9.2), so such a card would be idle."""
    assert not {Category.TOUCH, Category.ALCOHOL_VENUE} & set(card.categories)
