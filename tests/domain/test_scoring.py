"""What a "no" is worth (rules §5)."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import DAY_MS
from domain.refusals import Refusal, RefusalCode
from domain.scoring import (
    NOVELTY_WINDOW_MS,
    RULESETS,
    Counts,
    Outcome,
    issuer_grant,
    level_of,
    main_grant,
    outcome_of,
    xp_to_reach,
)
from tests.examples import is_sentence

DIFFICULTIES = range(1, 6)
REPEATS = range(8)
GRANTS = range(12)


# The main grant


@pytest.mark.parametrize(
    ("outcome", "repeats", "expected"),
    [
        (Outcome.REJECTED, 0, (30, 52, 82, 120, 165)),
        (Outcome.IGNORED, 0, (24, 42, 66, 96, 132)),
        (Outcome.MIXED, 0, (22, 38, 60, 88, 121)),
        (Outcome.GRANTED, 0, (20, 35, 55, 80, 110)),
        (Outcome.REJECTED, 4, (12, 21, 33, 48, 66)),
    ],
    ids=["rejected", "ignored", "mixed", "granted", "rejected for the fifth time"],
)
def test_the_grants_are_those_of_the_rulebook(
    outcome: Outcome, repeats: int, expected: tuple[int, ...]
) -> None:
    assert tuple(main_grant(1, d, outcome, repeats, 0) for d in DIFFICULTIES) == expected


def test_a_rejected_attempt_earns_more_than_a_granted_one() -> None:
    assert main_grant(1, 3, Outcome.REJECTED, 0, 0) > main_grant(1, 3, Outcome.GRANTED, 0, 0)


def test_a_granted_ask_of_the_next_level_beats_a_rejected_one() -> None:
    """Climbing the ladder is worth at least nine tenths of fishing for a cheap "no"."""
    for d in range(1, 5):
        granted, rejected = (
            main_grant(1, d + 1, Outcome.GRANTED, 0, 0),
            main_grant(1, d, Outcome.REJECTED, 0, 0),
        )

        assert granted * 10 >= rejected * 9


@pytest.mark.parametrize(
    ("repeats", "expected"), [(0, 100), (1, 80), (2, 60), (3, 40), (4, 40), (100, 40)]
)
def test_the_same_thing_again_is_worth_less_down_to_two_fifths(repeats: int, expected: int) -> None:
    assert main_grant(1, 5, Outcome.GRANTED, repeats, 0) == 110 * expected // 100


@pytest.mark.parametrize(
    ("grants", "expected"), [(0, 110), (4, 110), (5, 27), (7, 27), (8, 0), (100, 0)]
)
def test_five_grants_a_day_are_full_three_are_quarters_and_then_it_is_practice(
    grants: int, expected: int
) -> None:
    assert main_grant(1, 5, Outcome.GRANTED, 0, grants) == expected


def test_practice_earns_nothing_at_all_not_even_for_the_most_that_a_dare_can_pay() -> None:
    assert main_grant(1, 5, Outcome.REJECTED, 0, 8) == 0


@pytest.mark.parametrize(("grants", "expected"), [(0, 5), (2, 5), (3, 0), (100, 0)])
def test_whoever_dares_others_earns_five_by_their_reports_three_times_a_day(
    grants: int, expected: int
) -> None:
    assert issuer_grant(1, grants) == expected


def test_novelty_comes_back_after_28_days() -> None:
    assert NOVELTY_WINDOW_MS == 28 * DAY_MS


def test_ruleset_0_pays_what_ruleset_1_pays() -> None:
    assert RULESETS[0] == RULESETS[1]


def test_a_ruleset_that_does_not_exist_is_a_defect_of_the_program() -> None:
    with pytest.raises(KeyError):
        main_grant(99, 1, Outcome.GRANTED, 0, 0)


def test_inv_x5_a_no_earns_most_and_nothing_earns_less_than_nothing() -> None:
    order = (Outcome.REJECTED, Outcome.IGNORED, Outcome.MIXED, Outcome.GRANTED)
    for d, k, n in product(DIFFICULTIES, REPEATS, GRANTS):
        grants = [main_grant(1, d, outcome, k, n) for outcome in order]

        assert grants == sorted(grants, reverse=True)
        assert grants[-1] >= 0


def test_inv_x5_grants_do_not_fall_with_difficulty() -> None:
    for outcome, k, n in product(Outcome, REPEATS, GRANTS):
        grants = [main_grant(1, d, outcome, k, n) for d in DIFFICULTIES]

        assert grants == sorted(grants)


def test_inv_x5_grants_do_not_rise_with_repeats() -> None:
    for outcome, d, n in product(Outcome, DIFFICULTIES, GRANTS):
        grants = [main_grant(1, d, outcome, k, n) for k in REPEATS]

        assert grants == sorted(grants, reverse=True)


def test_inv_x5_grants_do_not_rise_within_a_day() -> None:
    for outcome, d, k in product(Outcome, DIFFICULTIES, REPEATS):
        grants = [main_grant(1, d, outcome, k, n) for n in GRANTS]

        assert grants == sorted(grants, reverse=True)


# Group asks


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(asked=1, no=1), Outcome.REJECTED),
        (Counts(asked=1, yes=1), Outcome.GRANTED),
        (Counts(asked=1, ignored=1), Outcome.IGNORED),
        (Counts(asked=3, no=2, yes=1), Outcome.REJECTED),
        (Counts(asked=4, no=2, yes=2), Outcome.MIXED),
        (Counts(asked=3, no=1, yes=1, ignored=1), Outcome.MIXED),
        (Counts(asked=5), Outcome.MIXED),
        (Counts(asked=5, ignored=3), Outcome.IGNORED),
        (Counts(asked=4, no=2), Outcome.MIXED),
        (Counts(asked=1_000, no=501), Outcome.REJECTED),
    ],
)
def test_a_group_answers_what_more_than_half_of_it_did(counts: Counts, expected: Outcome) -> None:
    assert outcome_of(counts) == expected


@pytest.mark.parametrize(
    "counts",
    [
        Counts(asked=0),
        Counts(asked=-1),
        Counts(asked=3, no=-1),
        Counts(asked=3, yes=-1, no=2),
        Counts(asked=3, ignored=-2),
        Counts(asked=3, no=2, yes=2),
        Counts(asked=1_001),
    ],
)
def test_numbers_that_are_not_of_one_ask_are_refused(counts: Counts) -> None:
    with pytest.raises(Refusal) as refusal:
        outcome_of(counts)

    assert (refusal.value.code, refusal.value.field) == (RefusalCode.BAD_INPUT, "counts")
    assert is_sentence(refusal.value.message)


@given(st.lists(st.sampled_from(["no", "yes", "ignored", "unclear"]), min_size=1, max_size=30))
def test_a_group_has_one_outcome_whatever_it_does(answers: list[str]) -> None:
    counts = Counts(
        asked=len(answers),
        no=answers.count("no"),
        yes=answers.count("yes"),
        ignored=answers.count("ignored"),
    )
    most = [w for w in ("no", "yes", "ignored") if answers.count(w) * 2 > len(answers)]
    words = {"no": Outcome.REJECTED, "yes": Outcome.GRANTED, "ignored": Outcome.IGNORED}

    assert outcome_of(counts) == (words[most[0]] if most else Outcome.MIXED)


# Levels


@pytest.mark.parametrize(
    ("level", "xp"),
    [(1, 0), (2, 100), (3, 250), (5, 700), (10, 2_700), (20, 10_450), (50, 63_700), (100, 252_450)],
)
def test_a_level_begins_where_the_rulebook_says(level: int, xp: int) -> None:
    assert xp_to_reach(level) == xp


def test_inv_x2_the_level_is_the_exact_inverse_for_every_xp_below_300_000() -> None:
    level = 1
    for xp in range(300_000):
        if xp == xp_to_reach(level + 1):
            level += 1

        assert level_of(xp) == level


@given(st.integers(0, 10**15))
def test_inv_x2_every_xp_lies_within_its_level(xp: int) -> None:
    level = level_of(xp)

    assert xp_to_reach(level) <= xp < xp_to_reach(level + 1)


def test_inv_x2_levels_never_get_shorter() -> None:
    lengths = [b - a for a, b in pairwise(xp_to_reach(level) for level in range(1, 200))]

    assert lengths == sorted(lengths)
