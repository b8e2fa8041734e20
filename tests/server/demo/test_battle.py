"""How friends go about a battle, told as: what they see, and what they might do about it."""

import pytest

from domain.battles.state import BattleState
from projections.squad_view import Fields, Seen, SquadView
from server.demo.battle import JOIN_FRIENDS, JOIN_VISITORS, LAST_CARD_MS, WAIT_MS, battle_wishes
from server.demo.behaviour import ENOUGH, has_had_enough, wishes
from server.demo.circle import (
    CHALLENGE_AFTER_MS,
    LEFT_ALONE_MS,
    NO_BATTLE_MS,
    Circle,
    Friend,
    Moment,
    circle_of,
)
from server.protocol.views import BattleScore, BattleTable
from tests.server.demo.test_behaviour import LATER, ME, NOW, PAL, PERSONA, VISITOR, dare, step
from tests.server.demo.test_behaviour import circle as quiet_circle

BATTLE = "battle-1"
CAST = frozenset({ME, PAL, "third", "fourth", "fifth"})
LONG_AFTER = Moment(NOW + WAIT_MS)


def battle(state: str = "LIVE", *players: str, host: str = ME, **fields: object) -> Fields:
    """A battle as the view has it, which goes on for long."""
    return {
        "battle": BATTLE,
        "state": state,
        "host": host,
        "mode": "NO_RACE",
        "ruleset": 0,
        "participants": [host, *players],
        "ends_at": LATER.now + 10 * LAST_CARD_MS,
        **fields,
    }


def card(state: str, difficulty: int = 1, **fields: object) -> Fields:
    """A card that I have taken in it."""
    return {**dare(state, issuer=ME, difficulty=difficulty), "battle": BATTLE, **fields}


def friend(
    going_on: Fields | None, *dares: Fields, feed: tuple[Seen, ...] = (), is_resting: bool = False
) -> Friend:
    """Me, seeing this battle."""
    view = SquadView(
        battle=going_on, dares={str(one["dare"]): one for one in dares}, feed=list(feed)
    )
    return Friend(player=ME, persona=PERSONA, view=view, is_resting=is_resting)


def circle(*challenge: str) -> Circle:
    """Everybody is awake."""
    return Circle(
        cast=CAST, awake=CAST, busy=frozenset(), welcome=frozenset(), challenge=frozenset(challenge)
    )


def found(me: Friend, around: Circle | None = None, moment: Moment = LATER) -> list[str]:
    """What is wished for."""
    return [wish.kind for wish in battle_wishes(me, around or circle(), moment)]


def news(kind: str, at: int = NOW) -> Seen:
    """Something that happened to the battle."""
    return (1, f"battle.{kind}", at, PAL, None, {"battle": BATTLE})


OVER = {**battle("FINISHED"), "battle": "battle-0"}


@pytest.mark.parametrize("before", [None, OVER], ids=["the first", "another was"])
def test_a_visitor_is_challenged_by_whoever_is_awake(before: Fields | None) -> None:
    assert ["battle.open"] == found(friend(before), circle(VISITOR))
    assert [] == found(friend(before), circle())
    assert [] == found(friend(before, is_resting=True), circle(VISITOR))


@pytest.mark.parametrize(
    ("going_on", "expected"),
    [
        (battle("LOBBY", host=PAL), ["battle.join"]),
        (battle("LOBBY", "third", "fourth", host=PAL), ["battle.join"]),
        (battle("LOBBY", *sorted(CAST - {ME, PAL})[:JOIN_FRIENDS], host=PAL), []),
        (battle("LOBBY", "third", host=VISITOR), ["battle.join"]),
        (battle("LOBBY", *sorted(CAST - {ME})[:JOIN_VISITORS], host=VISITOR), []),
        (battle("LOBBY", host=VISITOR, mode="DUEL"), ["battle.join"]),
        (battle("LOBBY", "third", host=VISITOR, mode="DUEL"), []),
        (battle("LOBBY", "stranger", host=VISITOR, mode="DUEL"), []),
        (battle("LOBBY", ME, host=PAL), []),
        (battle("COUNTDOWN", host=PAL), []),
    ],
)
def test_a_few_join(going_on: Fields, expected: list[str]) -> None:
    assert expected == found(friend(going_on))


