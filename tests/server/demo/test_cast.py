"""The cast: enough people for a long evening."""

from server.demo.cast import NAMES, persona


def test_everybody_has_a_name_of_their_own() -> None:
    """As long as the rules allow, also when namesakes come."""
    handles = [persona(number).handle for number in range(20 * len(NAMES))]

    assert len(handles) == len(set(handles))
    assert [handle for handle in handles if not 3 <= len(handle) <= 24] == []


def test_a_crew_is_of_different_tempers() -> None:
    tempers = {(one.reach, one.talk, one.warmth) for one in map(persona, range(5))}

    assert 5 == len(tempers)
