"""The squad's week (rules §7)."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import count, pairwise, permutations
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.battles.events import BattleFinished
from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, Millis, PlayerId
from domain.scoring import Outcome
from domain.squads.events import WeekClosed
from domain.weeks import WeekId, calendar_of
from loadtests.simulation import naive
from loadtests.simulation.compare import boards_in
from projections.ledger import ENTRIES
from projections.rows import Rows
from projections.stores.memory import MemoryStore
from projections.stores.store import Store
from projections.weekly_board import (
    FINALS,
    SCORES,
    FinalWeek,
    ScoreRow,
    credit,
    digest,
    final,
    order,
    scores,
    state_at,
)
from tests.domain.histories import LONG_AFTER_MS, World, play_again, worlds
from tests.domain.histories import SQUADS as SQUAD_ZONES
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DAN,
    EVE,
    FRIENDS,
    MONDAY,
    NOW,
    OFFER,
    OTHER_SQUAD,
    REPORT,
    SQUAD,
    THIS_WEEK,
    id_of,
    log_of,
    reported,
    self_dare,
    week_closed,
)
from tests.projections.eventful import eventful_logs
from tests.projections.folding import fold, folded, interleaved, prepared, projection, renumbered
from tests.projections.reports import logs

MANY = tuple(PlayerId(id_of(letter)) for letter in "ABCDEFGH")


def row(player: PlayerId, score: int, rejections: int = 0, reached_at: Millis = NOW) -> ScoreRow:
    """One player's week."""
    return ScoreRow(
        squad=SQUAD,
        week=THIS_WEEK,
        player=player,
        score=score,
        rejections=rejections,
        reached_at=reached_at,
    )


def board(*rows: ScoreRow) -> list[tuple[PlayerId, int | None]]:
    """The order of some rows, with ranks."""
    return [(place.row.player, place.rank) for place in order(rows)]


rows = st.builds(
    row,
    st.sampled_from(MANY),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(0, 2),
)
boards = st.lists(rows, max_size=8, unique_by=lambda one: one.player)


# The order


def test_more_points_stand_first() -> None:
    assert board(row(ANA, 20), row(BEN, 30)) == [(BEN, 1), (ANA, 2)]


def test_of_equal_points_more_rejections_stand_first() -> None:
    assert board(row(ANA, 30, 0), row(BEN, 30, 1)) == [(BEN, 1), (ANA, 2)]


def test_of_equal_rejections_whoever_was_there_first_stands_first_in_the_same_rank() -> None:
    assert board(row(ANA, 30, 1, NOW + 1), row(BEN, 30, 1, NOW)) == [(BEN, 1), (ANA, 1)]


def test_the_id_decides_last() -> None:
    assert board(row(BEN, 30), row(ANA, 30)) == [(ANA, 1), (BEN, 1)]


def test_after_two_firsts_comes_a_third() -> None:
    assert board(row(ANA, 30), row(BEN, 30), row(CLEO, 20), row(DAN, 20), row(EVE, 10)) == [
        (ANA, 1),
        (BEN, 1),
        (CLEO, 3),
        (DAN, 3),
        (EVE, 5),
    ]


def test_whoever_has_no_points_stands_after_unranked() -> None:
    assert board(row(ANA, 0), row(BEN, 0, 2), row(CLEO, 1)) == [(CLEO, 1), (BEN, None), (ANA, None)]


def test_nobody_makes_an_empty_board() -> None:
    assert board() == []


@given(boards)
def test_inv_l4_the_order_does_not_depend_on_the_order_of_the_rows(rows: list[ScoreRow]) -> None:
    """Total and antisymmetric: one order, whatever it starts from."""
    first = order(rows)

    assert all(order(other) == first for other in (rows[::-1], sorted(rows, key=hash)))


@given(st.lists(rows, max_size=4, unique_by=lambda one: one.player))
def test_inv_l4_every_permutation_of_a_board_is_the_same_board(rows: list[ScoreRow]) -> None:
    assert len({tuple(order(other)) for other in permutations(rows)}) == 1


@given(boards)
def test_inv_l4_of_two_rows_one_stands_before_the_other_with_or_without_a_third(
    rows: list[ScoreRow],
) -> None:
    whole = [place.row for place in order(rows)]
    for above, below in pairwise(whole):
        assert [place.row for place in order([below, above])] == [above, below]


