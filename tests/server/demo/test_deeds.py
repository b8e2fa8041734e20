"""What a wish becomes: gentle for visitors, varied for everybody, the same for the same seed."""

import pytest

from domain.cheers import Emoji
from domain.deck import DECK
from domain.scoring import Outcome
from projections.squad_view import Fields, Seen, SquadView
from server.clock import Dice
from server.demo.behaviour import Wish
from server.demo.cast import Persona
from server.demo.circle import Friend
from server.demo.deeds import GENTLE, NEVER, Table, body_of
from server.demo.lines import DE, EN, Lines
from server.protocol.bodies import body_of as typed_body
from server.protocol.server_messages import Body
from server.protocol.views import DeckCard

CARDS = tuple(
    DeckCard(
        card=card.card,
        title=card.title,
        text=card.text,
        kind=card.kind,
        difficulty=card.difficulty,
        categories=card.categories,
        battle_safe=card.battle_safe,
        locale="en",
    )
    for card in DECK
)
OF = {card.card: card for card in CARDS}
SEEDS = range(60)
BATTLE = "01M89E2CYAPG6MBMZ8PC20NCDV"
LIVE: Fields = {"battle": BATTLE, "state": "LIVE", "mode": "NO_RACE", "double_down": True}
MINE: Fields = {"dare": "dare-1", "kind": "ASK", "card": "which-apple", "outcome": "IGNORED"}


def friend(
    *feed: Seen, talk: int = 100, dare: Fields = MINE, battle: Fields | None = None
) -> Friend:
    """Somebody with a dare of theirs, who has seen this."""
    view = SquadView(dares={"dare-1": dare}, feed=list(feed), battle=battle)
    persona = Persona(handle="Mia", reach=3, talk=talk, warmth=3)
    return Friend(player="me", persona=persona, view=view)


def report(outcome: str, line: str | None = None) -> Seen:
    """A report in the feed."""
    return (1, "dare.reported", 1, "pal", None, {"outcome": outcome, "line": line})


def body(
    kind: str,
    seed: int,
    me: Friend,
    *,
    target: Friend | None = None,
    lines: Lines = EN,
    to: str = "you",
) -> Body:
    """What comes of a wish; the wire must take it."""
    wish = Wish(by="me", kind=kind, target=to, dare="dare-1")
    made = body_of(wish, me, target, Table(CARDS, lines), Dice(seed))
    typed_body(kind, made)
    return made


def test_the_same_seed_makes_the_same_choices() -> None:
    once, again = (
        [body(kind, seed, friend()) for kind in ("dare.issue", "dare.report") for seed in SEEDS]
        for _ in range(2)
    )

    assert once == again


def test_a_visitor_is_dared_to_something_gentle_from_the_deck() -> None:
    cards = [OF[str(body("dare.issue", seed, friend())["card"])] for seed in SEEDS]

    assert {1} == {card.difficulty for card in cards}
    assert {card.categories for card in cards} == {()}


def test_a_visitor_who_has_had_the_gentlest_gets_the_next_gentle_ones() -> None:
    feed: list[Seen] = [
        (1, "dare.issued", 1, "pal", None, {"card": c.card}) for c in CARDS if c.difficulty == 1
    ]
    cards = [OF[str(body("dare.issue", seed, friend(*feed))["card"])] for seed in SEEDS]

    assert {GENTLE} == {card.difficulty for card in cards}


def test_friends_dare_within_reach_and_sometimes_in_their_own_words() -> None:
    dares = [body("dare.issue", seed, friend(), target=friend()) for seed in SEEDS]
    cards = [OF[str(dare["card"])] for dare in dares if "card" in dare]

    assert max(card.difficulty for card in cards) == 4
    assert [card for card in cards if NEVER & set(card.categories)] == []
    assert 0 < len(cards) < len(dares)


def test_what_the_squad_has_seen_lately_is_not_dared_again() -> None:
    gentle = [c.card for c in CARDS if c.difficulty <= GENTLE and not c.categories]
    feed: list[Seen] = [(1, "dare.issued", 1, "pal", None, {"card": card}) for card in gentle[1:]]
    found = {body("dare.issue", seed, friend(*feed))["card"] for seed in SEEDS}

    assert {gentle[0]} == found


