"""The checker finds each broken promise, by its name, and nothing where none is broken.

The account is made by hand: Ann and Bob in one squad, Ann's two commands and a refused one of
Bob's. Each test spoils one thing of it.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from loadtests.client import Feed, Known, Pushed, Seen
from loadtests.faults.checker import Account, Violation, Witness, delays_s, violations
from loadtests.faults.history import Asked, Ended, Entry, Invoked, operations

SQUAD = "owls"
ROWS: list[tuple[str, str | None, str | None, dict[str, Any]]] = [
    ("squad.created", "ann", None, {"name": "Owls"}),
    ("member.joined", "bob", None, {"player": "bob"}),
    ("squad.renamed", "ann", "c1", {"name": "Owls 1"}),
    ("squad.renamed", "ann", "c2", {"name": "Owls 2"}),
]
SENT = [
    Invoked(at=1.0, player="ann", squad=SQUAD, command="c1", kind="squad.rename"),
    Invoked(at=2.0, player="ann", squad=SQUAD, command="c2", kind="squad.rename"),
    Invoked(at=3.0, player="bob", squad=SQUAD, command="c3", kind="squad.rename"),
]
ENDED = [
    Ended(at=1.5, command="c1", outcome="ok", n=3),
    Ended(at=2.5, command="c2", outcome="ok", n=4),
    Ended(at=3.5, command="c3", outcome="fail", code="FORBIDDEN"),
]
ASKED = [Asked(at=9.0, command="c1", n=3), Asked(at=9.0, command="c3", code="FORBIDDEN")]
WEEK: dict[str, Any] = {"week": "2026-W48", "rows": [{"player": "ann", "score": 5}]}
NAME = f"week {SQUAD} 2026-W48"
SHOWN: dict[str, dict[str, Any]] = {NAME: WEEK, "me ann": {"xp": 5, "squads": []}}


def witness(
    player: str,
    rows: Sequence[Any] = ROWS,
    seen: Sequence[Seen] = ROWS,
    **feed: Any,  # noqa: ANN401 fields of a feed
) -> Witness:
    """Somebody to whom a log is shown, and who has seen some of it."""
    known = Known(
        feeds={SQUAD: Feed(events=list(seen), is_live=True, **feed)},
        views={("week", SQUAD, "2026-W48"): Pushed(9, WEEK)},
    )
    return Witness(
        player=player,
        squad=SQUAD,
        known=known,
        rows=[list(row) for row in rows],
        seen_at={n: n / 2 for n in range(1, len(seen) + 1)},
    )


def account(**spoilt: Any) -> Account:  # noqa: ANN401 fields of an account
    """All is well, but for what is named."""
    good = Account(
        entries=[*SENT, *ENDED, *ASKED],
        witnesses=[witness("ann"), witness("bob")],
        nodes={"node 1": SHOWN, "node 2": SHOWN},
        converged_s=[0.5, 1.2],
        converged_bound_s=5.0,
        late_s=1.0,
    )
    return replace(good, **spoilt)


def found(**spoilt: Any) -> list[tuple[str, str]]:  # noqa: ANN401 fields of an account
    """The promises that are broken, and how."""
    return [(one.promise, one.what) for one in violations(account(**spoilt))]


def both(rows: Sequence[Any]) -> list[Witness]:
    """Both players are shown another log, and have seen it."""
    return [witness("ann", rows, rows), witness("bob", rows, rows)]


def with_end(ended: Ended) -> list[Entry]:
    """One command ended otherwise."""
    kept = [one for one in ENDED if one.command != ended.command]
    return [*SENT, *kept, ended]


def test_where_all_is_well_nothing_is_found() -> None:
    assert found() == []


def test_p1_an_acknowledged_command_that_is_not_in_the_log_is_found() -> None:
    assert found(witnesses=both(ROWS[:3])) == [
        ("P1", "squad.rename c2 was acknowledged as 4 and is not there")
    ]


def test_p1_an_acknowledged_command_that_is_elsewhere_in_the_log_is_found() -> None:
    entries = with_end(Ended(at=2.5, command="c2", outcome="ok", n=3))

    assert found(entries=entries) == [
        ("P1", "squad.rename c2 was acknowledged as 3 and is not there")
    ]


def test_p1_an_acknowledgement_that_names_no_event_is_found() -> None:
    entries = with_end(Ended(at=2.5, command="c2", outcome="ok"))

    assert found(entries=entries) == [
        ("P1", "squad.rename c2 was acknowledged as None and is not there")
    ]


def test_p2_a_command_that_is_in_the_log_twice_is_found() -> None:
    assert found(witnesses=both([*ROWS, ROWS[3]])) == [
        ("P2", "squad.rename c2 led to squad.renamed 2 times")
    ]


def test_p2_an_unanswered_command_that_is_in_the_log_twice_is_found() -> None:
    entries = with_end(Ended(at=2.5, command="c2", outcome="unknown"))

    assert found(entries=entries, witnesses=both([*ROWS, ROWS[3]])) == [
        ("P2", "squad.rename c2 led to squad.renamed 2 times")
    ]


def test_an_unanswered_command_may_be_in_the_log_or_not() -> None:
    entries = with_end(Ended(at=2.5, command="c2", outcome="unknown"))

    assert (found(entries=entries), found(entries=entries, witnesses=both(ROWS[:3]))) == ([], [])


def test_p2_a_refused_command_that_is_in_the_log_is_found() -> None:
    rows = [*ROWS, ("squad.renamed", "bob", "c3", {"name": "Mine"})]

    assert found(witnesses=both(rows)) == [("P2", "squad.rename c3 failed and is in the log")]


def test_p2_another_answer_to_the_same_command_is_found() -> None:
    asked = Asked(at=9.0, command="c1", n=5)

    assert found(entries=[*SENT, *ENDED, asked]) == [
        ("P2", "squad.rename c1 was answered 3, then 5")
    ]


def test_p2_a_refusal_that_becomes_another_answer_is_found() -> None:
    asked = Asked(at=9.0, command="c3", n=5)

    assert found(entries=[*SENT, *ENDED, asked]) == [
        ("P2", "squad.rename c3 was answered FORBIDDEN, then 5")
    ]


def test_p3_an_event_that_somebody_did_not_get_is_found() -> None:
    assert found(witnesses=[witness("ann"), witness("bob", seen=ROWS[:3])]) == [
        ("P3", "bob has 3 events of 4")
    ]


def test_p3_a_gap_is_found_though_it_was_filled() -> None:
    assert found(witnesses=[witness("ann"), witness("bob", gaps=1)]) == [
        ("P3", "bob doubled 0, gaps 1")
    ]


def test_p3_a_doubled_event_is_found() -> None:
    assert found(witnesses=[witness("ann"), witness("bob", doubled=1)]) == [
        ("P3", "bob doubled 1, gaps 0")
    ]


def test_p3_another_order_is_found() -> None:
    seen = [*ROWS[:2], ROWS[3], ROWS[2]]

    assert found(witnesses=[witness("ann"), witness("bob", seen=seen)]) == [
        ("P3", "bob event 3 differs"),
        ("P3", "bob event 4 differs"),
    ]


def test_p3_another_content_is_found() -> None:
    seen = [*ROWS[:3], ("squad.renamed", "ann", "c2", {"name": "Cats"})]

    assert found(witnesses=[witness("ann"), witness("bob", seen=seen)]) == [
        ("P3", "bob event 4 differs")
    ]


def test_p3_logs_of_one_squad_that_end_at_different_numbers_are_found() -> None:
    more = [*ROWS, ("cheer.given", "ann", None, {})]

    assert ("P3", "squad owls ends at [4, 5]") in found(
        witnesses=[witness("ann"), witness("bob", more, more)]
    )


def test_p4_somebody_who_is_not_level_in_time_is_found() -> None:
    assert found(converged_s=[0.5, 6.25, None]) == [
        ("P4", "level 6.2 s after healing"),
        ("P4", "level never after healing"),
    ]


def test_p4_an_event_that_comes_too_late_is_found() -> None:
    late = witness("bob")
    late.seen_at = {1: 0.5, 2: 1.0, 3: 1.6, 4: 4.5}

    assert found(witnesses=[witness("ann"), late]) == [("P4", "1 came later than 1 s, one 2.0 s")]


def test_p4_while_lateness_is_not_bounded_none_is_found() -> None:
    late = witness("bob")
    late.seen_at = {4: 100.0}

    assert found(witnesses=[witness("ann"), late], late_s=None) == []


def test_an_event_that_comes_before_its_answer_is_not_late() -> None:
    commands = operations([*SENT, *ENDED]).values()
    early = witness("ann")
    early.seen_at = {3: 1.25, 4: 2.75}

    assert [0.0, 0.25] == delays_s(commands, [early])


def test_a_board_that_differs_between_nodes_is_found() -> None:
    other: dict[str, dict[str, Any]] = {NAME: WEEK | {"rows": [{"player": "ann", "score": 9}]}}

    assert found(nodes={"node 1": SHOWN, "node 2": SHOWN | other}) == [
        ("boards", f"{NAME} at node 2: rows differs")
    ]


def test_a_board_that_a_node_does_not_have_is_found() -> None:
    lacking = {"me ann": SHOWN["me ann"]}

    assert ("boards", f"{NAME} at node 2: rows differs") in found(
        nodes={"node 1": SHOWN, "node 2": lacking}
    )


def test_a_board_that_was_pushed_otherwise_is_found() -> None:
    behind = witness("bob")
    behind.known.views[("week", SQUAD, "2026-W48")] = Pushed(8, WEEK | {"rows": []})

    assert found(witnesses=[witness("ann"), behind]) == [
        ("boards", "pushed to bob: week: rows differs")
    ]


def test_ones_own_page_that_was_pushed_otherwise_is_found() -> None:
    behind = witness("ann")
    behind.known.views[("me",)] = Pushed(8, {"xp": 3, "squads": []})

    assert found(witnesses=[behind, witness("bob")]) == [
        ("boards", "pushed to ann: me: xp differs")
    ]


def test_a_violation_names_its_promise() -> None:
    assert violations(account(converged_s=[None])) == [Violation("P4", "level never after healing")]