@given(boards)
def test_ranks_are_competition_ranks(rows: list[ScoreRow]) -> None:
    """One more than how many are better on points and rejections."""
    for place in order(rows):
        better = sum(
            (one.score, one.rejections) > (place.row.score, place.row.rejections) for one in rows
        )

        assert place.rank == (better + 1 if place.row.score else None)


# The fold


def of_week(log: Sequence[Recorded[Fact]], week: WeekId = THIS_WEEK) -> list[ScoreRow]:
    """A week of the squad of the examples."""
    return scores(folded(log), SQUAD, week)


def test_a_report_counts_in_its_squads_week() -> None:
    offer, agreed = self_dare(1, ANA)

    assert of_week(log_of(*FRIENDS, offer, agreed, reported(agreed))) == [row(ANA, 82, 1)]


def test_a_granted_report_is_no_rejection() -> None:
    _, agreed = self_dare(1, ANA)

    assert of_week(log_of(*FRIENDS, reported(agreed, Outcome.GRANTED))) == [row(ANA, 55, 0)]


def test_a_score_was_reached_by_its_last_report() -> None:
    _, first = self_dare(1, ANA)
    second = replace(reported(first, at=NOW + 5), fingerprint="words:other")

    assert of_week(log_of(*FRIENDS, reported(first), second)) == [row(ANA, 164, 2, NOW + 5)]


def test_an_entry_of_nothing_does_not_move_when_the_score_was_reached() -> None:
    rows = Rows(prepared(MemoryStore()))
    for amount, at in ((82, NOW), (0, NOW + 9)):
        credit(rows, SQUAD, THIS_WEEK, ANA, amount=amount, rejections=1, board_at=at)

    assert rows.get(SCORES, SQUAD, THIS_WEEK, ANA) == row(ANA, 82, 2, NOW)


def test_a_report_that_arrives_first_but_is_folded_last_does_not_turn_the_clock_back() -> None:
    rows = Rows(prepared(MemoryStore()))
    for at in (NOW + 9, NOW):
        credit(rows, SQUAD, THIS_WEEK, ANA, amount=1, rejections=0, board_at=at)

    assert rows.get(SCORES, SQUAD, THIS_WEEK, ANA) == row(ANA, 2, 0, NOW + 9)


def test_sunday_night_counts_that_week_and_monday_the_next() -> None:
    end = MONDAY + 7 * DAY_MS
    _, agreed = self_dare(1, ANA, at=end - 1)
    late = reported(agreed, at=end - 1)
    later = replace(reported(agreed, at=end), fingerprint="words:other")
    log = log_of(*FRIENDS, late, later)

    assert (of_week(log), of_week(log, WeekId("2026-W49"))) == (
        [row(ANA, 82, 1, end - 1)],
        [replace(row(ANA, 82, 1, end), week=WeekId("2026-W49"))],
    )


def test_one_squads_points_are_not_anothers() -> None:
    _, agreed = self_dare(1, ANA)
    here = log_of(*FRIENDS, reported(agreed))
    there = log_of(
        replace(reported(agreed), fingerprint="words:other"), squad=OTHER_SQUAD, seq=len(here)
    )
    store = folded([*here, *there])

    assert [scores(store, squad, THIS_WEEK)[0].score for squad in (SQUAD, OTHER_SQUAD)] == [82, 82]


@pytest.mark.parametrize(
    ("ms", "state"), [(-1, "OPEN"), (0, "SETTLING"), (59 * HOUR_MS, "SETTLING")]
)
def test_a_week_is_open_until_its_end_and_then_it_settles(ms: Millis, state: str) -> None:
    _, ends_at = calendar_of("Europe/Berlin").bounds(THIS_WEEK)

    assert _state(ends_at + ms) == state


def _state(now: Millis, *, is_closed: bool = False, has_scores: bool = True) -> str:
    calendar = calendar_of("Europe/Berlin")
    return state_at(THIS_WEEK, calendar, now, is_closed=is_closed, has_scores=has_scores)


def test_a_closed_week_is_final() -> None:
    assert _state(NOW + 70 * DAY_MS, is_closed=True) == "FINAL"


@pytest.mark.parametrize(("ms", "state"), [(60 * HOUR_MS - 1, "SETTLING"), (60 * HOUR_MS, "FINAL")])
def test_a_week_without_reports_needs_no_closing(ms: Millis, state: str) -> None:
    _, ends_at = calendar_of("Europe/Berlin").bounds(THIS_WEEK)

    assert _state(ends_at + ms, has_scores=False) == state


