"""The invariants of squads and dares, over whole histories by chance."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.battles.events import BattleCancelled, BattleLeft
from domain.battles.state import OVER, Battles
from domain.cheers import Cheers
from domain.dares.commands import AcceptDare
from domain.dares.events import (
    AboutDare,
    DareAccepted,
    DareBailed,
    DareCorrected,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareReported,
    DareSettled,
    DareWithdrawn,
    WithdrawReason,
)
from domain.dares.state import LIVE, OPEN, Dares
from domain.ids import DAY_MS, HOUR_MS, SECOND_MS, DareId, PlayerId, SquadId
from domain.refusals import Refusal, RefusalCode
from domain.room import RingTimer, Room, RoomCommand, RoomFact, as_of, decide, evolve
from domain.scoring import Outcome
from domain.squads.commands import (
    ApproveRequest,
    BanMember,
    ChangeRole,
    ChangeSettings,
    JoinSquad,
    KickMember,
    RequestJoin,
)
from domain.squads.events import (
    JoinCancelled,
    JoinRequested,
    MemberBanned,
    MemberJoined,
    MemberKicked,
    MemberLeft,
    MemberUnbanned,
    OwnershipPassed,
    Role,
    RoleChanged,
    SquadArchived,
    SquadSettingsChanged,
)
from domain.squads.state import Squad
from tests.domain.histories import (
    LONG_AFTER_MS,
    AnyCommand,
    Move,
    OwnCommand,
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
    is_sentence,
    issue,
    report,
    room_of,
    sealed,
    squad_of,
)

OF_SQUAD, OF_BATTLE = (OwnershipPassed, SquadArchived), (BattleLeft, BattleCancelled)
TERMINAL = (DareDeclined, DareBailed, DareExpired, DareWithdrawn, DareSettled)
OUT = MemberLeft | MemberKicked | MemberBanned


def histories_of(world: World) -> list[list[RoomFact]]:
    """The facts of each squad."""
    return [world.facts(squad) for squad in world.rooms]


def steps_of(world: World, squad: SquadId) -> list[tuple[RoomFact, ...]]:
    """The same, decision by decision."""
    return [step.facts for step in world.steps if step.squad == squad]


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
    """When the owner goes; whom they hand it on to while they stay is their own affair."""
    for squad in world.rooms:
        room = Room()
        for facts in steps_of(world, squad):
            passed = next((fact for fact in facts if isinstance(fact, OwnershipPassed)), None)
            if passed is not None and isinstance(facts[-1], MemberLeft):
                others = [m for m in room.squad.members.values() if m.player != passed.previous]
                captains = [m for m in others if m.role is Role.CAPTAIN]
                first = min(captains or others, key=lambda m: (m.joined_at, m.player))

                assert passed.player == first.player
            _take(room, facts)


@given(worlds())
def test_inv_s3_nobody_comes_in_between_a_ban_and_its_lifting(world: World) -> None:
    for facts in histories_of(world):
        banned: set[PlayerId] = set()
        for fact in facts:
            if isinstance(fact, MemberBanned):
                banned.add(fact.player)
            elif isinstance(fact, MemberUnbanned):
                banned.remove(fact.player)
            elif isinstance(fact, MemberJoined | JoinRequested):
                assert fact.player not in banned


@given(worlds(), st.sampled_from(PEOPLE))
def test_inv_s3_no_code_no_asking_and_no_approval_brings_a_banned_one_in(
    world: World, who: PlayerId
) -> None:
    """Whatever the squad's past: banned now, every way in is tried."""
    for room in world.rooms.values():
        room = room.copy()  # noqa: PLW2901 the world is read-only
        room.squad.members.pop(who, None)
        room.squad.requests.pop(who, None)
        room.squad.banned[who] = None
        at = room.last_at
        tries: list[RoomCommand] = [
            ApproveRequest(at=at, by=leader, player=who, seat=0) for leader in room.squad.members
        ]
        for invite in (*room.squad.invites, INVITE):
            tries.append(JoinSquad(at=at, by=who, invite=invite, handle=sealed(who), seat=0))
            tries.append(RequestJoin(at=at, by=who, invite=invite, handle=sealed(who), requests=0))

        assert all(isinstance(_answer(room, command), RefusalCode) for command in tries)