def test_nobody_joins_in_no_time_or_at_rest() -> None:
    lobby = battle("LOBBY", host=PAL)

    assert [] == found(friend(lobby, feed=(news("opened", LATER.now),)))
    assert [] == found(friend(lobby, is_resting=True))


@pytest.mark.parametrize(
    ("players", "opened", "joined", "expected"),
    [
        ((PAL, "third"), NOW + 1, NOW + 1, []),
        ((PAL, VISITOR), NOW + 1, NOW + 1, ["battle.start"]),
        ((PAL, VISITOR), NOW + 1, LONG_AFTER.now, []),
        ((VISITOR,), NOW + 1, NOW + 1, []),
        ((PAL,), NOW, NOW, ["battle.start"]),
        ((), NOW, NOW, ["battle.cancel"]),
    ],
    ids=["waits", "is in", "just came", "two", "came not", "nobody came"],
)
def test_the_host_waits_for_the_visitor_but_not_for_ever(
    players: tuple[str, ...], opened: int, joined: int, expected: list[str]
) -> None:
    me = friend(battle("LOBBY", *players), feed=(news("opened", opened), news("joined", joined)))

    assert expected == found(me, moment=LONG_AFTER)


@pytest.mark.parametrize(
    ("mine", "state", "expected"),
    [
        (None, "LIVE", ["dare.issue"]),
        (card("ACCEPTED"), "LIVE", ["dare.start", "dare.bail"]),
        (card("IN_PROGRESS"), "LIVE", ["dare.report"]),
        (card("REPORTED"), "LIVE", ["dare.issue"]),
        (None, "GRACE", []),
        (card("ACCEPTED"), "GRACE", []),
        (card("IN_PROGRESS"), "GRACE", ["dare.report"]),
        (dare("ACCEPTED"), "LIVE", []),
    ],
)
def test_a_card_goes_one_step_on(mine: Fields | None, state: str, expected: list[str]) -> None:
    me = friend(battle(state, PAL), *([] if mine is None else [mine]))

    assert expected == found(me)


def test_nobody_asks_in_no_time_but_tells_at_once_when_time_is_up() -> None:
    feed, soon = (step("dare.started"),), Moment(NOW + 1_000)

    assert [] == found(friend(battle("LIVE"), card("IN_PROGRESS"), feed=feed), moment=soon)
    assert ["dare.report"] == found(
        friend(battle("GRACE"), card("IN_PROGRESS"), feed=feed), moment=soon
    )


def test_a_card_beyond_ones_reach_is_left_more_often() -> None:
    easy, hard = (
        list(battle_wishes(friend(battle(), card("ACCEPTED", d)), circle(), LATER))[1].weight
        for d in (1, 5)
    )

    assert easy < hard


def test_a_battles_cards_are_of_no_concern_outside_it_until_it_is_over() -> None:
    mine = card("ACCEPTED")

    assert [] == wishes(friend(battle(), mine), quiet_circle(), LATER)
    assert "dare.start" in [w.kind for w in wishes(friend(OVER, mine), quiet_circle(), LATER)]


def test_no_card_is_taken_without_time_for_it() -> None:
    last = battle(ends_at=LATER.now + LAST_CARD_MS)

    assert [] == found(friend(last))
    assert ["dare.issue"] == found(friend(last), moment=Moment(LATER.now - 1))


def test_the_spacing_is_kept_at_any_pace() -> None:
    """Of ruleset 1: three minutes."""
    me = friend(battle(ruleset=1))
    me.scored_at = NOW
    at_last = Moment(NOW + 180_000)
    me.view.battle = battle(ruleset=1, ends_at=at_last.now + 1_000_000)

    assert [] == found(me, moment=Moment(at_last.now - 1, speed=30))
    assert ["dare.issue"] == found(me, moment=at_last)


@pytest.mark.parametrize(("taken", "expected"), [(1, ["dare.issue"]), (2, [])])
def test_no_more_cards_are_taken_than_there_are(taken: int, expected: list[str]) -> None:
    me = friend(battle(mode="SAME_DECK", cards=["which-apple", "best-thing-today"]))
    me.taken = {BATTLE: taken}

    assert expected == found(me)


def test_whoever_takes_no_part_watches() -> None:
    assert [] == found(friend(battle("LIVE", "third", host=PAL)))


