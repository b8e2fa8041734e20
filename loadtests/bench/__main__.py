"""``make bench``: measure, one contestant after the other, and write ``loadtests/FIGURES.md``.

Each part is one run in which all contestants take turns. What was measured stays in
``.cache/bench``, so that parts can be measured anew one by one; the page says when each was.
"""

import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from loadtests.bench import (
    appending,
    boards,
    capacity,
    hub,
    idle,
    nodes,
    postgres_appending,
    reading,
    sockets,
    whole,
)
from loadtests.bench.disk import CACHE, filesystem, flush_ms
from loadtests.bench.measure import Outcome, Trial, interleaved
from loadtests.bench.peers import install
from loadtests.bench.report import Machine, Part, write

PARTS: Mapping[str, Callable[[float], Sequence[Trial]]] = {
    "hub": hub.trials,
    "whole": whole.trials,
    "sockets": sockets.trials,
    "log": appending.trials,
    "idle": idle.trials,
    "reading": reading.trials,
    "boards": boards.trials,
    "postgres": postgres_appending.trials,
    "nodes": nodes.trials,
}
CAPACITY = "capacity"
FIGURES = Path(__file__).parent.parent / "FIGURES.md"
console = Console()


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS, CAPACITY]))
@click.option("--scale", default=1.0, show_default=True, help="Length or size of what is measured.")
@click.option("--out", type=click.Path(path_type=Path), default=FIGURES, show_default=True)
def main(parts: Sequence[str], scale: float, out: Path) -> None:
    """Measure PARTS, or all of them (an hour and more), and write the figures."""
    install()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        for name in parts or [*PARTS, CAPACITY]:
            began = time.strftime("%Y-%m-%d %H:%M")
            part = Part(name=name, scale=scale, at=began, machine=_machine())
            if name == CAPACITY:
                part.climb = _climb(progress, scale)
            else:
                part.outcomes = _measured(name, scale, progress)
            CACHE.mkdir(parents=True, exist_ok=True)
            (CACHE / f"{name}.json").write_bytes(msgspec.json.encode(part))
    write(out, [*PARTS, CAPACITY], CACHE)
    console.print(f"The figures are in {out}.")


def _measured(name: str, scale: float, progress: Progress) -> list[Outcome]:
    trials = PARTS[name](scale)
    total = sum(len(trial.contestants) * trial.repeats for trial in trials)
    task = progress.add_task(name, total=total)

    def told(text: str) -> None:
        progress.update(task, description=text, advance=1)

    found = [interleaved(trial, told) for trial in trials]
    progress.update(task, description=name)
    return found


def _climb(progress: Progress, scale: float) -> list[Mapping[str, float]]:
    steps = [int(players * scale) for players in capacity.STEPS]
    task = progress.add_task(CAPACITY, total=len(steps))

    def told(text: str) -> None:
        progress.update(task, description=text, advance=1)

    found = capacity.climb(told, steps)
    progress.update(task, completed=len(steps), description=CAPACITY)
    return found


def _machine() -> Machine:
    """What it was measured on, and at which commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    return Machine(
        cpu=model,
        cores=len([line for line in lines if line.startswith("processor")]),
        python=platform.python_version(),
        kernel=platform.release(),
        disk=filesystem(CACHE.parent),
        flush_ms=flush_ms(),
        commit=commit,
    )


if __name__ == "__main__":
    main()