RANK = {Role.MEMBER: 0, Role.CAPTAIN: 1, Role.OWNER: 2}


@given(worlds())
def test_inv_s4_nobody_was_put_out_or_given_a_role_but_by_a_higher_one(world: World) -> None:
    for facts in histories_of(world):
        room = Room()
        for fact in facts:
            members = room.squad.members
            if isinstance(fact, MemberKicked | MemberBanned | RoleChanged) and fact.by is not None:
                done_to = members.get(fact.player)

                assert done_to is None or RANK[members[fact.by].role] > RANK[done_to.role]
            evolve(room, fact)


@given(worlds())
def test_inv_s4_nobodys_own_doing_makes_them_more(world: World) -> None:
    """The first three of each squad apart, who had their roles from the beginning."""
    for facts in histories_of(world):
        room = room_of(facts[:4])
        for fact in facts[4:]:
            before = {m.player: RANK[m.role] for m in room.squad.members.values()}
            evolve(room, fact)
            after = {m.player: RANK[m.role] for m in room.squad.members.values()}
            risen = {player for player, rank in after.items() if rank > before.get(player, 0)}

            assert fact.by not in risen


@given(worlds(), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.sampled_from(Role))
def test_inv_s4_every_try_on_an_equal_or_a_higher_role_is_refused(
    world: World, by: PlayerId, whom: PlayerId, role: Role
) -> None:
    for room in world.rooms.values():
        at, members = room.last_at, room.squad.members
        tries: list[RoomCommand] = [
            KickMember(at=at, by=by, player=whom),
            BanMember(at=at, by=by, player=whom),
            ChangeRole(at=at, by=by, player=whom, role=role),
        ]
        is_above = (
            by in members and whom in members and RANK[members[by].role] > RANK[members[whom].role]
        )
        if whom in members and not is_above:
            assert all(isinstance(_answer(room, command), RefusalCode) for command in tries)


@given(worlds(), st.integers(0, 60))
def test_inv_s7_a_size_below_the_members_is_refused_and_whoever_asks_holds_no_seat(
    world: World, size: int
) -> None:
    for room in world.rooms.values():
        owners = [m.player for m in room.squad.members.values() if m.role is Role.OWNER]
        if room.squad.is_archived:
            continue
        answer = _answer(room, ChangeSettings(at=room.last_at, by=owners[0], size=size))
        if size not in range(2, 51):
            assert answer is RefusalCode.BAD_INPUT
        elif size < len(room.squad.members):
            assert answer is RefusalCode.WRONG_STATE
        else:
            assert len(answer) == (size != room.squad.size)


@given(worlds())
def test_inv_s7_no_change_of_size_ever_left_members_without_a_seat(world: World) -> None:
    for facts in histories_of(world):
        room = Room()
        for fact in facts:
            evolve(room, fact)
            if isinstance(fact, SquadSettingsChanged) and fact.size is not None:
                assert len(room.squad.members) <= fact.size


@given(worlds())
def test_inv_s5_nothing_of_a_leavers_stays_open(world: World) -> None:
    """Only what time has ended already may still wait for its timer."""
    for facts in histories_of(world):
        room = Room()
        for fact in facts:
            evolve(room, fact)
            if isinstance(fact, OUT):
                waiting = [
                    dare
                    for dare in room.dares.by_id.values()
                    if dare.state in OPEN
                    and fact.player in (dare.issuer, dare.target)
                    and (dare.deadline is None or dare.deadline > fact.at)
                ]
                battles = as_of(room, fact.at).battles
                fighting = [b for b in battles.live if fact.player in battles.by_id[b].participants]

                assert (waiting, fighting) == ([], [])


@given(worlds())
def test_inv_s5_nothing_stays_open_in_a_squad_that_was_archived(world: World) -> None:
    for room in world.rooms.values():
        if room.squad.is_archived:
            seen = as_of(room, max(world.now, room.last_at))

            assert (seen.dares.open_dares(), seen.battles.live) == ([], {})


