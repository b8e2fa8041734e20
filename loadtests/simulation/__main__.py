"""``python -m loadtests.simulation``: people play until the log is as long as asked for."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from loadtests.simulation.circles import foundings
from loadtests.simulation.town import Town
from loadtests.simulation.world import START, World, open_world

EVENTS_OF_A_CIRCLE = 1_000
"""What comes of a circle within the two years, on average: sizes the town to the log asked for."""
WEEKS = 104


@click.command()
@click.option("--events", default=1_000_000, show_default=True, help="Events to stop at.")
@click.option("--seed", default=7, show_default=True, help="The same seed, the same facts.")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="A new folder.")
def main(events: int, seed: int, data: Path) -> None:
    """Two years of play through the real commands, into the log of a folder."""
    if (data / "gutsy.db").exists():
        raise click.UsageError(f"There is a log in {data} already.")
    began = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Playing", total=events)
        world = asyncio.run(
            simulate(data, events, seed, lambda at: progress.update(task, completed=at))
        )
    click.echo(totals(world, time.monotonic() - began))


async def simulate(
    folder: Path, events: int, seed: int, progress: Callable[[int], None] = lambda _at: None
) -> World:
    """Play until there are ``events`` events, and return the world as it was then.

    The last round is played to its end, so that there may be a few hundred more.
    """
    async with open_world(folder, seed) as world:
        world.begin(foundings(Town(world), events / EVENTS_OF_A_CIRCLE / WEEKS), START)
        while world.last_seq < events:
            await world.play_round()
            progress(world.last_seq)
    return world


def totals(world: World, seconds: float) -> str:
    """What came of it, in one line."""
    facts = world.facts
    until = datetime.fromtimestamp(world.now / 1000, UTC)
    return (
        f"{world.last_seq:,} events until {until:%Y-%m-%d}: {facts['player.registered']:,} players,"
        f" {facts['squad.created']:,} squads, {facts['dare.issued']:,} dares,"
        f" {facts['dare.reported']:,} reports; {world.commands:,} commands,"
        f" {world.refusals.total():,} refused; {seconds:.1f} s"
        f" ({world.last_seq / seconds:,.0f} events/s)"
    )


if __name__ == "__main__":
    main()