def test_no_squad_is_without_a_no() -> None:
    found = {body("dare.report", seed, friend(report("GRANTED")))["outcome"] for seed in SEEDS}

    assert {Outcome.REJECTED} == found


def test_the_world_answers_in_every_way() -> None:
    found = {body("dare.report", seed, friend(report("REJECTED")))["outcome"] for seed in SEEDS}

    assert set(Outcome) == found


def test_what_is_done_with_several_people_is_reported_in_numbers() -> None:
    several = {**MINE, "kind": "ACT"}
    counts = [body("dare.report", seed, friend(dare=several))["counts"] for seed in SEEDS]

    assert all(c["asked"] == c["yes"] + c["no"] for c in counts)  # type: ignore[index]


@pytest.mark.parametrize("lines", [EN, DE], ids=["en", "de"])
def test_a_line_is_not_said_twice_while_there_are_others(lines: Lines) -> None:
    quiet = {**MINE, "card": None}
    feed = [report("REJECTED", line) for line in lines.said[Outcome.REJECTED][:-1]]
    said = {
        made.get("line")
        for seed in SEEDS
        if (made := body("dare.report", seed, friend(*feed, dare=quiet), lines=lines))["outcome"]
        == Outcome.REJECTED
    }

    assert {lines.said[Outcome.REJECTED][-1]} == said


def test_some_say_nothing() -> None:
    assert "line" not in body("dare.report", 1, friend(talk=0))


def test_a_cheer_fits_what_happened() -> None:
    found = {body("cheer", seed, friend())["emoji"] for seed in SEEDS}

    assert {Emoji.MUSCLE, Emoji.LAUGH, Emoji.HEART} == found


def test_every_line_about_a_card_is_about_one_that_there_is() -> None:
    assert set() == set(EN.of_card) - set(OF)


def test_a_battle_is_of_one_mode_or_the_other_and_hot() -> None:
    opened = [body("battle.open", seed, friend()) for seed in SEEDS]

    assert {"NO_RACE", "SAME_DECK"} == {str(one["mode"]) for one in opened}
    assert all(one["heat"] and one["double_down"] for one in opened)


@pytest.mark.parametrize("kind", ["battle.join", "battle.start", "battle.cancel"])
def test_what_is_done_about_a_battle_names_it(kind: str) -> None:
    assert {"battle": BATTLE} == body(kind, 1, friend(battle=LIVE))


def test_a_card_of_ones_own_choice_is_safe_and_not_too_far() -> None:
    me = friend(battle=LIVE)
    made = [body("dare.issue", seed, me, target=me, to="me") for seed in SEEDS]
    cards = [OF[str(one["card"])] for one in made]

    assert {("me", BATTLE)} == {(one["target"], one["battle"]) for one in made}
    assert [c for c in cards if not c.battle_safe or NEVER & set(c.categories)] == []
    assert max(card.difficulty for card in cards) == 4


def test_the_cards_of_a_battles_deck_are_taken_in_order() -> None:
    me = friend(battle={**LIVE, "mode": "SAME_DECK", "cards": ["which-apple", "best-thing-today"]})
    first = body("dare.issue", 1, me, target=me, to="me")
    me.taken = {BATTLE: 1}
    second = body("dare.issue", 1, me, target=me, to="me")

    assert ("which-apple", "best-thing-today") == (first["card"], second["card"])


@pytest.mark.parametrize(
    ("battle", "dare", "expected"),
    [
        (LIVE, {**MINE, "battle": BATTLE}, {True, False}),
        ({**LIVE, "double_down": False}, {**MINE, "battle": BATTLE}, {False}),
        (LIVE, MINE, {False}),
        ({**LIVE, "state": "FINISHED"}, {**MINE, "battle": BATTLE}, {False}),
    ],
    ids=["allowed", "not allowed", "another dare", "over"],
)
def test_some_double_down_where_it_means_something(
    battle: Fields, dare: Fields, expected: set[bool]
) -> None:
    me = friend(battle=battle, dare=dare)

    assert expected == {"double_down" in body("dare.start", seed, me) for seed in SEEDS}
