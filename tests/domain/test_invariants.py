"""The invariants of squads and dares, over whole histories by chance."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.dares.commands import AcceptDare
from domain.dares.events import (
    AboutDare,
    DareAccepted,
    DareBailed,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareReported,
    DareSettled,
    DareWithdrawn,
    WithdrawReason,
)
from domain.dares.state import LIVE, OPEN, Dares
from domain.ids import DAY_MS, HOUR_MS, SECOND_MS, DareId, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import RingTimer, Room, RoomCommand, RoomFact, decide, evolve
from domain.squads.commands import JoinSquad
from domain.squads.events import MemberJoined, MemberLeft, OwnershipPassed, Role, SquadArchived
from domain.squads.state import Squad
from tests.domain.histories import (
    LONG_AFTER_MS,
    Move,
    World,
    command_of,
    moves,
    play_again,
    worlds,
)
from tests.examples import (
    ANA,
    DARE,
    FRIENDS,
    INVITE,
    NOW,
    OFFER,
    PEOPLE,
    accepted,
    invited,
    issue,
    report,
    room_of,
    sealed,
    squad_of,
)

TERMINAL = (DareDeclined, DareBailed, DareExpired, DareWithdrawn, DareSettled)


def histories_of(world: World) -> list[list[RoomFact]]:
    """The facts of each squad."""
    return [world.facts(squad) for squad in world.rooms]


# Squads


@given(worlds())
def test_inv_s1_an_active_squad_has_members_and_never_too_many(world: World) -> None:
    for facts in histories_of(world):
        room = room_of(facts[:2])
        for fact in facts[2:]:
            evolve(room, fact)

            assert room.squad.is_archived or 0 < len(room.squad.members) <= room.squad.size


@given(st.lists(st.sampled_from(PEOPLE), max_size=12), st.integers(2, 5))
def test_inv_s1_no_order_of_joining_overfills_a_squad(joiners: list[PlayerId], size: int) -> None:
    room = room_of([*squad_of(ANA, size=size), invited(max_uses=size)])
    for player in joiners:
        join = JoinSquad(at=NOW, by=player, invite=INVITE, handle=sealed(player), seat=0)
        is_in, is_full = player in room.squad.members, len(room.squad.members) == size
        answer = _answer(room, join)
        if is_in or not is_full:
            assert len(answer) == (0 if is_in else 1)
            _take(room, decide(room, join))
        else:
            assert answer is RefusalCode.SQUAD_FULL

    assert 0 < len(room.squad.members) <= size


@given(worlds())
def test_inv_s2_an_active_squad_has_exactly_one_owner(world: World) -> None:
    for facts in histories_of(world):
        room = room_of(facts[:2])
        for fact in facts[2:]:
            evolve(room, fact)
            roles = Counter(member.role for member in room.squad.members.values())

            assert room.squad.is_archived or roles[Role.OWNER] == 1


@given(worlds())
def test_inv_s2_ownership_passes_to_a_captain_before_anybody_else(world: World) -> None:
    for facts in histories_of(world):
        room = Room()
        for fact in facts:
            if isinstance(fact, OwnershipPassed):
                others = [m for m in room.squad.members.values() if m.player != fact.previous]
                captains = [m for m in others if m.role is Role.CAPTAIN]
                first = min(captains or others, key=lambda m: (m.joined_at, m.player))

                assert fact.player == first.player
            evolve(room, fact)


@given(worlds())
def test_inv_s5_nothing_of_a_leavers_stays_open(world: World) -> None:
    """Only what time has ended already may still wait for its timer."""
    for facts in histories_of(world):
        room = Room()
        for fact in facts:
            evolve(room, fact)
            if isinstance(fact, MemberLeft):
                waiting = [
                    dare
                    for dare in room.dares.by_id.values()
                    if dare.state in OPEN
                    and fact.player in (dare.issuer, dare.target)
                    and (dare.deadline is None or dare.deadline > fact.at)
                ]

                assert waiting == []


@given(worlds())
def test_inv_s5_the_consequences_come_first_and_the_leave_comes_last(world: World) -> None:
    consequences = (SquadArchived, OwnershipPassed)
    for facts in histories_of(world):
        for fact, following in pairwise([*facts, facts[0]]):
            is_of_leave = isinstance(fact, consequences) or (
                isinstance(fact, DareWithdrawn) and fact.reason is WithdrawReason.PARTY_LEFT
            )

            assert not is_of_leave or isinstance(
                following, (*consequences, DareWithdrawn, MemberLeft)
            )


@given(worlds())
def test_inv_s5_a_report_outlives_everybodys_leave(world: World) -> None:
    world.finish()
    for facts in histories_of(world):
        of_report = {f.dare for f in facts if isinstance(f, DareReported)}

        assert of_report == {f.dare for f in facts if isinstance(f, DareSettled)}


@given(worlds())
def test_inv_s6_whoever_is_out_causes_nothing_more(world: World) -> None:
    """What the domain can show of it: after one's leave nothing in the squad is one's own doing."""
    for facts in histories_of(world):
        inside: set[PlayerId | None] = {None, facts[0].by}
        for fact in facts:
            if isinstance(fact, MemberJoined):
                inside.add(fact.player)

            assert fact.by in inside
            if isinstance(fact, MemberLeft):
                inside.discard(fact.player)


# Dares


@given(worlds())
def test_inv_d1_a_dare_ends_at_most_once_and_nothing_follows(world: World) -> None:
    world.finish()
    for facts in histories_of(world):
        ended: set[DareId] = set()
        for fact in facts:
            if isinstance(fact, AboutDare):
                assert fact.dare not in ended
            if isinstance(fact, TERMINAL):
                ended.add(fact.dare)


@given(worlds())
def test_inv_d3_a_dare_has_at_most_one_reported_outcome(world: World) -> None:
    reports = Counter(r.fact.dare for r in world.log if isinstance(r.fact, DareReported))

    assert set(reports.values()) <= {1}


LONGEST_LIFE_MS = 7 * DAY_MS + 14 * DAY_MS + 12 * HOUR_MS + 12 * HOUR_MS + 5 * SECOND_MS
"""Offer, attempt with its grace, witness window, and the timer's delay; counters come later."""


