"""How a player behaves, told as: what they see, and what they might do about it."""

import pytest

from projections.squad_view import Fields, Seen, SquadView
from server.demo.behaviour import (
    AFOOT,
    CHEERS,
    ENOUGH,
    FEW_ISSUES,
    OLD_NEWS_MS,
    Wish,
    has_had_enough,
    wishes,
)
from server.demo.cast import Persona
from server.demo.circle import LEFT_ALONE_MS, Circle, Friend, Moment, circle_of

NOW = 1_795_435_200_000
ME, PAL, VISITOR = "me", "pal", "visitor"
LATER = Moment(NOW + 60_000)
PERSONA = Persona(handle="Mia", reach=2, talk=50, warmth=3)


def dare(state: str, *, issuer: str = PAL, target: str = ME, difficulty: int = 1) -> Fields:
    """A dare as the view has it."""
    return {
        "dare": "dare-1",
        "state": state,
        "issuer": issuer,
        "target": target,
        "difficulty": difficulty,
    }


def step(kind: str, by: str = PAL, at: int = NOW, **body: object) -> Seen:
    """An event of the feed."""
    return (1, kind, at, by, None, {"dare": "dare-1", **body})


def friend(*dares: Fields, feed: tuple[Seen, ...] = (), **fields: bool | int) -> Friend:
    """Me, seeing these dares."""
    view = SquadView(dares={f"dare-{n}": one for n, one in enumerate(dares, 1)}, feed=list(feed))
    return Friend(player=ME, persona=PERSONA, view=view, **fields)  # type: ignore[arg-type]


def circle(
    *,
    awake: frozenset[str] = frozenset({ME}),
    busy: frozenset[str] = frozenset(),
    has_visitor: bool = False,
) -> Circle:
    """Me and a pal, of whom ``awake`` play."""
    welcome = frozenset({VISITOR}) if has_visitor else frozenset[str]()
    return Circle(cast=frozenset({ME, PAL}), awake=awake, busy=busy, welcome=welcome)


def kinds(found: list[Wish]) -> list[str]:
    """What is wished for."""
    return [wish.kind for wish in found]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("OFFERED", ["dare.accept", "dare.decline"]),
        ("ACCEPTED", ["dare.start"]),
        ("IN_PROGRESS", ["dare.report"]),
        ("REPORTED", []),
    ],
)
def test_a_dare_to_me_goes_one_step_on(state: str, expected: list[str]) -> None:
    assert expected == kinds(wishes(friend(dare(state)), circle(), LATER))


@pytest.mark.parametrize("state", ["OFFERED", "ACCEPTED", "IN_PROGRESS"])
def test_nobody_is_done_in_no_time(state: str) -> None:
    """Thinking, getting up and asking take a while."""
    me = friend(dare(state), feed=(step("dare.issued"),))

    assert [] == wishes(me, circle(), Moment(NOW + 1_000))


def test_a_faster_evening_feels_longer() -> None:
    me = friend(dare("ACCEPTED"), feed=(step("dare.accepted"),))

    assert ["dare.start"] == kinds(wishes(me, circle(), Moment(NOW + 1_000, speed=10)))


def test_a_dare_beyond_ones_reach_may_be_left_after_all() -> None:
    me = friend(dare("ACCEPTED", difficulty=4))

    assert ["dare.start", "dare.bail"] == kinds(wishes(me, circle(), LATER))


def test_the_harder_the_dare_the_likelier_a_not_today() -> None:
    easy, hard = (
        wishes(friend(dare("OFFERED", difficulty=d)), circle(), LATER)[1].weight for d in (1, 5)
    )

    assert easy < hard


def test_what_a_visitor_dares_is_taken_on_and_comes_first() -> None:
    """Somebody real waits."""
    theirs = wishes(friend(dare("OFFERED", issuer=VISITOR, difficulty=5)), circle(), LATER)
    ours = wishes(friend(dare("OFFERED")), circle(), LATER)

    assert ["dare.accept"] == kinds(theirs)
    assert theirs[0].is_for_visitor
    assert theirs[0].weight > 10 * ours[0].weight


def test_what_has_waited_longer_presses_more_but_not_without_end() -> None:
    me = friend(dare("ACCEPTED"), feed=(step("dare.accepted"),))
    after = [wishes(me, circle(), Moment(NOW + s * 1_000))[0].weight for s in (4, 20, 60, 600)]

    assert after == sorted(after)
    assert after[0] < after[1] < after[2] == after[3]


