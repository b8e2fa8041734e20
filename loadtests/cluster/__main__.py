"""``make cluster``: all that a deployment for many is made of, on this machine, in one command."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console

from loadtests.cluster.balancer import Balancer, balancer
from loadtests.cluster.evening import Noticed, played
from loadtests.cluster.house import House, house
from loadtests.cluster.rolling import roll

DRAIN_MS = 6_000
"""Shorter than where people are far away: half of it is what the last ones take to go."""
MUCH = 1024
"""Bytes that are typed at once."""
SETTINGS = {
    "GUTSY_DRAIN_MS": str(DRAIN_MS),
    "GUTSY_TRUSTED_PROXIES": "1",
    # On a terminal each would tell its address, too.
    "GUTSY_LOG_FORMAT": "json",
}

console = Console(highlight=False)
started = time.monotonic()


def tell(part: str, what: str) -> None:
    """A line for each thing that happens."""
    at_s = time.monotonic() - started
    console.print(f"[dim]{at_s:6.1f} s[/dim]  [green]●[/green] {part:<13} {what}", soft_wrap=True)


@click.command()
@click.option("--nodes", default=3, show_default=True, type=click.IntRange(2, 16))
@click.option(
    "--redis", type=click.Choice(["cluster", "one"]), default="cluster", show_default=True
)
@click.option(
    "--players",
    default=0,
    type=click.IntRange(0),
    help="So many play through a restart of every node; then it ends.",
)
@click.option("--seconds", default=60.0, show_default=True, help="With --players: for how long.")
def main(*, nodes: int, redis: str, players: int, seconds: float) -> None:
    """PostgreSQL, Redis, several nodes and a balancer; gone, with all they wrote, in the end."""
    with suppress(asyncio.CancelledError):
        is_well = asyncio.run(_run(nodes, redis == "cluster", players, seconds))
        sys.exit(0 if is_well else 1)


async def _run(nodes: int, is_clustered: bool, players: int, seconds: float) -> bool:
    _end_when_asked()
    async with house(nodes, SETTINGS, is_clustered=is_clustered, tell=tell) as all_of_it:
        with tempfile.TemporaryDirectory(prefix="gutsy-cluster-") as name:
            ports = [node.port for node in all_of_it.nodes]
            async with balancer(Path(name), ports) as door:
                tell("HAProxy", door.url)
                if not players:
                    await _open(all_of_it, door)
                    return True
                noticed = await played(
                    all_of_it,
                    door,
                    players=players,
                    seconds=seconds,
                    folder=Path(name),
                    tell=tell,
                )
                return _judged(all_of_it, noticed, players)


def _end_when_asked() -> None:
    """On Ctrl+C or SIGTERM end what was started, undisturbed by the next one."""
    everything = asyncio.current_task()
    assert everything is not None, "called in a task"

    def end() -> None:
        if not everything.cancelling():
            everything.cancel()

    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, end)


async def _open(all_of_it: House, door: Balancer) -> None:
    """Let people play, and restart every node whenever Enter is pressed, until Ctrl+C."""
    console.print(
        f"\nThe game is at [bold]{door.url}[/bold], whichever node serves it."
        f" Company: .venv/bin/gutsy demo --url {door.url}\n"
        "Enter restarts one node after the other, while everybody plays on; Ctrl+C ends it all.\n",
        soft_wrap=True,
    )
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        # Not by sys.stdin, which nobody could let go of while somebody waits for it.
        with suppress(OSError, RuntimeError):
            while os.read(0, MUCH):
                loop.call_soon_threadsafe(pressed.set)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        await pressed.wait()
        await roll(all_of_it.nodes, door, tell)
        pressed.clear()
        tell("all nodes", "have been restarted")


def _judged(all_of_it: House, noticed: Noticed, players: int) -> bool:
    connections = all_of_it.postgres.connections()
    # What is written meanwhile would count as a difference.
    for node in all_of_it.nodes:
        node.stop()
    verified = all_of_it.gutsy("verify")
    if verified.returncode:
        noticed.problems.append(f"gutsy verify: {verified.stdout}{verified.stderr}")
    longest = noticed.longest_ms
    told = noticed.done
    if noticed.problems:
        print(noticed.said)
    tell("PostgreSQL", f"had {connections} connections, of {len(all_of_it.nodes)} nodes")
    for line in re.findall(r"^(?:while all played|check).*$", noticed.said, re.MULTILINE):
        part, _, what = line.partition(": ")
        tell("play" if part != "check" else "check", what)
    tell("moved", f"{told['moved']} times, of {players} players")
    codes = {what.removeprefix("closed "): n for what, n in told.items() if "closed " in what}
    closed = [f"{n} sockets with {code}" for code, n in codes.items()]
    tell("closed", ", ".join(closed) or "no socket from the other side")
    tell("longest", f"{longest.get('tap to ack', 0):,.0f} ms for an answer")
    tell("longest", f"{longest.get('away', 0):,.0f} ms away")
    for problem in noticed.problems:
        tell("problem", f"[red]{problem}[/red]")
    tell("restart", "somebody noticed" if noticed.problems else "nobody noticed")
    return not noticed.problems


if __name__ == "__main__":
    main()