@given(worlds())
def test_inv_d4_every_dare_ends_by_time_alone(world: World) -> None:
    world.finish()

    assert [d for room in world.rooms.values() for d in room.dares.live] == []


@given(worlds())
def test_inv_d4_no_dare_lives_longer_than_its_clocks(world: World) -> None:
    world.finish()
    for facts in histories_of(world):
        births = {fact.dare: fact.at for fact in facts if isinstance(fact, DareIssued)}
        lives = [f.at - births[f.dare] for f in facts if isinstance(f, TERMINAL)]

        assert max(lives, default=0) <= LONGEST_LIFE_MS


def test_inv_d4_the_longest_life_is_that_of_a_dare_answered_and_reported_at_the_last_ms() -> None:
    command = replace(issue(), answer_within_ms=7 * DAY_MS, attempt_within_ms=14 * DAY_MS)
    answered_at = NOW + 7 * DAY_MS - 1
    reported_at = answered_at + 14 * DAY_MS + 12 * HOUR_MS - 1
    room = room_of(FRIENDS)
    for step in (
        command,
        AcceptDare(at=answered_at, by=ANA, dare=DARE),
        report(at=reported_at),
        RingTimer(at=NOW + LONGEST_LIFE_MS, dare=DARE),
    ):
        _take(room, decide(room, step))

    assert list(room.dares.live) == []


# Time


@given(worlds(), st.lists(st.lists(st.integers(0, 20), max_size=4), min_size=1, max_size=8))
def test_inv_d7_late_repeated_and_reordered_timers_give_the_same_final_state(
    world: World, rings: list[list[int]]
) -> None:
    """Once with timers on time, once with timers whenever: same answers, same end."""
    rounds = [0]

    def ring_some(other: World) -> None:
        rounds[0] += 1
        for which in rings[rounds[0] % len(rings)]:
            _ring(other, which)

    chaotic = play_again(world.asked, before_each=ring_some)
    chaotic.move_on(world.now + LONG_AFTER_MS)
    for which in (*range(80), *reversed(range(80))):
        _ring(chaotic, which)
    world.finish()

    assert chaotic.refused == []
    assert _final(chaotic) == _final(world)
    assert _of_people(chaotic) == _of_people(world)


