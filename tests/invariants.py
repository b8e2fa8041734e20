"""What always holds, and which tests show it: ``python -m tests.invariants`` writes the page.

A test shows an invariant by its name and by nothing else: ``test_inv_s1_…`` shows INV-S1 and
``test_wire_p3_…`` shows WIRE-P3; ``TestInvD2…`` is the name for the test case of a state machine.
Tests are found by reading them, never by importing them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = "docs/invariants.md"

INVARIANTS: dict[str, dict[str, str]] = {
    "Commands and the log (rules §0)": {
        "INV-C1": "One command id is one command: however often and wherever it is sent, its"
        " events are stored once and every reply is the same but for `dup`.",
        "INV-C2": "A refused command stores nothing, and says why by one code of a closed list.",
        "INV-C3": "Read models are nothing but the log: rebuilt from its first event, they come"
        " out byte for byte as they were.",
        "INV-C4": "A squad's events are numbered 1, 2, 3 … without a hole; whoever resumes at any"
        " number gets what is missing, once and in order, or a snapshot that holds it.",
        "INV-C5": "XP and boards do not depend on how the events of different people happen to lie"
        " between each other.",
    },
    "A player (rules §1)": {
        "INV-P1": "Of somebody erased no word can be read anywhere any more, and nobody else's"
        " score changes by it.",
        "INV-P2": "Nothing is done any more by somebody erased, nor to them.",
    },
    "A squad (rules §2)": {
        "INV-S1": "A squad that goes on has somebody in it and never more than its size, however"
        " many come at once.",
        "INV-S2": "It has exactly one owner; when the owner goes, the longest-serving captain"
        " follows, else the longest-serving member.",
        "INV-S3": "Whoever is banned comes back by no code, request or approval, only after the"
        " ban is lifted.",
        "INV-S4": "Nobody acts on somebody of the same role or a higher one, and nobody raises"
        " themselves.",
        "INV-S5": "Whoever goes takes their open dares with them, and this comes before the going"
        " itself; what they have reported stands.",
        "INV-S6": "Whoever is out sees nothing of what the squad does after the event that put"
        " them out.",
        "INV-S7": "A squad never becomes smaller than its members are many, and a request holds no"
        " seat.",
    },
    "A dare (rules §3)": {
        "INV-D1": "A dare ends at most once, and no step of it follows on its end.",
        "INV-D2": "A dare goes the ways of the table in the rules and no others.",
        "INV-D3": "At every moment at most one reported outcome of a dare is in force, and pays.",
        "INV-D4": "Left alone, every dare comes to its end within the sum of its clocks.",
        "INV-D5": "Saying no is free: dares that were declined, bailed out of, withdrawn or left"
        " to lapse change no number of anybody's, however many there are.",
        "INV-D6": "How a dare came to nothing is its target's alone to know; an offer is nobody"
        " else's to see until it is accepted.",
        "INV-D7": "Timers may ring late, twice or in any order: what is, depends on the events and"
        " the time only.",
    },
    "XP (rules §5)": {
        "INV-X1": "Somebody's XP is the sum of their entries in the ledger, and never below zero.",
        "INV-X2": "The level follows from the XP alone, exactly, and rises with it.",
        "INV-X3": "XP is taken away only by the reversal of one entry, at most once and of the"
        " same amount.",
        "INV-X4": "A dare has at most one main grant in force, and at most one extra of a kind for"
        " each key.",
        "INV-X5": "A no pays at least what silence pays, that at least what a mixed answer pays,"
        " and that at least what a yes pays; a harder dare pays no less, a repeated one or a later"
        " one of the day no more, and none less than nothing.",
        "INV-X6": "A new ruleset changes no amount of the past.",
        "INV-X7": "What a day can earn is bounded by the numbers of the ruleset.",
        "INV-X8": "Nobody's XP depends on dares that they have no part in.",
    },
    "The weekly board (rules §7)": {
        "INV-L1": "A board is the sum of the ledger's entries for that squad and that week.",
        "INV-L2": "Every instant lies in exactly one week of a squad, in every time zone.",
        "INV-L3": "A board that is final stays as it is; later reversals touch the XP of a"
        " lifetime only.",
        "INV-L4": "A board kept up event by event, one rebuilt and one computed the naive way are"
        " the same, and its order is total.",
        "INV-L5": "The order in which different people's reports are stored does not change who"
        " stands where.",
        "INV-L6": "A leaver keeps the row of the week; a person sees boards of the weeks in which"
        " they belonged, and no others.",
    },
    "A battle (rules §8)": {
        "INV-B0": "The score of a battle is nothing but the reports that count in it, in the order"
        " of the log; what stands at its end stands for ever.",
        "INV-B2": "No report outside the window counts; points are never below zero, and heat"
        " multiplies the answer alone.",
        "INV-B3": "A battle ends exactly once, finished or cancelled, and nothing of it follows.",
        "INV-B4": "Whoever loses the connection, comes back, looks or asks once more changes no"
        " score.",
    },
    "The wire (protocol.md)": {
        "WIRE-P1": "What was acknowledged is on the disk.",
        "WIRE-P2": "The effect of a command comes about once, also when its answer was lost.",
        "WIRE-P3": "A squad's events arrive in order, each once, whatever becomes of the hints and"
        " the connection.",
        "WIRE-P4": "Without any hint, the polled heads of the log bring what was missed.",
        "WIRE-P5": "What a slow client can hold in memory has a limit.",
        "WIRE-LAW": "A snapshot at `n` is the fold of that viewer's own frames 1 … `n`.",
    },
}
"""What holds so far, by section and name. The rulebook has more, for parts that are not built."""

STATEMENTS = {name: text for section in INVARIANTS.values() for name, text in section.items()}

_NAMED = re.compile(r"test_(inv|wire)_([a-z]+[0-9]*)_|Test(Inv|Wire)([A-Z][0-9]+|Law)")


def shown_by() -> dict[str, list[str]]:
    """The tests that show each invariant, as ``path::test`` from the root, in order of path."""
    shown: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _names(ast.parse(path.read_text())):
            if (named := _NAMED.match(name)) is not None:
                invariant = "-".join(part.upper() for part in named.groups() if part)
                shown.setdefault(invariant, []).append(f"{path.relative_to(ROOT)}::{name}")
    return shown


def page() -> str:
    """The page, as it should be."""
    shown = shown_by()
    lines = [
        "# What always holds\n",
        "*Generated by `make docs` from the tests: do not edit by hand.*\n",
        "Each line is an invariant of the rules or a promise of the wire, and the tests that show"
        " it. Most of them look for a counterexample among generated histories. A test belongs to"
        " an invariant by its name: `test_inv_s1_…` shows INV-S1.",
    ]
    for section, invariants in INVARIANTS.items():
        lines += [f"\n## {section}\n", "| | what holds | shown by |", "|---|---|---|"]
        lines += [
            f"| {name} | {statement} | {'<br>'.join(map(_link, shown.get(name, [])))} |"
            for name, statement in invariants.items()
        ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the page."""
    (ROOT / PAGE).write_text(page())
    print(PAGE)


def _names(module: ast.Module) -> Iterator[str]:
    """What a module defines at its top: functions, classes, and other names for them."""
    for node in module.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case _:
                pass


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{Path(path).name}::{name}](../{path})"


if __name__ == "__main__":
    main()
