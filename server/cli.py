"""The command line: ``gutsy --help``."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from server import logs, moving, upkeep
from server.app import UNABLE, make_server
from server.clock import Clock, Dice, draw_bytes
from server.demo.account import CallError
from server.demo.client import Refused
from server.demo.evening import Evening
from server.demo.line import Ended
from server.demo.lines import LINES
from server.docs import generate
from server.settings import (
    PREFIX,
    Settings,
    SettingsError,
    documented,
    is_database,
    load_settings,
)

logger = logging.getLogger(logs.OURS)  # also when this file is the program

console = Console(stderr=True)
ROOT = Path(__file__).parent.parent
SHOWN_PROBLEMS = 20
CAST_PER_HOUR = 1_000_000
"""Guests and joins: the whole cast comes from one address."""
STARTING_S = 0.02
"""Between two looks at whether the demo's server is up."""

Bar = Callable[[int, int], None]


@click.group()
@click.version_option(package_name="gutsy")
def main() -> None:
    """Gutsy: dares among friends, where a "no" is a win.

    Settings come from the environment; `gutsy settings` lists them.
    """
    # Whatever is written here is for its owner only.
    before = os.umask(0o077)
    click.get_current_context().call_on_close(lambda: os.umask(before))


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
@click.option("--url", help="Play in the game at this address instead of one of its own.")
@click.option("--code", help="With --url: join the squad of this invite code.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the game in this folder; without it, nothing is left behind.",
)
@click.option("--seed", type=int, help="The same number makes the same choices again.")
@click.option("--locale", type=click.Choice(sorted(LINES)), default="en", show_default=True)
@click.option(
    "--pace",
    type=click.FloatRange(0.1, 1_000),
    default=1.0,
    show_default=True,
    help="How many times faster than life everything goes.",
)
@click.option("--quiet", is_flag=True, help="Print the address and nothing else.")
def demo(
    *,
    url: str | None,
    code: str | None,
    data: Path | None,
    seed: int | None,
    locale: str,
    pace: float,
    quiet: bool,
) -> None:
    """Let simulated players play, and print a link to join them.

    They come in as guests, dare each other, welcome whoever joins and answer their dares. Ctrl+C
    ends it all.
    """
    if url is not None and data is not None:
        raise click.UsageError("--data is for a game of its own, not with --url.")
    if code is not None and url is None:
        raise click.UsageError("--code needs --url.")
    chosen = int.from_bytes(draw_bytes(4)) if seed is None else seed

    def evening(address: str) -> Evening:
        return Evening(
            address,
            dice=Dice(chosen),
            clock=Clock(),
            tell=(lambda _: None) if quiet else _tell_story,
            locale=locale,
            speed=pace,
        )

    # Asked to end either way, it takes its leave and its folder along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    with suppress(KeyboardInterrupt):
        try:
            if url is not None:
                asyncio.run(_play(evening(url), code))
            else:
                with _folder(data) as folder:
                    asyncio.run(_serve_and_play(_demo_settings(folder), evening))
        except (CallError, Refused, Ended, OSError) as error:
            _say(f"The demo cannot go on: {error}")
            sys.exit(1)


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
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--copy", is_flag=True, help="Leave the log open; the copy gets an id of its own.")
def export(file: Path, *, copy: bool) -> None:
    """Move the log into FILE, for `gutsy import` to put it into another database.

    The server must be stopped, and does not start here any more: the file is the log now. A copy
    may be made while players play. What was interrupted goes on when it is called again. The keys
    of personal text are not in the file: `gutsy copy-keys`.
    """
    with _bar("Exporting") as progress:
        moved = moving.export(_settings(), file, progress, is_copy=copy)
    _say(f"{moved.events:,} events are in {file}, the last under the hash {moved.hash}.")
    if not copy:
        _say("This log is closed. Should all else fail, `gutsy reopen` opens it again.")


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_log(file: Path) -> None:
    """Put the log in FILE, as `gutsy export` has written it, into an empty database.

    What was interrupted goes on when it is called again. Clients do not notice that a log was
    moved; a copy they load anew.
    """
    chosen = _settings()
    with _bar("Importing") as progress:
        moved = moving.import_log(chosen, file, progress)
    _say(f"{moved.events:,} events are in place, the last under the hash {moved.hash}.")
    if not moving.has_keys(chosen):
        _say("There are no keys yet, and without them all words look erased: `gutsy copy-keys`.")


@main.command()
def reopen() -> None:
    """Open a log again that was moved, when it is not to be served from elsewhere.

    It gets a new id, and clients load it anew; what was played elsewhere is not in it.
    """
    with _bar("Opening"):
        moving.reopen(_settings())
    _say("The log is open, under a new id.")


@main.command()
@click.argument("source")
def copy_keys(source: str) -> None:
    """Copy the keys of personal text from SOURCE to where GUTSY_KEYS_URL says.

    SOURCE is sqlite:///PATH or postgresql://…. Once the game is served with them from there, take
    those at SOURCE away: an old copy of the keys takes every later erasure back.
    """
    if not is_database(source):
        raise click.UsageError("SOURCE is sqlite:///PATH or postgresql://….")
    with _bar("Copying keys") as progress:
        count = moving.copy_keys(_settings(), source, progress)
    _say(f"{count:,} people are known here too, by their key or as erased.")


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


def _demo_settings(folder: Path) -> Settings:
    """What the environment says, in this folder alone; on a free port unless it names one."""
    given = _settings()
    return replace(
        given,
        data_dir=str(folder),
        # Made-up players never come into the log of a real game.
        database_url=None,
        keys_url=None,
        port=given.port if f"{PREFIX}PORT" in os.environ else 0,
        ruleset=0 if given.is_loopback else given.ruleset,
        guests_per_hour=max(given.guests_per_hour, CAST_PER_HOUR),
        joins_per_hour=max(given.joins_per_hour, CAST_PER_HOUR),
    )


async def _serve_and_play(settings: Settings, evening: Callable[[str], Evening]) -> None:
    """A server and its players, until either ends."""
    server = make_server(settings)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 uvicorn has no event for it
            await asyncio.sleep(STARTING_S)
        if not server.started:
            raise OSError(str(server.refusal or "the server did not start"))
        port = server.servers[0].sockets[0].getsockname()[1]
        playing = asyncio.create_task(_play(evening(f"http://{settings.host}:{port}"), None))
        await asyncio.wait({serving, playing}, return_when=asyncio.FIRST_COMPLETED)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        if not playing.cancelled():
            playing.result()
    finally:
        server.should_exit = True
        # uvicorn hands a signal on once it has stopped: then it is done already.
        await asyncio.wait({serving})
        serving.exception()


async def _play(evening: Evening, code: str | None) -> None:
    try:
        link = await evening.open(code)
        console.print(f"Come in: [bold]{link}[/bold]  (Ctrl+C ends the demo)", soft_wrap=True)
        await evening.play()
    finally:
        await evening.close()


def _tell_story(line: str) -> None:
    console.print(f"  {line}", highlight=False, soft_wrap=True)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder named, or one that is gone afterwards."""
    if data is not None:
        yield data
        return
    with TemporaryDirectory(prefix="gutsy-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


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
