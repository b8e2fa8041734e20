"""Battles by command: what is answered and refused, what is drawn, and what counts in no limit."""

from collections.abc import AsyncIterator

import pytest

from domain import deck
from domain.battles.events import BattleMode, BattleOpened
from domain.dares.state import ISSUES_A_DAY
from server.commands.for_battles import CARDS
from server.commands.submission import Done
from server.eventlog.log import LogUnavailable
from tests.server.fights import SAFE, UNSAFE, Fight, fight_of
from tests.server.world import DAY_MS, HOUR_MS, CountingLog, World, done, refusal, running

SECOND_MS = 1_000


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


@pytest.fixture
async def fight(world: World) -> Fight:
    """Maya, Sam and Kim, before any battle."""
    return await fight_of(world, "Maya", "Sam", "Kim")


def opened(world: World, squad: str) -> list[BattleOpened]:
    """The battles of a squad."""
    return [one.fact for one in world.facts(squad) if isinstance(one.fact, BattleOpened)]


# Answers


async def test_opening_is_answered_with_the_battle_and_its_host_is_in_it(fight: Fight) -> None:
    """As asked for, by the ruleset of the server."""
    body = {"minutes": 90, "heat": True, "double_down": True}
    answer = done(await fight.ask(fight.host, "open", **body))
    battle = fight.room().battles.current()
    assert battle is not None

    assert answer == {"battle": battle.battle}
    assert (battle.host, battle.participants) == (fight.host, (fight.host,))
    assert (battle.mode, battle.duration_ms, battle.ruleset) == ("NO_RACE", 90 * 60_000, 1)
    assert (battle.heat, battle.double_down, battle.cards) == (True, True, ())


async def test_a_battle_is_an_hour_without_heat_unless_somebody_says_otherwise(
    fight: Fight,
) -> None:
    """Nor is there doubling down."""
    done(await fight.ask(fight.host, "open"))
    (fact,) = opened(fight.world, fight.squad)

    assert (fact.duration_ms, fact.heat, fact.double_down) == (HOUR_MS, False, False)


@pytest.mark.parametrize("verb", ["leave", "start", "cancel"])
async def test_all_else_is_answered_with_where_its_event_is(fight: Fight, verb: str) -> None:
    """By the host, in the lobby."""
    await fight.open()
    reply = await fight.say(fight.host, verb)
    assert isinstance(reply, Done)

    assert (reply.n, reply.body) == (len(fight.world.facts(fight.squad)), None)


async def test_joining_twice_is_a_yes_without_an_event(fight: Fight) -> None:
    """Nothing happens."""
    await fight.open()
    before = fight.world.log.last_seq()
    reply = await fight.say(fight.players[1], "join")

    assert (reply, before) == (Done(squad=fight.squad, n=None, q=None), fight.world.log.last_seq())


async def test_inv_c1_a_battle_whose_answer_was_lost_is_the_same_when_asked_for_again() -> None:
    """The same battle with the same cards, and no other beside it."""
    log = CountingLog()
    async with running(log) as world:
        squad, (maya,) = await world.squad_of("Maya")
        log.failures_after_write = [LogUnavailable("the answer was lost")]
        body = {"mode": "SAME_DECK", "cards": 10}
        replies = [
            await world.do(maya, "battle.open", body, squad=squad, command_id="0" * 26)
            for _ in range(3)
        ]
        (fact,) = opened(world, squad)

        assert [refusal(replies[0]), done(replies[1]), done(replies[2])] == [
            "INTERNAL",
            {"battle": fact.battle},
            {"battle": fact.battle},
        ]


# Cards


@pytest.mark.parametrize("mode", list(BattleMode))
async def test_cards_are_drawn_by_mode(fight: Fight, mode: BattleMode) -> None:
    """None for a battle of any card."""
    done(await fight.ask(fight.host, "open", mode=mode))
    (fact,) = opened(fight.world, fight.squad)

    assert len(fact.cards) == CARDS[mode]


async def test_cards_are_safe_different_and_the_bolder_ones_come_later(fight: Fight) -> None:
    """As many as may be drawn, a few times over."""
    for _ in range(20):
        await fight.open(mode="SAME_DECK", cards=10)
        done(await fight.say(fight.host, "cancel"))
    draws = [fact.cards for fact in opened(fight.world, fight.squad)]
    levels = [[deck.BY_ID[card].difficulty for card in cards] for cards in draws]

    assert {len(set(cards)) for cards in draws} == {10}
    assert {card for cards in draws for card in cards} <= set(SAFE)
    assert levels == [sorted(one) for one in levels]


async def test_cards_are_drawn_by_chance(fight: Fight) -> None:
    """Every battle has its own, and every safe card comes up in the end."""
    for _ in range(60):
        await fight.open(mode="SAME_DECK", cards=10)
        done(await fight.say(fight.host, "cancel"))
    draws = [fact.cards for fact in opened(fight.world, fight.squad)]

    assert len(set(draws)) == len(draws)
    assert {card for cards in draws for card in cards} == set(SAFE)


