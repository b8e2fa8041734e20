"""INV-B0, B2, B3, B4, D5 and D7 of battles, against a reading that knows none of their code."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.battles.events import AboutBattle, BattleCancelled, BattleFinished, BattleMode
from domain.battles.points import CountedReport, places
from domain.battles.state import OVER
from domain.dares.commands import BailDare
from domain.dares.events import AboutDare, DareIssued, DareReported
from domain.ids import DAY_MS, PlayerId
from domain.room import RingBattle, RingTimer, Room, RoomFact, as_of, evolve
from domain.scoring import Outcome
from tests.domain.battles.arena import (
    BEGINNING,
    Answer,
    Arena,
    Draw,
    Reading,
    Told,
    arenas,
    draws,
    play_again,
    read,
    ring_on_time,
    should_count,
    table_of,
    tables_of,
    take,
)
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    DAN,
    NOW,
    accepted,
    bailed,
    battle_opened,
    dare_id,
    expired,
    issued,
    room_of,
    started,
)

PLAYERS = (ANA, BEN, CLEO, DAN)
ANSWERS = st.tuples(st.sampled_from(Outcome), st.booleans(), st.integers(0, 3))


class BattleTable(RuleBasedStateMachine):
    """Whatever anybody tries and whenever a timer rings: the domain's table is the naive one."""

    def __init__(self) -> None:
        super().__init__()
        self.arena = Arena()

    @rule(draw=draws())
    def play(self, draw: Draw) -> None:
        """Somebody tries something, time passes, the clock is set back, or a timer rings."""
        self.arena.play(draw)

    @rule(drawn=st.lists(draws(), min_size=2, max_size=6))
    def play_on(self, drawn: list[Draw]) -> None:
        """The same, several at once."""
        for draw in drawn:
            self.arena.play(draw)

    @invariant()
    def every_table_is_the_naive_one(self) -> None:
        """INV-B0: the score is the fold of the reports that count, in the order of the log."""
        naive = {id_: reading.table() for id_, reading in read(self.arena.facts).items()}

        assert tables_of(self.arena.room) == naive

    @invariant()
    def a_replay_is_what_there_is(self) -> None:
        """The whole of it, at every step: any prefix replays to what was served there."""
        assert room_of(self.arena.facts) == self.arena.room

    @invariant()
    def no_points_are_below_zero(self) -> None:
        """INV-B2."""
        tables = tables_of(self.arena.room).values()

        assert all(points >= 0 for table in tables for _, _, points, *_ in table)

    @invariant()
    def at_most_one_battle_is_on(self) -> None:
        """As a decision would see it, unless the clock was set back over the end of one."""
        if self.arena.is_clock_true:
            assert len(as_of(self.arena.room, self.arena.now).battles.live) <= 1


BattleTable.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestInvB0TheTableOfABattle = BattleTable.TestCase


@given(
    st.dictionaries(
        st.sampled_from(PLAYERS),
        st.lists(
            st.tuples(st.sampled_from(Outcome), st.booleans(), st.integers(0, 3)), max_size=10
        ),
    ),
    st.booleans(),
)
def test_inv_b0_any_reports_add_up_to_the_naive_table(
    told: dict[PlayerId, list[tuple[Outcome, bool, int]]], heat: bool
) -> None:
    naive = Reading(battle_opened(heat=heat))
    reports: dict[PlayerId, tuple[CountedReport, ...]] = {}
    for player, ones in told.items():
        naive.told[player] = [
            Told(dare_id(n), outcome, doubled, NOW + n + at)
            for n, (outcome, doubled, at) in enumerate(ones)
        ]
        reports[player] = tuple(
            CountedReport(dare=dare_id(n), outcome=outcome, doubled=doubled, at=NOW + n + at)
            for n, (outcome, doubled, at) in enumerate(ones)
        )
    table = [
        (p.rank, s.player, s.points, s.rejections, s.reports, s.last_at)
        for p in places(reports, heat=heat)
        for s in (p.score,)
    ]

    assert sorted(table) == naive.table()
    assert [row[0] for row in table] == sorted(row[0] for row in table)


@given(arenas())
def test_inv_b0_the_last_table_of_a_battle_is_the_one_at_its_end(arena: Arena) -> None:
    """Its end is the freeze: nothing after it changes a row."""
    arena.finish()
    room, frozen = Room(), {}
    for fact in arena.facts:
        evolve(room, fact)
        if isinstance(fact, BattleFinished | BattleCancelled):
            frozen[fact.battle] = table_of(room.battles.by_id[fact.battle])

    assert tables_of(room) == frozen


@given(arenas())
def test_inv_b2_a_report_counts_if_and_only_if_it_is_in_the_window(arena: Arena) -> None:
    """In time, far enough from the last one, and no more than ten."""
    for place, fact in enumerate(arena.facts):
        if isinstance(fact, DareReported):
            assert (fact.battle is not None) == should_count(arena.facts[:place], fact)


@given(arenas())
def test_inv_b2_a_report_counts_in_the_battle_of_its_card_and_in_no_other(arena: Arena) -> None:
    cards = {f.dare: f.battle for f in arena.facts if isinstance(f, DareIssued)}
    counted = [f for f in arena.facts if isinstance(f, DareReported) and f.battle is not None]

    assert [fact.battle for fact in counted] == [cards[fact.dare] for fact in counted]