@given(worlds())
def test_inv_d7_timers_that_never_ring_change_no_answer(world: World) -> None:
    silent = play_again(world.asked, before_each=lambda _: None)

    assert silent.refused == []
    assert _of_people(silent) == _of_people(world)


@given(worlds(max_moves=20), st.permutations(range(30)))
def test_inv_d7_the_order_in_which_timers_ring_does_not_matter(
    world: World, order: list[int]
) -> None:
    other = play_again(world.asked, before_each=lambda _: None)
    other.move_on(world.now + LONG_AFTER_MS)
    for which in (*order, *order):
        _ring(other, which)
    world.finish()

    assert _final(other) == _final(world)


def test_inv_d7_a_timer_that_rings_again_does_nothing() -> None:
    at = NOW + 90 * DAY_MS
    room = room_of([*FRIENDS, OFFER, accepted(OFFER)])
    _take(room, decide(room, RingTimer(at=at, dare=DARE)))

    assert decide(room, RingTimer(at=at, dare=DARE)) == ()


@given(worlds())
def test_the_instants_of_a_squad_never_go_back(world: World) -> None:
    for facts in histories_of(world):
        instants = [fact.at for fact in facts]

        assert instants == sorted(instants)


# Decisions


@given(worlds(max_moves=20), st.lists(moves(), min_size=10, max_size=20))
def test_inv_c2_deciding_changes_nothing_refused_or_not(world: World, tries: list[Move]) -> None:
    for number, move in enumerate(tries, 1000):
        room = world.rooms[move.squad]
        before = room.copy()
        _answer(room, command_of(world, move, number))

        assert room == before


@given(worlds())
def test_inv_c2_every_refusal_has_a_code_of_the_closed_list_and_words(world: World) -> None:
    assert all(refusal.code in RefusalCode and refusal.message for refusal in world.refused)


@given(worlds(max_moves=20), st.lists(moves(), min_size=10, max_size=20))
def test_deciding_twice_decides_the_same(world: World, tries: list[Move]) -> None:
    for number, move in enumerate(tries, 1000):
        command = command_of(world, move, number)

        assert _answer(world.rooms[move.squad], command) == _answer(
            world.rooms[move.squad].copy(), command
        )


@given(worlds())
def test_a_room_is_the_fold_of_its_facts(world: World) -> None:
    for squad, room in world.rooms.items():
        assert room_of(world.facts(squad)) == room


@given(worlds())
def test_the_live_dares_are_those_with_a_deadline(world: World) -> None:
    for room in world.rooms.values():
        live = {dare.dare for dare in room.dares.by_id.values() if dare.state in LIVE}

        assert set(room.dares.live) == live
        assert all((d.deadline is None) == (d.dare not in live) for d in room.dares.by_id.values())


@given(worlds())
def test_a_fact_says_whether_its_dare_had_been_accepted(world: World) -> None:
    """So that who may see it follows from the fact alone."""
    for facts in histories_of(world):
        agreed: set[DareId] = set()
        for fact in facts:
            if isinstance(fact, AboutDare):
                if isinstance(fact, DareAccepted):
                    agreed.add(fact.dare)

                assert fact.was_accepted == (fact.dare in agreed)


def _take(room: Room, facts: tuple[RoomFact, ...]) -> None:
    for fact in facts:
        evolve(room, fact)


def _answer(room: Room, command: RoomCommand) -> tuple[RoomFact, ...] | RefusalCode:
    try:
        return decide(room, command)
    except Refusal as refusal:
        return refusal.code


def _ring(world: World, which: int) -> None:
    places = [(squad, dare) for squad, room in world.rooms.items() for dare in room.dares.by_id]
    if which < len(places):
        world.ring(*places[which])


def _final(world: World) -> list[tuple[Squad, Dares]]:
    return [(room.squad, room.dares) for room in world.rooms.values()]


def _of_people(world: World) -> list[list[RoomFact]]:
    """What people did, by squad: everything but the timers' facts."""
    return [[fact for fact in facts if fact.by is not None] for facts in histories_of(world)]