@pytest.mark.parametrize(
    ("mode", "cards"),
    [("NO_RACE", 1), ("SAME_DECK", 0), ("SAME_DECK", 11), ("DUEL", 2), ("DUEL", 4)],
)
async def test_another_number_of_cards_is_refused(fight: Fight, mode: str, cards: int) -> None:
    """Each mode has its own."""
    reply = await fight.ask(fight.host, "open", mode=mode, cards=cards)

    assert refusal(reply) == "BAD_INPUT"


@pytest.mark.parametrize("mode", ["NO_RACE", "SAME_DECK"])
async def test_only_safe_cards_are_taken(fight: Fight, mode: str) -> None:
    """Neither others of the deck nor one's own words."""
    await fight.begin(mode=mode)
    (maya, *_), world = fight.players, fight.world
    words = {"text": "Ask for a purple umbrella", "kind": "ASK", "difficulty": 2}
    bodies: list[dict[str, object]] = [{"card": UNSAFE[0]}, words]
    replies = [
        await world.do(
            maya, "dare.issue", {"target": maya, "battle": fight.battle, **body}, squad=fight.squad
        )
        for body in bodies
    ]

    assert [refusal(reply) for reply in replies] == ["BATTLE_NOT_SAFE_CARD"] * 2


async def test_a_deck_is_taken_in_its_order(fight: Fight) -> None:
    """By each for themselves; a bailed card is passed over."""
    await fight.begin(mode="SAME_DECK", cards=2)
    (fact,) = opened(fight.world, fight.squad)
    maya, sam, _ = fight.players
    first, second = fact.cards
    early = await fight.world.do(
        maya,
        "dare.issue",
        {"target": maya, "card": second, "battle": fight.battle},
        squad=fight.squad,
    )
    dare = await fight.take(maya, first)
    done(await fight.world.do(maya, "dare.bail", {"dare": dare}, squad=fight.squad))
    await fight.take(maya, second)
    await fight.take(sam, first)

    assert refusal(early) == "BAD_INPUT"


# Refusals


async def test_a_battle_needs_the_ruleset_s_shortest_time() -> None:
    """Ten minutes; for tests and demos twenty seconds."""
    answers = []
    for ruleset, minutes in ((1, 10), (1, 9.9), (0, 1 / 3), (0, 0.3)):
        async with running(ruleset=ruleset) as world:
            fight = await fight_of(world, "Maya")
            reply = await fight.ask(fight.host, "open", minutes=minutes)
            answers.append("yes" if isinstance(reply, Done) else refusal(reply))

    assert answers == ["yes", "BAD_INPUT", "yes", "BAD_INPUT"]


async def test_a_test_battle_starts_after_a_second() -> None:
    """By ruleset 0, which is stored with it."""
    async with running(ruleset=0) as world:
        fight = await fight_of(world, "Maya", "Sam")
        await fight.open(minutes=0.5)
        done(await fight.say(fight.host, "start"))

        assert (fight.due_at(), opened(world, fight.squad)[0].ruleset) == (
            world.clock.now() + SECOND_MS,
            0,
        )


@pytest.mark.parametrize("verb", ["join", "leave", "start", "cancel"])
async def test_an_outsider_learns_nothing_of_a_battle(fight: Fight, verb: str) -> None:
    """Nor whether there is one."""
    await fight.open()
    lou = await fight.world.register("Lou")
    there = await fight.say(lou, verb)
    nowhere = await fight.ask(lou, verb, battle="0" * 26)

    assert (refusal(there), there) == ("FORBIDDEN", nowhere)


@pytest.mark.parametrize("verb", ["join", "leave", "start", "cancel"])
async def test_a_battle_that_there_is_not_is_not_found(fight: Fight, verb: str) -> None:
    """Not even another squad's."""
    await fight.open()
    other = await fight_of(fight.world, "Lou")

    assert refusal(await other.ask(other.host, verb, battle=fight.battle)) == "NOT_FOUND"


async def test_there_is_one_battle_at_a_time(fight: Fight) -> None:
    """In a squad; another one has its own."""
    await fight.open()
    other = await fight_of(fight.world, "Lou")
    second = await fight.ask(fight.players[1], "open")
    elsewhere = await other.ask(other.host, "open")

    assert (refusal(second), type(elsewhere)) == ("WRONG_STATE", Done)


@pytest.mark.parametrize("verb", ["start", "cancel"])
async def test_only_the_host_starts_and_cancels(fight: Fight, verb: str) -> None:
    """Whoever else is in it."""
    await fight.open()

    assert refusal(await fight.say(fight.players[1], verb)) == "FORBIDDEN"