@given(arenas())
def test_inv_b3_a_battle_ends_exactly_once_and_nothing_of_it_follows(arena: Arena) -> None:
    arena.finish()
    ends: dict[str, int] = {}
    for fact in arena.facts:
        if isinstance(fact, AboutBattle):
            assert fact.battle not in ends
        if isinstance(fact, DareReported):
            assert fact.battle not in ends
        if isinstance(fact, BattleFinished | BattleCancelled):
            ends[fact.battle] = 1

    assert set(ends) == set(arena.room.battles.by_id)
    assert arena.room.battles.live == {}


@given(arenas())
def test_inv_b3_only_a_battle_that_two_were_in_at_its_start_was_held(arena: Arena) -> None:
    """All others were called off, whatever time it was when that was found out."""
    arena.finish()
    for battle in arena.room.battles.by_id.values():
        assert battle.state in OVER
        assert battle.state == "CANCELLED" or len(battle.reports) >= 2


def again(arena: Arena) -> Arena:
    """The same, with every command sent twice: the answer to the first one was lost."""
    other = Arena()
    for command in arena.asked:
        other.do(command)
        other.do(command)
    return other


@given(arenas())
def test_inv_b4_a_command_that_is_sent_again_at_once_changes_no_score(arena: Arena) -> None:
    """Whoever lost the connection asks once more; the rules alone see to it, edge or no edge."""
    assert tables_of(again(arena).room) == tables_of(arena.room)


@given(arenas(), st.lists(st.integers(-DAY_MS, 8 * DAY_MS), max_size=5))
def test_inv_b4_whoever_looks_at_whatever_moment_changes_nothing(
    arena: Arena, moments: list[int]
) -> None:
    before = arena.room.copy()
    for moment in moments:
        tables_of(as_of(arena.room, arena.now + moment))

    assert arena.room == before


# Saying no is free


def idle(number: int, arena: Arena, place: int, way: str) -> list[RoomFact]:
    """Somebody's card that comes to nothing, in the battle that is on at a place of the log."""
    room = room_of(arena.facts[:place])
    battle = room.battles.current()
    if battle is None or not battle.participants:
        return []
    who, at = battle.participants[number % len(battle.participants)], room.last_at
    offer = issued(dare_id(9_000 + number), by=who, target=who, at=at, battle=battle.battle)
    agreed = accepted(offer, at=at)
    facts: dict[str, list[RoomFact]] = {
        "bail": [bailed(agreed, at=at)],
        "start, bail": [started(agreed, at=at, doubled=True), bailed(agreed, at=at)],
        "expire": [expired(agreed, at=at)],
    }
    return [offer, agreed, *facts[way]]


@given(
    arenas(),
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(["bail", "start, bail", "expire"])),
        min_size=1,
        max_size=6,
    ),
)
def test_inv_d5_cards_that_come_to_nothing_change_no_score(
    arena: Arena, extra: list[tuple[int, str]]
) -> None:
    """Put into the log anywhere."""
    facts = list(arena.facts)
    for number, (drawn, way) in enumerate(sorted(extra, reverse=True)):
        place = len(BEGINNING) + drawn % (len(arena.facts) - len(BEGINNING) + 1)
        more = idle(number, arena, place, way)
        facts = [*facts[:place], *more, *facts[place:]]
        assert tables_of(room_of(facts)) == tables_of(arena.room)


@given(arenas())
def test_inv_d5_without_all_cards_that_came_to_nothing_the_scores_are_the_same(
    arena: Arena,
) -> None:
    """Taken out of the log with all their facts."""
    told = {f.dare for f in arena.facts if isinstance(f, DareReported)}
    facts = [f for f in arena.facts if not isinstance(f, AboutDare) or f.dare in told]

    assert tables_of(room_of(facts)) == tables_of(arena.room)


@given(arenas(is_clock_true=True), st.lists(st.integers(0, 200), min_size=1, max_size=5))
def test_inv_d5_whoever_takes_a_card_and_bails_in_between_changes_no_answer(
    arena: Arena, moments: list[int]
) -> None:
    """Decided, not only folded; where any card may be taken, for others count what one has had."""
    other = Arena()
    for number, command in enumerate(arena.asked):
        other.now = command.at
        battle = as_of(other.room, command.at).battles.current()
        is_free = battle is not None and battle.mode is BattleMode.NO_RACE
        if battle is not None and is_free and number in moments:
            for place, who in enumerate(battle.participants):
                dare = dare_id(8_000 + 10 * number + place)
                other.do(take(dare, battle, by=who, at=command.at))
                other.do(BailDare(at=command.at, by=who, dare=dare))
        other.do(command)

    assert tables_of(other.room) == tables_of(arena.room)


# Time


def of_people(arena: Arena) -> list[Answer]:
    """What people were answered."""
    return [
        answer
        for command, answer in zip(arena.asked, arena.answers, strict=True)
        if not isinstance(command, RingTimer | RingBattle)
    ]


@given(
    arenas(is_clock_true=True),
    st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=3), min_size=1),
)
def test_inv_d7_timers_late_twice_in_any_order_or_never_change_no_answer_and_no_end(
    arena: Arena, rings: list[list[tuple[int, int]]]
) -> None:
    rounds = [0]

    def ring_some(other: Arena) -> None:
        rounds[0] += 1
        for which, thing in rings[rounds[0] % len(rings)]:
            other.ring(which, thing)

    silent = play_again(arena.asked)
    punctual = play_again(arena.asked, before_each=ring_on_time)
    chaotic = play_again(arena.asked, before_each=ring_some)
    answers = of_people(arena)
    for other in (silent, punctual, chaotic):
        assert of_people(other) == answers
        other.finish()
        other.finish()
    arena.finish()

    for other in (silent, punctual, chaotic):
        assert other.room.battles.by_id == arena.room.battles.by_id
        assert other.room.dares == arena.room.dares
