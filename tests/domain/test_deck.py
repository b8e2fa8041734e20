"""The deck (rules §3, §9, §14)."""

import re
from collections import Counter
from hashlib import sha256

import pytest

from domain.dares.terms import Card, CardText, Category, DareKind
from domain.deck import BY_ID, DECK
from domain.ids import CardId

FIRST_TWENTY = [
    "time-phone-in-hand",
    "best-thing-today",
    "good-morning-five",
    "which-apple",
    "coffee-discount",
    "book-worth-it",
    "note-asking-for-help",
    "draw-me-a-cat",
    "recipe-from-the-kitchen",
    "sing-along-bus-stop",
    "table-says-hi-to-mum",
    "shoes-compliment-swap",
    "join-the-game",
    "teach-me-one-word",
    "department-store-hellos",
    "shop-announcement",
    "try-your-job",
    "dance-request",
    "greet-the-aeroplane",
    "toast-the-room",
]

each_card = pytest.mark.parametrize("card", DECK, ids=lambda card: card.card)
each_text = pytest.mark.parametrize(
    ("card", "said"),
    [(card, said) for card in DECK for locale in ("en", "de") if (said := card.in_locale(locale))],
)


def test_there_are_sixty_cards_at_least() -> None:
    assert len(DECK) >= 60


def test_no_two_cards_share_an_id_a_title_or_a_text() -> None:
    english = [(card.card, card.title, card.text) for card in DECK]
    german = [(card.german.title, card.german.text) for card in DECK]
    for values in (*zip(*english, strict=True), *zip(*german, strict=True)):
        assert len(set(values)) == len(DECK)


def test_every_card_is_found_by_its_id() -> None:
    assert tuple(BY_ID.values()) == DECK
    assert all(BY_ID[card.card] is card for card in DECK)


def test_the_cards_that_logs_refer_to_say_what_they_always_said() -> None:
    told = [
        f"{card.card}|{card.title}|{card.text}|{card.kind}|{card.difficulty}"
        f"|{','.join(card.categories)}|{card.battle_safe}"
        for card in (BY_ID[CardId(name)] for name in sorted(FIRST_TWENTY))
    ]
    digest = sha256("\n".join(told).encode()).hexdigest()

    assert "ce40d564ec182cf4d7cc0b4e0bafc8a149c78b0dbc7018720ddae6283556ff21" == digest


def test_a_card_speaks_english_and_german_of_every_country() -> None:
    card = BY_ID[DECK[0].card]
    english = CardText(title=card.title, text=card.text)

    assert [english, english, card.german, card.german, None] == [
        card.in_locale(locale) for locale in ("en", "en-GB", "de", "de-AT", "fr")
    ]


@each_card
def test_a_card_is_translated(card: Card) -> None:
    """Not merely copied."""
    assert card.german.text != card.text


@each_text
def test_a_card_keeps_the_limits_of_a_dare(card: Card, said: CardText) -> None:
    assert 1 <= len(said.text) <= 280
    assert 1 <= len(said.title) <= 40
    assert card.difficulty in range(1, 6)


@each_card
def test_a_cards_id_is_fit_for_addresses(card: Card) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", card.card)


@each_text
def test_a_card_is_written_out(card: Card, said: CardText) -> None:
    """Whole sentences, no stray or doubled spaces where lines were joined."""
    assert said.text == " ".join(said.text.split())
    assert said.text[-1] in ".?!"
    assert said.title == said.title.strip()


@each_card
def test_a_card_names_each_category_once(card: Card) -> None:
    assert set(card.categories) <= set(Category)
    assert len(set(card.categories)) == len(card.categories)


def test_every_level_has_a_choice() -> None:
    spread = Counter(card.difficulty for card in DECK)

    assert [spread[d] for d in range(1, 6)] == [15, 15, 14, 10, 6]


def test_most_cards_touch_nothing_that_somebody_might_deny() -> None:
    free = [card for card in DECK if not card.categories]

    assert len(free) > len(DECK) // 2


def test_there_is_something_to_ask_and_something_to_do() -> None:
    assert {card.kind for card in DECK} == set(DareKind)


def test_a_battle_finds_cards_on_every_rung() -> None:
    safe = Counter(card.difficulty for card in DECK if card.battle_safe)

    assert min(safe[d] for d in range(1, 6)) >= 4


@each_card
def test_no_card_that_calls_or_films_is_played_in_a_battle(card: Card) -> None:
    """A call needs a quiet hour, and a camera a yes first."""
    if {Category.PHONE_ONLINE, Category.FILMING} & set(card.categories):
        assert not card.battle_safe


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
    aufdringlich = r"besteh|weiger|\bbis (sie|er|jemand)|lass nicht locker|noch ?mal|erneut|musst"

    assert not re.search(pushy, card.text, re.IGNORECASE)
    assert not re.search(aufdringlich, card.german.text, re.IGNORECASE)


@each_card
def test_no_card_asks_for_what_the_content_rules_block(card: Card) -> None:
    blocked = (
        r"police|fire alarm|bomb|drug|weapon|naked|kiss|steal|climb|drive\b|secretly|child"
        r"|\bhugs?\b|touch|\bdogs?\b|\bcats? (on|in)|phone number|address of|instagram|@|\beats?\b"
    )
    verboten = (
        r"polizei|feueralarm|bombe|drogen|waffe|nackt|küss|klau|kletter|heimlich|kinder"
        r"|umarm|berühr|anfass|\bhund|handynummer|telefonnummer|instagram|@|\biss\b"
    )

    assert not re.search(blocked, card.text, re.IGNORECASE)
    assert not re.search(verboten, card.german.text, re.IGNORECASE)


@each_card
def test_a_card_that_films_asks_first(card: Card) -> None:
    if re.search(r"camera|video|film", card.text, re.IGNORECASE):
        assert Category.FILMING in card.categories
        assert "Ask before" in card.text
        assert "Frag, bevor" in card.german.text


@each_card
def test_a_card_about_food_or_money_says_so(card: Card) -> None:
    if re.search(r"\bcoffee\b|\bmeal\b|\bglass\b", card.text, re.IGNORECASE):
        assert Category.FOOD_DRINK in card.categories
    if re.search(r"cheaper|discount|price|upgrade", card.text, re.IGNORECASE):
        assert Category.MONEY in card.categories


@each_card
def test_a_card_before_an_audience_or_about_looks_says_so(card: Card) -> None:
    if re.search(r"\bsing\b|speech|\bdance\b|poem|applause|announce", card.text):
        assert Category.PERFORMANCE in card.categories
    if re.search(r"compliment|\bsocks\b", card.text, re.IGNORECASE):
        assert Category.APPEARANCE in card.categories


@each_card
def test_no_card_is_of_a_kind_that_everybody_has_denied_by_default_but_filming(card: Card) -> None:
    """Touch and alcohol are denied to begin with (rules §9.2), so such a card would be idle."""
    assert not {Category.TOUCH, Category.ALCOHOL_VENUE} & set(card.categories)
