"""What is there is documented: every setting, target, message, command, event, code."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from domain.facts import Fact, name_of
from domain.refusals import RefusalCode
from server.docs import generate
from server.edge.calls import CALLS
from server.edge.http_connection import MOST_HEADERS, MOST_PIPELINED
from server.edge.session import HELD_BYTES, HELD_MESSAGES
from server.edge.socket import MOST_FRAGMENTS
from server.eventlog.names import FACTS, topic_of
from server.metrics import METRICS, Described
from server.protocol.bodies import BODIES
from server.protocol.client_messages import ClientMessage
from server.protocol.errors import CloseCode
from server.protocol.server_messages import ServerMessage
from server.settings import documented
from tests import invariants

ROOT = Path(__file__).parent.parent
MESSAGES = [*get_args(ClientMessage), *get_args(ServerMessage)]


def page(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / "docs" / name).read_text()


def in_code(name: str, text: str) -> bool:
    """Whether a page shows a name as one of the wire or the shell."""
    return f"`{name}`" in text


@pytest.mark.parametrize("path", sorted(generate()))
def test_a_generated_page_is_fresh(path: str) -> None:
    """`make docs` would change nothing."""

    assert generate()[path] == (ROOT / path).read_text()


def test_the_page_of_invariants_is_fresh() -> None:
    """It names the tests that there are."""

    assert invariants.page() == page("invariants.md")


def test_every_invariant_is_shown_by_a_test() -> None:
    assert invariants.STATEMENTS.keys() == invariants.shown_by().keys()


def test_every_test_of_an_invariant_shows_one_that_is_listed() -> None:
    """A name that is mistyped shows nothing."""

    assert set() == invariants.shown_by().keys() - invariants.STATEMENTS.keys()


def test_every_setting_is_documented() -> None:
    """With its default."""
    text = page("settings.md")

    assert [row.variable for row in documented() if not in_code(row.variable, text)] == []


def test_every_setting_that_is_documented_is_one() -> None:
    """In all pages and in the README, if it names any."""
    known = {row.variable for row in documented()}
    pages = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]
    named = {name for path in pages for name in re.findall(r"GUTSY_[A-Z_]+[A-Z]", path.read_text())}

    assert set() == named - known


def test_every_promise_names_tests_that_there_are() -> None:
    """As ``path::test``, or ``::test`` for one more of the file before it."""
    named = re.findall(r"`(tests/[^`:]+)?(?:::([^`]+))?`", page("security.md"))
    broken, path = [], ""
    for new_path, test in named:
        path = new_path or path
        if not (ROOT / path).is_file() or (test and test not in defined_in(path)):
            broken.append(f"{path}::{test}")

    assert len(named) > 50
    assert broken == []


def test_every_promise_has_a_test_or_says_that_it_has_none() -> None:
    """Or it names invariants, which have theirs."""
    promises, _, _ = page("security.md").partition("## Not promised")
    sections = promises.partition("\n## ")[2]
    shown = re.compile(r"`tests/|No\s+test |invariants\.md")

    assert [one for one in re.split(r"\n(?=- )", sections)[1:] if not shown.search(one)] == []


def defined_in(path: str) -> set[str]:
    """The tests in a file, also those of its classes; found by reading."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))

    return {n.name for n in nodes if isinstance(n, functions) and n.name.startswith("test_")}


def test_every_target_of_make_is_documented() -> None:
    """For whoever comes new to it."""
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    paths = [ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
    text = "\n".join(path.read_text() for path in paths if path.exists())

    # The default one is named by calling `make` alone.
    patterns = {target: rf"`make {target}\b" for target in targets} | {"help": "`make`"}

    assert len(targets) > 10
    assert [target for target, pattern in patterns.items() if not re.search(pattern, text)] == []


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_every_message_is_documented(message: type) -> None:
    """With each of its fields."""
    text = page("protocol.md")
    tag = message.__struct_config__.tag  # type: ignore[attr-defined]  # a Struct's own
    lines = [line for line in text.splitlines() if line.startswith(f"| `{tag}` |")]
    fields = message.__struct_encode_fields__  # type: ignore[attr-defined]  # as above

    assert lines, tag
    assert [name for name in fields if not any(in_code(name, line) for line in lines)] == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_documented(metric: Described) -> None:
    """With each of its labels."""
    text = page("metrics.md")
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{metric.name}` |")]

    assert [label for label in metric.labels if not in_code(label, line)] == []


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_command_is_documented(kind: str) -> None:
    """By its kind."""

    assert in_code(kind, page("protocol.md"))


@pytest.mark.parametrize("code", sorted(RefusalCode))
def test_every_error_code_is_documented(code: str) -> None:
    """The closed list."""

    assert in_code(code, page("protocol.md"))


@pytest.mark.parametrize("code", sorted(CloseCode))
def test_every_close_code_is_documented(code: int) -> None:
    """By its number."""

    assert re.search(rf"\b{int(code)}\b", page("protocol.md"))


def test_every_limit_that_is_no_setting_is_documented() -> None:
    """With its number."""
    section = page("protocol.md").partition("## Limits")[2].partition("\n## ")[0]
    fixed = [MOST_HEADERS, MOST_PIPELINED, MOST_FRAGMENTS, HELD_MESSAGES, HELD_BYTES]

    assert fixed == [int(number) for number in re.findall(r"\| (\d+) \|", section)]


@pytest.mark.parametrize("fact", FACTS, ids=name_of)
def test_every_event_is_documented(fact: type[Fact]) -> None:
    """With each of its fields."""
    text = page("events.md")
    section = text.partition(f"## `{topic_of(fact)}`")[2].partition("\n## ")[0]

    assert [name for name in fact.__struct_fields__ if not in_code(name, section)] == []


def test_every_call_is_documented() -> None:
    """Or described by the API itself, which the page then names."""
    text = page("protocol.md")

    assert "/openapi.json" in text or [call.path for call in CALLS if call.path not in text] == []


def test_no_link_between_pages_leads_nowhere() -> None:
    """Of those within the project."""
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", path.read_text()):
            if not (path.parent / target).exists():
                broken.append((path.name, target))

    assert broken == []


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_what_the_first_pages_show_by_html_is_there(name: str) -> None:
    """Pictures, which Markdown's own links do not name; of those within the project."""
    targets = re.findall(r'\b(?:src|href)="([^":]+)"', (ROOT / name).read_text())

    assert [target for target in targets if not (ROOT / target).exists()] == []
