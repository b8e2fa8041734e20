"""Words: text as people type it, made fit to compare and to keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.commands.words import clean, comparable, only_words


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Maya \n\t Lee ", "Maya Lee"),
        ("Ma\u0000ya", "Maya"),
        ("a \u0000 b", "a b"),
        ("\u0000 a", "a"),
        ("a\u202eb\u200bc", "abc"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
    ],
)
def test_what_is_kept_is_clean(typed: str, kept: str) -> None:
    """One form of each letter, no control characters, single spaces; emoji stay whole."""

    assert kept == clean(typed)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    """What is kept is a fixed point."""

    assert clean(text) == clean(clean(text))


@given(st.text(), st.text(max_size=5))
def test_a_clean_text_has_no_space_at_its_ends_nor_two_in_a_row(text: str, end: str) -> None:
    """So that a length means what is seen."""
    kept = clean(text + end)

    assert (kept.strip(), False) == (kept, "  " in kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Maya", "MAYA"), ("Maya", "\uff2daya"), ("Stra\u00dfe", "STRASSE"), ("a  b", "A B")],
)
def test_texts_that_look_alike_compare_equal(one: str, other: str) -> None:
    """Case-folded NFKC (rules §1)."""

    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ask: for, it!", "ask for it"), ("a-b", "a b"), ("\u2460 please", "1 please")],
)
def test_only_words_make_a_thing_asked(one: str, other: str) -> None:
    """Neither punctuation nor case."""

    assert only_words(one) == only_words(other)


def test_other_words_are_another_thing() -> None:
    """Not everything is the same."""

    assert only_words("ask for tea") != only_words("ask for a tea")
