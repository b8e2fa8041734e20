"""The clock: the only reader of time, the only maker of ids and codes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.clock import CODE_ALPHABET, Clock, Dice, derived_id, draw_bytes, draw_code, is_id


def test_now_is_the_wall_time_in_ms() -> None:
    """Between a look before and a look after."""
    before = time.time_ns() // 1_000_000
    now = Clock().now()

    assert before <= now <= time.time_ns() // 1_000_000


def test_an_offset_shifts_now() -> None:
    """For demos and tests."""
    before = time.time_ns() // 1_000_000

    assert Clock(10**9).now() >= before + 10**9


def test_the_steady_clock_does_not_go_back() -> None:
    """Whatever the wall does."""
    clock = Clock(-(10**12))

    assert clock.steady() <= clock.steady()


def test_ids_are_ulids_each_another() -> None:
    """In their text form, ordered by time to the millisecond."""
    clock = Clock()
    ids = [clock.new_id() for _ in range(100)]

    assert (
        len(set(ids)),
        all(is_id(one) for one in ids),
        ids[0][:10] <= ids[-1][:10],
    ) == (100, True, True)


@given(st.lists(st.text(max_size=10), max_size=4))
def test_a_derived_id_follows_from_its_cause(parts: list[str]) -> None:
    """The same for the same, and an id like any other."""

    assert (derived_id(*parts), True) == (derived_id(*parts), is_id(derived_id(*parts)))


def test_another_cause_gives_another_id() -> None:
    """Also where the parts run together."""

    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("a", "b", "")}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 25,
        "0" * 27,
        "8" + "0" * 25,
        "o" * 26,
        "0" * 25 + "I",
        "0" * 25 + "u",
        "0" * 25 + "é",
    ],
)
def test_what_has_not_the_form_of_an_id_is_none(text: str) -> None:
    """26 characters of Crockford's base32, 128 bits."""

    assert not is_id(text)


def test_codes_and_bytes_are_drawn() -> None:
    """Each another, of the length asked for."""
    codes = {draw_code(10) for _ in range(100)}

    assert (100, {10}, True, 8) == (
        len(codes),
        {len(code) for code in codes},
        set("".join(codes)) <= set(CODE_ALPHABET),
        len(draw_bytes(8)),
    )


def test_dice_of_one_seed_fall_alike() -> None:
    """And each draw keeps to what it was asked for."""
    drawn = [
        [(dice.between(2, 3), dice.chance(50), dice.pick("abc", [0, 1, 1])) for _ in range(50)]
        for dice in (Dice(5), Dice(5), Dice(6))
    ]

    assert drawn[0] == drawn[1] != drawn[2]
    assert all(2 <= number <= 3 for number, _, _ in drawn[0])
    assert ({True, False}, {"b", "c"}) == (
        {chance for _, chance, _ in drawn[0]},
        {letter for _, _, letter in drawn[0]},
    )