@given(worlds())
def test_inv_s5_the_consequences_come_first_and_the_leave_comes_last(world: World) -> None:
    """One command: what is withdrawn, then the battle, then the squad, then the leave."""
    for squad in world.rooms:
        for *before, last in steps_of(world, squad):
            reasons = [fact.reason for fact in before if isinstance(fact, DareWithdrawn)]
            others = [type(fact) for fact in before if not isinstance(fact, DareWithdrawn)]
            if isinstance(last, OUT):
                assert set(reasons) <= {WithdrawReason.PARTY_LEFT}
                assert others[-1:] in ([], *([kind] for kind in (*OF_SQUAD, *OF_BATTLE)))
                assert others[:-1] in ([], *([kind] for kind in OF_BATTLE))
                assert before[len(before) - len(others) :] == [
                    fact for fact in before if not isinstance(fact, DareWithdrawn)
                ]
            elif isinstance(last, SquadArchived):
                assert set(reasons) <= {WithdrawReason.SQUAD_ARCHIVED}
                assert others in ([], [BattleCancelled])
            else:
                assert reasons == []


@given(worlds())
def test_inv_s5_a_report_outlives_everybodys_leave(world: World) -> None:
    world.finish()
    for facts in histories_of(world):
        of_report = {f.dare for f in facts if isinstance(f, DareReported)}

        assert of_report == {f.dare for f in facts if isinstance(f, DareSettled)}


@given(worlds())
def test_inv_s6_whoever_is_out_causes_nothing_more(world: World) -> None:
    """What the domain can show of it: after one's leave nothing in the squad is one's own doing.

    But to ask to be let in, or to ask no more.
    """
    for facts in histories_of(world):
        inside: set[PlayerId | None] = {None, facts[0].by}
        for fact in facts:
            if isinstance(fact, MemberJoined):
                inside.add(fact.player)

            assert fact.by in inside or isinstance(fact, JoinRequested | JoinCancelled)
            if isinstance(fact, OUT):
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


@given(worlds())
def test_inv_d3_the_outcome_in_force_is_the_one_that_was_said_last_and_changed_at_most_once(
    world: World,
) -> None:
    said: dict[DareId, list[Outcome]] = {}
    for recorded in world.log:
        if isinstance(recorded.fact, DareReported | DareCorrected):
            said.setdefault(recorded.fact.dare, []).append(recorded.fact.outcome)
    in_force = {
        dare.dare: dare.answer.outcome
        for room in world.rooms.values()
        for dare in room.dares.by_id.values()
        if dare.answer is not None
    }

    assert in_force == {dare: outcomes[-1] for dare, outcomes in said.items()}
    assert {len(outcomes) for outcomes in said.values()} <= {1, 2}


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
            other.ring_one(which)

    chaotic = play_again(world.asked, before_each=ring_some)
    chaotic.move_on(world.now + LONG_AFTER_MS)
    for which in (*range(80), *reversed(range(80))):
        chaotic.ring_one(which)
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
        other.ring_one(which)
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
    assert all(
        refusal.code in RefusalCode and is_sentence(refusal.message) for refusal in world.refused
    )


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
def test_the_live_battles_are_those_with_a_deadline(world: World) -> None:
    for room in world.rooms.values():
        live = {battle for battle, b in room.battles.by_id.items() if b.state not in OVER}

        assert set(room.battles.live) == live
        assert {b for b, one in room.battles.by_id.items() if one.deadline is not None} == live


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


def _answer(room: Room, command: AnyCommand) -> tuple[RoomFact, ...] | RefusalCode:
    if isinstance(command, OwnCommand):
        return ()
    try:
        return decide(room, command)
    except Refusal as refusal:
        return refusal.code


def _final(world: World) -> list[tuple[Squad, Dares, Battles, Cheers]]:
    return [(r.squad, r.dares, r.battles, r.cheers) for r in world.rooms.values()]


def _of_people(world: World) -> list[list[RoomFact]]:
    """What people did, by squad: everything but the timers' facts."""
    return [[fact for fact in facts if fact.by is not None] for facts in histories_of(world)]