def test_nobody_rests_in_the_middle_of_a_battle() -> None:
    in_it, before, after = (friend(battle(state)) for state in ("LIVE", "LOBBY", "FINISHED"))
    for me in (in_it, before, after):
        me.reported = ENOUGH

    assert [False, True, True] == [has_had_enough(me) for me in (in_it, before, after)]


def test_who_has_won_is_cheered_for_before_others() -> None:
    """Once it is over."""
    rows = [
        BattleScore(player=PAL, points=3, rejections=1, reports=1, rank=1),
        BattleScore(player="third", points=1, rejections=0, reports=1, rank=2),
    ]
    told = [
        {**card("REPORTED"), "dare": f"dare-{player}", "target": player, "issuer": player}
        for player in (PAL, "third")
    ]
    feed = tuple(step("dare.reported", by=str(d["target"]), dare=d["dare"]) for d in told)
    weights: dict[str, list[int]] = {}
    for state in (BattleState.LIVE, BattleState.FINISHED):
        me = friend(battle(state), *told, feed=feed)
        me.table = BattleTable(battle=BATTLE, state=state, n=1, rows=rows)
        cheers = [w for w in wishes(me, circle(), Moment(NOW + 5_000)) if w.kind == "cheer"]
        weights[state] = [cheer.weight for cheer in cheers]

    assert weights["LIVE"][0] == weights["LIVE"][1] == weights["FINISHED"][1]
    assert weights["FINISHED"][0] > weights["FINISHED"][1]


def seen_by_pal(going_on: Fields | None = None, *dares: Fields) -> Friend:
    """The pal, who sees that a visitor is in the squad."""
    roster: dict[str, Fields] = {VISITOR: {"player": VISITOR}, PAL: {"player": PAL}}
    view = SquadView(roster=roster, dares={str(one["dare"]): one for one in dares}, battle=going_on)
    return Friend(player=PAL, persona=PERSONA, view=view)


LONG_AGO = LATER.now - CHALLENGE_AFTER_MS - 1
HERE, GOING_IN = 1, 3


@pytest.mark.parametrize(
    ("me", "dared", "present", "battled", "expected"),
    [
        (seen_by_pal(), LONG_AGO, HERE, 0, {VISITOR}),
        (seen_by_pal(OVER), LONG_AGO, HERE, LATER.now - NO_BATTLE_MS - 1, {VISITOR}),
        (seen_by_pal(None, dare("OFFERED", target=VISITOR)), LONG_AGO, HERE, 0, {VISITOR}),
        (seen_by_pal(), None, HERE, 0, set()),
        (seen_by_pal(), LONG_AGO + 1, HERE, 0, set()),
        (seen_by_pal(), LONG_AGO, None, 0, set()),
        (seen_by_pal(), LONG_AGO, GOING_IN, 0, set()),
        (seen_by_pal(None, dare("IN_PROGRESS", target=VISITOR)), LONG_AGO, HERE, 0, set()),
        (seen_by_pal(OVER), LONG_AGO, HERE, LATER.now - NO_BATTLE_MS, set()),
        (seen_by_pal(battle("LOBBY")), LONG_AGO, HERE, 0, set()),
    ],
    ids=[
        "dared a while ago", "again", "thinking", "not dared", "dared just now",
        "not here", "shows that they go in", "is going in", "had one", "there is one",
    ],
)  # fmt: skip
def test_who_is_challenged(
    me: Friend, dared: int | None, present: int | None, battled: int, expected: set[str]
) -> None:
    """Whoever has had a dare and time for it, is here, and not out there right now."""
    known = {} if dared is None else {VISITOR: dared}
    around = {} if present is None else {VISITOR: present}

    assert expected == circle_of([me], known, around, LATER, battled).challenge


def test_whoever_is_in_a_battle_is_not_dared_beside_it() -> None:
    here, long_ago = {VISITOR: HERE}, {VISITOR: LATER.now - LEFT_ALONE_MS - 1}
    fighting = circle_of([seen_by_pal(battle("LOBBY", VISITOR))], long_ago, here, LATER)
    watching = circle_of([seen_by_pal(battle("LOBBY"))], long_ago, here, LATER)

    assert [frozenset(), frozenset({VISITOR})] == [fighting.welcome, watching.welcome]
