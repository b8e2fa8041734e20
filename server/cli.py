"""The command line: ``gutsy --help``."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from server import logs, upkeep
from server.app import UNABLE, make_server
from server.docs import generate
from server.settings import PREFIX, Settings, SettingsError, documented, load_settings

logger = logging.getLogger(logs.OURS)  # also when this file is the program

console = Console(stderr=True)
ROOT = Path(__file__).parent.parent
SHOWN_PROBLEMS = 20

Bar = Callable[[int, int], None]


@click.group()
@click.version_option(package_name="gutsy")
def main() -> None:
    """Gutsy: dares among friends, where a "no" is a win.

    Settings come from the environment; `gutsy settings` lists them.
    """


@main.command()
def serve() -> None:
    """Start the game and print where it is."""
    settings = _settings()
    logs.set_up(settings, sys.stderr)
    with _progress() as progress:
        task = progress.add_task("Reading the log", visible=False)

        def show(position: int, goal: int) -> None:
            progress.update(task, completed=position, total=goal, visible=True)

        server = make_server(settings, show)
        # uvicorn would tell the whole traceback of what is said in a sentence below.
        logging.getLogger("uvicorn.error").addFilter(lambda _record: server.refusal is None)
        started = server.startup

        async def startup(sockets: object = None) -> None:
            asyncio.get_running_loop().set_exception_handler(logs.note_unexpected)
            await started(sockets)  # type: ignore[arg-type]  # passed on as it came
            progress.stop()
            if server.started:
                # The real port: 0 asks the system for a free one.
                port = server.servers[0].sockets[0].getsockname()[1]
                address = f"http://{settings.host}:{port}"
                if logs.is_json(settings, sys.stderr):
                    logger.info("Gutsy is at %s", address)
                else:
                    console.print(f"Gutsy is at [bold]{address}[/bold]  (Ctrl+C stops it)")

        server.startup = startup  # type: ignore[method-assign]  # uvicorn has no hook for this
        with suppress(SystemExit):  # uvicorn's way to say that it did not start
            server.run()
    if not server.started and server.refusal is not None:
        _say(f"Gutsy cannot start: {server.refusal}")
    sys.exit(0 if server.started else 1)


@main.command()
def verify() -> None:
    """Check that the log is whole and unchanged, and that every board is what it amounts to.

    The server must be stopped. Ends with 1 if anything is wrong. The hash at the end stands for
    the whole log: note it down, and no event before it can be changed unseen.
    """
    with _bar("Checking the log") as progress:
        report = upkeep.verify(_settings(), progress)
    _tell(report, "problems")


@main.group()
def projections() -> None:
    """The read models: boards, ledgers and rosters."""


@projections.command()
def rebuild() -> None:
    """Make every read model anew from the log, and compare it with the old one.

    The server must be stopped. The new one is kept; ends with 1 if the old one was different.
    """
    with _bar("Rebuilding") as progress:
        report = upkeep.rebuild(_settings(), progress)
    _tell(report, "were different before")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the event log to FILE, while players play.

    The keys of personal text are not in it. Keep a copy of the data folder's keys.db and secret
    elsewhere, for a shorter time.
    """
    with _bar("Copying") as progress:
        events = upkeep.backup(_settings(), file, progress)
    console.print(f"{events:,} events are in {file}.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(file: Path) -> None:
    """Put the backup FILE in place of the log, under a new log id.

    The server must be stopped. The old log is kept as gutsy.before-restore.
    """
    with _bar("Restoring") as progress:
        events = upkeep.restore(_settings(), file, progress)
    console.print(f"{events:,} events are in place. Clients will load them anew.")


@main.command()
def settings() -> None:
    """List every setting with its unit, default and range."""
    for row in documented():
        unit = f" [{row.unit}]" if row.unit else ""
        bounds = f", {row.range}" if row.range else ""
        click.echo(f"{row.variable}{unit} (default {row.default}{bounds})\n    {row.meaning}")


@main.command()
def docs() -> None:
    """Write the generated pages and types anew (for whoever develops Gutsy)."""
    for path, text in generate().items():
        (ROOT / path).write_text(text)
        click.echo(path)


@contextmanager
def _bar(title: str) -> Iterator[Bar]:
    """A progress bar, and a word instead of a traceback when the log cannot do it."""
    try:
        with _progress() as progress:
            task = progress.add_task(title)
            yield lambda at, of: progress.update(task, completed=at, total=of)
    except UNABLE as error:
        _say(f"{title}: {error}")
        sys.exit(1)


def _progress() -> Progress:
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _say(line: str) -> None:
    """One line, whatever is in it and however narrow the screen is."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _tell(report: upkeep.Report, what: str) -> None:
    for problem in report.problems[:SHOWN_PROBLEMS]:
        _say(problem)
    count = len(report.problems)
    console.print(f"{report.events:,} events, {report.rows:,} rows: {count:,} {what}.")
    if report.hash:
        console.print(f"The hash of event {report.events:,} is {report.hash}.")
    sys.exit(1 if count else 0)


def _settings() -> Settings:
    try:
        return load_settings(os.environ)
    except SettingsError as error:
        console.print(f"[bold]Settings:[/bold] {error}")
        console.print(f"`gutsy settings` lists every {PREFIX}* variable.")
        sys.exit(2)


if __name__ == "__main__":
    main()