# Closing


def closed(*facts: Fact) -> FinalWeek:
    """This week of the squad of the examples, closed after all these."""
    found = final(folded(log_of(*FRIENDS, *facts, week_closed())), SQUAD, THIS_WEEK)
    assert found is not None
    return found


def test_a_closed_week_keeps_its_rows_in_the_boards_order() -> None:
    _, first = self_dare(1, ANA)
    _, second = self_dare(2, BEN)

    assert closed(reported(first, Outcome.GRANTED), reported(second)).rows == (
        row(BEN, 82, 1),
        row(ANA, 55),
    )


def test_a_closed_week_has_the_sha256_of_its_rows() -> None:
    """Of the rows as MessagePack, in hex: the same on every node and in every rebuild."""
    _, agreed = self_dare(1, ANA)
    found = closed(reported(agreed))

    assert hashlib.sha256(msgspec.msgpack.encode(found.rows)).hexdigest() == found.sha256


def test_the_sha256_of_a_row_is_the_same_for_ever() -> None:
    assert digest((row(ANA, 82, 1),)) == (
        "e998e539613967564a8f8f63b2d40f52e69dd4df6e0fe1662920da10b64b5972"
    )


def test_a_week_that_is_not_closed_is_not_final() -> None:
    store = folded(log_of(*FRIENDS, OFFER, AGREED, REPORT))

    assert final(store, SQUAD, THIS_WEEK) is None


def test_another_squads_closing_closes_nothing_here() -> None:
    here = log_of(*FRIENDS, OFFER, AGREED, REPORT)
    there = log_of(week_closed(), squad=OTHER_SQUAD, seq=len(here))

    assert final(folded([*here, *there]), SQUAD, THIS_WEEK) is None


@given(eventful_logs())
def test_inv_l1_a_board_is_the_sum_of_the_ledger(log: list[Recorded[Fact]]) -> None:
    """With corrections, shares of issuers and closed weeks; what is off the board is in no sum."""
    store = folded(log)
    found = [e for e in store.select(ENTRIES) if e.board_at is not None]
    for board_row in store.select(SCORES):
        starts_at, ends_at = calendar_of(SQUAD_ZONES[board_row.squad]).bounds(board_row.week)
        own = [
            entry.amount
            for entry in found
            if (entry.player, entry.squad) == (board_row.player, board_row.squad)
            and starts_at <= (entry.board_at or 0) < ends_at
        ]

        assert board_row.score == sum(own)
    assert sum(entry.amount for entry in found) == sum(r.score for r in store.select(SCORES))


@given(worlds())
def test_inv_l1_a_board_is_the_sum_of_the_ledger_also_of_squads_that_move(world: World) -> None:
    """Every entry counts in the week that holds its instant by the squad's own calendar."""
    store = folded(world.log)
    sums: Counter[tuple[str, str, str]] = Counter()
    for entry in store.select(ENTRIES):
        if entry.board_at is not None:
            week = world.rooms[entry.squad].squad.calendar.week_of(entry.board_at)
            sums[entry.squad, week, entry.player] += entry.amount

    assert {(r.squad, r.week, r.player): r.score for r in store.select(SCORES) if r.score} == {
        place: amount for place, amount in sums.items() if amount
    }


@given(eventful_logs())
def test_inv_l1_rejections_are_the_unreversed_rejected_grants(log: list[Recorded[Fact]]) -> None:
    store = folded(log)
    signs: Counter[tuple[str, str]] = Counter()
    for entry in store.select(ENTRIES):
        if entry.outcome is Outcome.REJECTED and entry.board_at is not None:
            signs[entry.squad, entry.player] += 1 if entry.reverses is None else -1
    counted: Counter[tuple[str, str]] = Counter()
    for board_row in store.select(SCORES):
        counted[board_row.squad, board_row.player] += board_row.rejections

    assert +counted == +signs


@given(eventful_logs())
def test_inv_l3_final_rows_never_change_whatever_comes_later(log: list[Recorded[Fact]]) -> None:
    """They are the board as it was at the closing, their sum fits, and nothing counts any more."""
    store = prepared(MemoryStore())
    frozen: dict[tuple[str, WeekId], FinalWeek] = {}
    for recorded in log:
        fold(store, [recorded])
        if isinstance(recorded.fact, WeekClosed):
            place = (recorded.stream.removeprefix("squad-"), recorded.fact.week)
            found = final(store, *place)

            assert found is not None
            assert [line.row for line in order(scores(store, *place))] == [*found.rows]
            frozen[place] = found
    for place, found in frozen.items():
        assert final(store, *place) == found
        assert digest(found.rows) == found.sha256
        assert scores(store, *place) == sorted(found.rows, key=lambda r: r.player)