async def test_nobody_battles_alone(world: World) -> None:
    """It takes two."""
    fight = await fight_of(world, "Maya")
    await fight.open()

    assert refusal(await fight.say(fight.host, "start")) == "WRONG_STATE"


async def test_a_duel_is_for_two(world: World) -> None:
    """The third may watch."""
    fight = await fight_of(world, "Maya", "Sam")
    await fight.open(mode="DUEL")
    kim = await world.register("Kim")
    code = await world.invite(fight.host, fight.squad)
    done(await world.do(kim, "squad.join", {"code": code}))

    assert refusal(await fight.say(kim, "join")) == "BATTLE_CLOSED"


async def test_a_live_battle_is_not_called_off(fight: Fight) -> None:
    """It runs; and when it is over there is nothing to call off."""
    await fight.begin()
    live = await fight.say(fight.host, "cancel")
    await fight.end()
    over = await fight.say(fight.host, "cancel")

    assert [refusal(live), refusal(over)] == ["WRONG_STATE", "BATTLE_CLOSED"]


async def test_doubling_down_is_for_battles_that_allow_it(fight: Fight) -> None:
    """Neither for a card of another battle nor for an ordinary dare."""
    await fight.begin(double_down=False)
    maya = fight.host
    dares = [await fight.take(maya), await fight.world.dare(maya, maya, fight.squad)]
    replies = [
        await fight.world.do(
            maya, "dare.start", {"dare": dare, "double_down": True}, squad=fight.squad
        )
        for dare in dares
    ]

    assert [refusal(reply) for reply in replies] == ["BAD_INPUT", "BAD_INPUT"]


async def test_doubling_down_is_worth_a_point_more(fight: Fight) -> None:
    """Declared when going in."""
    await fight.begin()
    dare = await fight.take(fight.host)
    going = {"dare": dare, "double_down": True}
    done(await fight.world.do(fight.host, "dare.start", going, squad=fight.squad))
    done(await fight.report(fight.host, dare, "GRANTED"))

    assert fight.points()[fight.host] == 2


# Limits that battles are outside of


async def test_a_card_of_a_battle_is_claimed_nowhere(fight: Fight) -> None:
    """As neither open nor issued, before and after."""
    await fight.begin()
    maya, log = fight.host, fight.world.log

    def claimed() -> list[object]:
        return [log.find_claims_under(kind, maya) for kind in ("open", "issue")]

    dare = await fight.take(maya)
    while_open = claimed()
    done(await fight.report(maya, dare, "REJECTED"))

    assert (while_open, claimed()) == ([[], []], [[], []])


async def test_cards_use_up_no_dares_of_the_day_here_or_in_another_squad(fight: Fight) -> None:
    """Thirty cards later there are as many left as ever."""
    await fight.begin()
    maya, world = fight.host, fight.world
    other = await world.create_squad(maya)
    for _ in range(ISSUES_A_DAY + 10):
        dare = await fight.take(maya)
        done(await world.do(maya, "dare.bail", {"dare": dare}, squad=fight.squad))
    for squad in (fight.squad, other):
        for _ in range(ISSUES_A_DAY // 2):
            dare = await world.dare(maya, maya, squad)
            done(await world.do(maya, "dare.bail", {"dare": dare}, squad=squad))
    last = await world.do(maya, "dare.issue", {"target": maya, "card": SAFE[0]}, squad=fight.squad)

    assert refusal(last) == "QUOTA"


async def test_whoever_may_dare_no_more_today_can_still_take_a_card(fight: Fight) -> None:
    """A battle is outside of the day's limit."""
    await fight.begin()
    maya, world = fight.host, fight.world
    for _ in range(ISSUES_A_DAY):
        dare = await world.dare(maya, maya, fight.squad)
        done(await world.do(maya, "dare.bail", {"dare": dare}, squad=fight.squad))
    await fight.take(maya)

    assert [battle.taken for battle in fight.room().battles.by_id.values()] == [{maya: 1}]


async def test_an_open_card_leaves_the_open_dares_of_another_squad_their_room(
    fight: Fight,
) -> None:
    """Sam can be dared there as often as without it."""
    world = fight.world
    maya, sam, _ = fight.players
    other = await world.create_squad(maya)
    code = await world.invite(maya, other)
    done(await world.do(sam, "squad.join", {"code": code}))

    async def room_for_dares() -> int:
        dares = []
        for _ in range(20):
            body = {"target": sam, "card": SAFE[0]}
            reply = await world.do(maya, "dare.issue", body, squad=other)
            if not isinstance(reply, Done):
                break
            dares.append(str(done(reply)["dare"]))
        for dare in dares:
            done(await world.do(sam, "dare.decline", {"dare": dare}, squad=other))
        return len(dares)

    before = await room_for_dares()
    world.clock.pass_ms(2 * DAY_MS)
    await fight.begin()
    await fight.take(sam)

    assert 0 < before < 20
    assert await room_for_dares() == before
