"""The squad's week (rules §7)."""

from collections.abc import Sequence
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, Millis, PlayerId
from domain.scoring import Outcome
from domain.weeks import WeekId, week_bounds
from projections.ledger import ENTRIES
from projections.rows import Rows
from projections.stores.memory import MemoryStore
from projections.weekly_board import SCORES, ScoreRow, credit, order, scores, state_at
from tests.domain.histories import World, worlds
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    DAN,
    EVE,
    FRIENDS,
    MONDAY,
    NOW,
    OTHER_SQUAD,
    SQUAD,
    THIS_WEEK,
    id_of,
    log_of,
    reported,
    self_dare,
)
from tests.projections import naive
from tests.projections.folding import fold, folded, prepared, projection, renumbered
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
    _, ends_at = week_bounds(THIS_WEEK, "Europe/Berlin")

    assert state_at(THIS_WEEK, "Europe/Berlin", ends_at + ms) == state


@given(logs())
def test_inv_l1_a_board_is_the_sum_of_the_ledger(log: list[Recorded[Fact]]) -> None:
    store = folded(log)
    found = store.select(ENTRIES)
    for board_row in store.select(SCORES):
        starts_at, ends_at = week_bounds(
            board_row.week, "Europe/Berlin" if board_row.squad == SQUAD else "America/Los_Angeles"
        )
        own = [
            entry.amount
            for entry in found
            if (entry.player, entry.squad) == (board_row.player, board_row.squad)
            and entry.board_at is not None
            and starts_at <= entry.board_at < ends_at
        ]

        assert board_row.score == sum(own)
    assert sum(entry.amount for entry in found) == sum(r.score for r in store.select(SCORES))


@given(logs(), st.integers(1, 9))
def test_inv_l4_the_board_in_chunks_is_the_board_at_once_is_the_naive_board(
    log: list[Recorded[Fact]], batch: int
) -> None:
    whole, chunked = folded(log), prepared(MemoryStore())
    fold(chunked, log, batch=batch)

    assert chunked.select(SCORES) == whole.select(SCORES)
    assert {
        (r.squad, r.week, r.player): (r.score, r.rejections, r.reached_at)
        for r in whole.select(SCORES)
    } == {
        (squad, week, player): figures
        for (squad, week), players in naive.boards(log).items()
        for player, figures in players.items()
    }


@given(worlds())
def test_inv_l4_the_board_of_a_whole_history_is_the_naive_board(world: World) -> None:
    found = {
        (r.squad, r.week, r.player): (r.score, r.rejections, r.reached_at)
        for r in folded(world.log).select(SCORES)
    }

    assert found == {
        (squad, week, player): figures
        for (squad, week), players in naive.boards(world.log).items()
        for player, figures in players.items()
    }


@given(logs())
def test_inv_l4_a_rebuild_is_the_same_board(log: list[Recorded[Fact]]) -> None:
    store = folded(log)
    before = store.select(SCORES)
    store.clear(projection("ledger"))
    fold(store, log, batch=5)

    assert store.select(SCORES) == before


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
