"""The command line: ``gutsy --help``."""

import logging
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from server.app import make_server
from server.docs import generate
from server.settings import PREFIX, Settings, SettingsError, documented, load_settings

console = Console(stderr=True)
ROOT = Path(__file__).parent.parent


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
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    address = f"http://{settings.host}:{settings.port}"
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Reading the log", visible=False)

        def show(position: int, goal: int) -> None:
            progress.update(task, completed=position, total=goal, visible=True)

        server = make_server(settings, show)
        started = server.startup

        async def startup(sockets: object = None) -> None:
            await started(sockets)  # type: ignore[arg-type]  # passed on as it came
            progress.stop()
            if server.started:
                console.print(f"Gutsy is at [bold]{address}[/bold]  (Ctrl+C stops it)")

        server.startup = startup  # type: ignore[method-assign]  # uvicorn has no hook for this
        server.run()
    sys.exit(0 if server.started else 1)


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


def _settings() -> Settings:
    try:
        return load_settings(os.environ)
    except SettingsError as error:
        console.print(f"[bold]Settings:[/bold] {error}")
        console.print(f"`gutsy settings` lists every {PREFIX}* variable.")
        sys.exit(2)


if __name__ == "__main__":
    main()
