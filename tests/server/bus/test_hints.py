"""Hints: what many say fits into one, and each squad's goes its own way."""

from hypothesis import given
from hypothesis import strategies as st

from server.bus.hints import LARGEST, NOTHING, Hint, merged, partition_of, parts

SQUADS = st.sampled_from([f"squad {number}" for number in range(40)])
HINTS = st.builds(
    Hint,
    seq=st.integers(0, 9),
    heads=st.dictionaries(SQUADS, st.integers(1, 9)),
    around=st.frozensets(SQUADS),
    has_erased=st.booleans(),
    has_ended=st.booleans(),
)


@given(HINTS, HINTS, HINTS)
def test_the_order_in_which_hints_are_merged_does_not_matter(a: Hint, b: Hint, c: Hint) -> None:
    """Nor does one that comes twice."""
    once = merged(merged(a, b), c)

    assert once == merged(c, merged(b, merged(a, a)))


@given(HINTS, st.sampled_from([1, 2, 16]))
def test_the_parts_of_a_hint_are_the_hint(hint: Hint, count: int) -> None:
    """Nothing is lost on the way to partitions."""
    whole = NOTHING
    for part in parts(hint, count).values():
        whole = merged(whole, part)

    assert hint == whole


@given(HINTS)
def test_a_squad_is_in_its_partition_only(hint: Hint) -> None:
    """Whatever else is in the hint."""
    found = {
        squad: number
        for number, part in parts(hint, 16).items()
        for squad in {*part.heads, *part.around}
    }

    assert {squad: partition_of(squad, 16) for squad in {*hint.heads, *hint.around}} == found


def test_what_waits_is_bounded() -> None:
    """Past the bound squads are left to the poll; how far the log is stays."""
    hint = NOTHING
    for number in range(LARGEST + 1):
        hint = merged(hint, Hint(seq=number, heads={str(number): 1}))

    assert Hint(seq=LARGEST) == hint
