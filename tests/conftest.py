"""What all tests may use: figures, told at the end of the run (also by the one who runs workers),
and a database server."""

import signal
from collections.abc import Callable, Iterator

import pytest

from loadtests.cluster.postgres import Postgres, postgres_server

FIGURE = "figure"


def pytest_configure() -> None:
    """Let Ctrl+C end what tests start, also where a shell runs these in the background.

    It has them ignore it, and whatever they start inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tell a figure that was measured; all of them stand at the end of the run."""
    return lambda line: record_property(FIGURE, line)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started when the first test asks for it."""
    with postgres_server() as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, whether or not it was good enough."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport)
    ]
    figures = [
        line for report in reports for name, line in report.user_properties if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
    for line in figures:
        terminalreporter.write_line(str(line))