@given(worlds())
def test_inv_l3_every_week_that_can_pay_is_closed_once_when_its_time_has_come(
    world: World,
) -> None:
    world.finish()
    store = folded(world.log)
    closings = Counter(
        (r.stream.removeprefix("squad-"), r.fact.week)
        for r in world.log
        if isinstance(r.fact, WeekClosed)
    )
    paying = {
        (r.stream.removeprefix("squad-"), r.fact.week)
        for r in world.log
        if isinstance(r.fact, DareReported | BattleFinished)
    }

    assert closings == Counter(paying)
    assert {(one.squad, one.week) for one in store.select(FINALS)} == paying


@given(worlds(), st.lists(st.lists(st.integers(0, 20), max_size=4), min_size=1, max_size=8))
def test_inv_d7_late_and_repeated_timers_give_the_same_final_boards(
    world: World, rings: list[list[int]]
) -> None:
    """The weeks' own timers among them: no number hangs on when a week is closed."""
    rounds = count()

    def ring_some(other: World) -> None:
        for which in rings[next(rounds) % len(rings)]:
            other.ring_one(which)

    chaotic = play_again(world.asked, before_each=ring_some)
    chaotic.move_on(world.now + LONG_AFTER_MS)
    for which in range(100):
        chaotic.ring_one(which)
    world.finish()

    assert folded(chaotic.log).select(FINALS) == folded(world.log).select(FINALS)
    assert folded(chaotic.log).select(SCORES) == folded(world.log).select(SCORES)


@given(logs(), st.integers(1, 9))
def test_inv_l4_the_board_in_chunks_is_the_board_at_once_is_the_naive_board(
    log: list[Recorded[Fact]], batch: int
) -> None:
    whole, chunked = folded(log), prepared(MemoryStore())
    fold(chunked, log, batch=batch)

    assert chunked.select(SCORES) == whole.select(SCORES)
    assert boards_in(whole) == naive.boards(naive.entries(log))


@given(worlds())
def test_inv_l4_the_board_of_a_whole_history_is_the_naive_board(world: World) -> None:
    assert boards_in(folded(world.log)) == naive.boards(naive.entries(world.log))


@given(eventful_logs(), st.integers(1, 9))
def test_inv_l4_a_rebuild_in_chunks_is_the_same_board_closed_weeks_and_all(
    log: list[Recorded[Fact]], batch: int
) -> None:
    """Byte for byte, as any node would have it."""
    store = folded(log)
    before = _bytes_of(store)
    store.clear(projection("ledger"))
    fold(store, log, batch=batch)

    assert _bytes_of(store) == before


def _bytes_of(store: Store) -> bytes:
    return msgspec.msgpack.encode([store.select(SCORES), store.select(FINALS)])


@given(eventful_logs(), st.integers(0, 2**32 - 1))
def test_inv_l5_the_order_of_different_peoples_events_does_not_change_the_order(
    log: list[Recorded[Fact]], seed: int
) -> None:
    """What concerns one person keeps its order; the rest is shuffled together anew."""
    before, after = folded(log), folded(interleaved(log, Random(seed)))
    for week in {(r.squad, r.week) for r in before.select(SCORES)}:
        where = {"squad": week[0], "week": week[1]}

        assert order(after.select(SCORES, **where)) == order(before.select(SCORES, **where))


@given(logs(), st.permutations(range(3)))
def test_inv_l5_the_order_of_different_peoples_reports_does_not_change_the_order(
    log: list[Recorded[Fact]], people: list[int]
) -> None:
    """Everybody's reports one person after another, instead of as they came."""
    names = (ANA, BEN, CLEO)
    mixed = renumbered(r for which in people for r in log if r.fact.by == names[which])
    before, after = folded(log), folded(mixed)
    for week in {(r.squad, r.week) for r in before.select(SCORES)}:
        where = {"squad": week[0], "week": week[1]}

        assert order(after.select(SCORES, **where)) == order(before.select(SCORES, **where))