def test_one_thing_is_taken_on_at_a_time() -> None:
    started, offered = dare("IN_PROGRESS"), {**dare("OFFERED"), "dare": "dare-2"}

    assert ["dare.report"] == kinds(wishes(friend(started, offered), circle(), LATER))


def test_whoever_rests_answers_visitors_only() -> None:
    asleep = friend(dare("OFFERED"), is_resting=True)
    asked = friend(dare("OFFERED", issuer=VISITOR), is_resting=True)

    assert ["dare.decline"] == kinds(wishes(asleep, circle(has_visitor=True), LATER))
    assert ["dare.accept"] == kinds(wishes(asked, circle(has_visitor=True), LATER))


def test_a_report_is_cheered_for_once_by_each_and_not_for_ever() -> None:
    told = dare("REPORTED", issuer=ME, target=PAL)
    report = step("dare.reported")
    mine = step("cheer.given", by=ME)
    others = tuple(step("cheer.given", by=f"other-{n}") for n in range(CHEERS))

    def found(*feed: Seen, at: int = NOW + 5_000) -> list[str]:
        return kinds(wishes(friend(told, feed=feed), circle(), Moment(at)))

    assert ["cheer"] == found(report)
    assert [] == found(report, mine)
    assert [] == found(report, *others)
    assert [] == found(report, at=NOW + OLD_NEWS_MS)


def test_whoever_has_come_in_is_dared_before_any_friend() -> None:
    both = wishes(friend(), circle(awake=frozenset({ME, PAL}), has_visitor=True), LATER)

    assert [VISITOR, PAL] == [wish.target for wish in both]
    assert both[0].weight > 10 * both[1].weight


def test_friends_who_have_a_dare_are_not_given_another() -> None:
    everybody = frozenset({ME, PAL})

    assert [] == wishes(friend(), circle(awake=everybody, busy=frozenset({PAL})), LATER)


def test_there_are_not_too_many_dares_at_once() -> None:
    cast = frozenset({ME, PAL, *(f"friend-{n}" for n in range(AFOOT))})
    full = Circle(cast=cast, awake=cast, busy=cast - {ME, PAL}, welcome=frozenset())

    assert [] == wishes(friend(), full, LATER)


def test_the_limit_of_a_day_is_not_reached() -> None:
    me = friend(issued=FEW_ISSUES)

    assert [] == wishes(me, circle(awake=frozenset({ME, PAL}), has_visitor=True), LATER)


def test_one_rests_after_enough_but_not_in_the_middle_of_a_dare() -> None:
    done, in_it = friend(reported=ENOUGH), friend(dare("IN_PROGRESS"), reported=ENOUGH)

    assert (True, False) == (has_had_enough(done), has_had_enough(in_it))


def seen_by_pal(*dares: Fields, feed: tuple[Seen, ...] = ()) -> Friend:
    """The pal, whose roster has a visitor."""
    view = SquadView(
        roster={VISITOR: {"player": VISITOR}, PAL: {"player": PAL}, "gone": {"left": True}},
        dares={f"dare-{n}": one for n, one in enumerate(dares, 1)},
        feed=list(feed),
    )
    return Friend(player=PAL, persona=PERSONA, view=view)


JOINED: Seen = (1, "member.joined", NOW, VISITOR, None, {"player": VISITOR})
OFFER = dare("OFFERED", issuer=PAL, target=VISITOR)


@pytest.mark.parametrize(
    ("dares", "dared", "present", "feed", "expected"),
    [
        ((), {}, {}, (JOINED,), {VISITOR}),
        ((), {}, {}, (), set()),
        ((), {}, {VISITOR: 1}, (), {VISITOR}),
        ((), {}, {VISITOR: 2}, (), set()),
        ((OFFER,), {}, {}, (JOINED,), set()),
        ((), {VISITOR: NOW}, {}, (JOINED,), set()),
        ((), {VISITOR: NOW + 60_000 - LEFT_ALONE_MS - 1}, {}, (JOINED,), {VISITOR}),
    ],
    ids=["new", "not here", "present", "away", "dared", "dared lately", "dared a while ago"],
)
def test_who_is_welcome(
    dares: tuple[Fields, ...],
    dared: dict[str, int],
    present: dict[str, int],
    feed: tuple[Seen, ...],
    expected: set[str],
) -> None:
    """Whoever is here, has nothing to answer, and is not pestered."""
    found = circle_of([seen_by_pal(*dares, feed=feed)], dared, present, LATER)

    assert expected == found.welcome
