"""What a player knows: every event once, in order, whatever comes when."""

import msgspec
import pytest
from msgspec import Raw

from projections.squad_view import Seen, SquadView
from server.demo.known import HELD, Known
from server.protocol.server_messages import Body, Ev, Evs, Row, Snap

SQUAD = "squad"


def renamed(n: int) -> Ev:
    """An event that shows in the view: the squad's name is the number."""
    return Ev(s=SQUAD, n=n, k="squad.renamed", at=n, u="mia", b={"name": str(n)})


def snapshot(n: int, body: Body, part: tuple[int, int] | None = None) -> Snap:
    """A squad as of ``n``, or a part of it."""
    return Snap(s=SQUAD, n=n, b=Raw(msgspec.msgpack.encode(body)), p=part)


def whole(**changes: object) -> Body:
    """The body of a snapshot, as the server makes it."""
    return {**SquadView(name="Snapped", size=20).body(), **changes}


def numbers(events: list[Seen]) -> list[int]:
    """Which events were new."""
    return [seen[0] for seen in events]


def test_what_comes_before_the_snapshot_waits_for_it() -> None:
    known = Known(squad=SQUAD)
    before = known.take(renamed(6))
    after = known.take(snapshot(5, whole()))

    assert (before, numbers(after)) == ([], [6])
    assert (known.n, known.view.name) == (6, "6")


def test_what_is_known_already_is_dropped() -> None:
    known = Known(squad=SQUAD, n=5)

    assert ([], 5) == (known.take(renamed(5)), known.n)


def test_what_is_beyond_a_gap_is_held_until_the_gap_is_filled() -> None:
    known = Known(squad=SQUAD, n=1)
    held = known.take(renamed(4))
    had_gap = known.is_gap
    filled = known.take(Evs(s=SQUAD, n=2, b=[("squad.renamed", 2, "mia", None, {}), None]))

    assert (held, had_gap) == ([], True)
    assert (numbers(filled), known.n, known.is_gap) == ([2, 4], 4, False)


def test_a_long_catch_up_is_taken_whole() -> None:
    known = Known(squad=SQUAD, n=0)
    rows: list[Row | None] = [
        ("squad.renamed", n, "mia", None, {"name": str(n)}) for n in range(1, 3 * HELD)
    ]
    new = known.take(Evs(s=SQUAD, n=1, b=rows))

    assert list(range(1, 3 * HELD)) == numbers(new)


def test_no_more_is_held_than_the_protocol_says() -> None:
    known = Known(squad=SQUAD, n=0)
    for n in range(2, 2 * HELD):
        known.take(renamed(n))

    assert HELD == len(known.held)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_snapshot_in_parts_is_taken_once_all_are_here(order: tuple[int, int]) -> None:
    rows = [{"player": "mia", "handle": "Mia"}, {"player": "pim", "handle": "Pim"}]
    parts = [
        snapshot(9, whole(roster=rows[:1]), (0, 2)),
        snapshot(9, {"roster": rows[1:]}, (1, 2)),
    ]
    known = Known(squad=SQUAD)
    known.take(parts[order[0]])
    halfway = known.n
    known.take(parts[order[1]])

    assert (halfway, known.n, list(known.view.roster)) == (None, 9, ["mia", "pim"])
