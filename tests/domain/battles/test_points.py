"""What a report is worth in a battle, and who has won (rules §8)."""

import pytest

from domain.battles.points import CountedReport, Place, Score, places, score, winners
from domain.ids import MINUTE_MS, PlayerId
from domain.scoring import Outcome
from tests.examples import ANA, BEN, CLEO, DAN, NOW, dare_id

NO, SILENCE, SOME, YES = Outcome


def answers(
    *outcomes: Outcome, doubled: tuple[int, ...] = (), late: int = 0
) -> tuple[CountedReport, ...]:
    """Reports three minutes apart, in this order; those with these places are doubled down."""
    return tuple(
        CountedReport(
            dare=dare_id(number),
            outcome=outcome,
            doubled=number in doubled,
            at=NOW + 3 * number * MINUTE_MS + late,
        )
        for number, outcome in enumerate(outcomes)
    )


def points(*outcomes: Outcome, heat: bool = True, doubled: tuple[int, ...] = ()) -> int:
    """What they add up to."""
    return score(ANA, answers(*outcomes, doubled=doubled), heat=heat).points


# Points


@pytest.mark.parametrize(("outcome", "worth"), [(YES, 1), (SOME, 2), (SILENCE, 2), (NO, 3)])
def test_a_no_is_worth_most(outcome: Outcome, worth: int) -> None:
    assert points(outcome) == worth


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((NO, NO), 3 + 3),
        ((NO, NO, NO), 3 + 3 + 6),
        ((NO, NO, YES), 3 + 3 + 2),
        ((NO, NO, SOME), 3 + 3 + 4),
        ((NO, NO, SILENCE), 3 + 3 + 4),
        ((SILENCE, SILENCE, YES), 2 + 2 + 2),
        ((SILENCE, NO, NO), 2 + 3 + 6),
        ((NO, NO, NO, NO), 3 + 3 + 6 + 6),
        ((NO, NO, YES, NO), 3 + 3 + 2 + 3),
        ((NO, NO, SOME, NO, NO, NO), 3 + 3 + 4 + 3 + 3 + 6),
        ((NO, YES, NO, NO), 3 + 1 + 3 + 3),
        ((NO, SOME, NO, NO), 3 + 2 + 3 + 3),
        ((YES, YES, YES), 1 + 1 + 1),
        ((SOME, SOME, NO), 2 + 2 + 3),
    ],
)
def test_after_two_that_said_no_or_nothing_a_report_counts_twice_until_somebody_agrees(
    outcomes: tuple[Outcome, ...], expected: int
) -> None:
    assert points(*outcomes) == expected


def test_inv_b2_heat_multiplies_the_answer_and_not_the_doubling_down() -> None:
    assert points(NO, NO, NO, doubled=(2,)) == 3 + 3 + (2 * 3 + 1)


@pytest.mark.parametrize("outcome", Outcome)
def test_doubling_down_is_worth_one_whatever_the_answer(outcome: Outcome) -> None:
    assert points(outcome, doubled=(0,)) == points(outcome) + 1


def test_a_host_may_switch_the_heat_off() -> None:
    assert points(NO, NO, NO, SILENCE, heat=False) == 3 + 3 + 3 + 2


@pytest.mark.parametrize(
    ("outcomes", "is_hot"),
    [
        ((), False),
        ((NO,), False),
        ((NO, SILENCE), True),
        ((NO, NO, NO), True),
        ((NO, NO, SOME), False),
        ((NO, NO, YES), False),
    ],
)
def test_it_is_known_whether_the_next_one_counts_twice(
    outcomes: tuple[Outcome, ...], is_hot: bool
) -> None:
    assert score(ANA, answers(*outcomes), heat=True).is_hot == is_hot
    assert not score(ANA, answers(*outcomes), heat=False).is_hot


def test_a_score_tells_the_noes_the_reports_and_the_last_of_them() -> None:
    reports = answers(NO, YES, SILENCE, NO, doubled=(1,))

    assert score(BEN, reports, heat=True) == Score(
        player=BEN,
        points=3 + (1 + 1) + 2 + 3,
        rejections=2,
        reports=4,
        last_at=NOW + 9 * MINUTE_MS,
        is_hot=True,
    )


def test_whoever_has_reported_nothing_has_nothing() -> None:
    assert score(ANA, (), heat=True) == Score(player=ANA)


# Places


def ranks(table: tuple[Place, ...]) -> list[tuple[PlayerId, int]]:
    """Who is where, from the top."""
    return [(place.score.player, place.rank) for place in table]


def test_more_points_are_better() -> None:
    table = places({ANA: answers(YES), BEN: answers(NO), CLEO: answers(SOME)}, heat=True)

    assert ranks(table) == [(BEN, 1), (CLEO, 2), (ANA, 3)]
    assert winners(table) == (BEN,)


def test_of_the_same_points_more_noes_are_better() -> None:
    table = places({ANA: answers(SOME, YES), BEN: answers(NO)}, heat=True)

    assert ranks(table) == [(BEN, 1), (ANA, 2)]


def test_of_the_same_points_and_noes_fewer_reports_are_better() -> None:
    table = places({ANA: answers(YES, YES), BEN: answers(SOME)}, heat=True)

    assert ranks(table) == [(BEN, 1), (ANA, 2)]
    assert winners(table) == (BEN,)


def test_equal_in_points_noes_and_reports_is_one_place_and_the_earlier_is_shown_first() -> None:
    table = places({ANA: answers(NO, late=1), BEN: answers(NO), CLEO: answers(YES)}, heat=True)

    assert ranks(table) == [(BEN, 1), (ANA, 1), (CLEO, 3)]
    assert winners(table) == (BEN, ANA)


def test_a_lower_place_can_be_shared_as_well() -> None:
    table = places(
        {ANA: answers(YES), BEN: answers(NO), CLEO: answers(YES), DAN: answers()}, heat=True
    )

    assert ranks(table) == [(BEN, 1), (ANA, 2), (CLEO, 2), (DAN, 4)]


def test_equal_to_the_ms_is_in_order_of_ids_whatever_the_order_of_joining() -> None:
    table = places({CLEO: answers(NO), ANA: answers(NO), BEN: answers(NO)}, heat=True)

    assert ranks(table) == [(ANA, 1), (BEN, 1), (CLEO, 1)]


def test_the_same_points_are_told_apart_by_noes_and_then_by_reports() -> None:
    """Three points each: by one no, by two and one, by three yeses."""
    table = places(
        {ANA: answers(YES, YES, YES), BEN: answers(SILENCE, YES), CLEO: answers(NO)}, heat=True
    )

    assert ranks(table) == [(CLEO, 1), (BEN, 2), (ANA, 3)]


def test_whoever_has_reported_nothing_comes_last_all_in_one_place() -> None:
    table = places({DAN: (), BEN: (), ANA: answers(YES), CLEO: ()}, heat=True)

    assert ranks(table) == [(ANA, 1), (BEN, 2), (CLEO, 2), (DAN, 2)]
    assert winners(table) == (ANA,)


def test_nobody_wins_a_battle_without_a_report() -> None:
    table = places({ANA: (), BEN: ()}, heat=True)

    assert ranks(table) == [(ANA, 1), (BEN, 1)]
    assert winners(table) == ()


def test_heat_can_decide_who_has_won() -> None:
    reports = {ANA: answers(SILENCE, SILENCE, SOME), BEN: answers(NO, SOME, SOME)}

    assert winners(places(reports, heat=True)) == (ANA,)
    assert winners(places(reports, heat=False)) == (BEN,)


def test_an_empty_table_has_no_places() -> None:
    assert places({}, heat=True) == ()
