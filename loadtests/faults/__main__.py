"""``make faults``: each kind of fault in turn, and the table of what it has shown.

What a kind has shown stays in ``.cache/faults``, so that kinds can be run one by one; a run of at
least ``LONG`` commands writes ``loadtests/FAULTS.md`` anew of all that is there.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from loadtests.cluster.house import House, house
from loadtests.faults import presence
from loadtests.faults.fault import Fault
from loadtests.faults.history import History
from loadtests.faults.kinds import KINDS
from loadtests.faults.presence import Ghosts
from loadtests.faults.report import COLUMNS, row, write
from loadtests.faults.result import Result
from loadtests.faults.run import HOUSE, Told, run

CACHE = Path(".cache/faults")
PAGE = Path(__file__).parent.parent / "FAULTS.md"
NODES = 3
LONG = 10_000
"""Commands of each kind that make a run worth a page."""
SHOWN = 20
"""Violations that are printed of a run."""
NAMES = [*KINDS, presence.NAME]
console = Console()


@click.command()
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="These kinds only.")
@click.option("--commands", default=LONG, show_default=True, help="Of each kind, at least.")
@click.option("--seed", default=7, show_default=True, help="The same seed, the same choices.")
@click.option("--report", type=click.Path(path_type=Path), default=PAGE, help="The page.")
def main(only: Sequence[str], commands: int, seed: int, report: Path) -> None:
    """Let things fail while many players play, and prove that nothing was lost."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        results = asyncio.run(run_all(only or NAMES, commands, seed, progress))
    table = Table(*COLUMNS)
    for result in results:
        if isinstance(result, Result):
            table.add_row(*row(result))
    console.print(table)
    for result in results:
        for one in result.violations[:SHOWN]:
            console.print(f"{result.name}: {one.promise}: {one.what}", markup=False)
    if commands >= LONG:
        write(report, [kept for name in KINDS if (kept := _kept(name))], _kept_ghosts())
    sys.exit(1 if any(result.violations for result in results) else 0)


async def run_all(
    names: Sequence[str], commands: int, seed: int, progress: Progress
) -> list[Result | Ghosts]:
    """Each kind; in one house for as long as all is well and it is what they need."""
    results: list[Result | Ghosts] = []
    waiting = list(names)
    while waiting:
        needed = _kind(waiting[0])
        async with _house(needed) as home:
            while waiting and _kind(waiting[0]).settings == needed.settings:
                name = waiting.pop(0)
                task = progress.add_task(name, total=None if name == presence.NAME else commands)
                result = await _one(home, name, commands, seed, _telling(progress, task))
                _file(name).write_bytes(msgspec.json.encode(result))
                results.append(result)
                progress.stop_task(task)
                if result.violations:
                    break  # the next one gets a house in which all is well
    return results


async def _one(home: House, name: str, commands: int, seed: int, told: Told) -> Result | Ghosts:
    history = _file(name).with_suffix(".jsonl")
    if name == presence.NAME:
        return await presence.run(home, History(history), seed)
    return await run(home, KINDS[name](), commands=commands, seed=seed, path=history, told=told)


@asynccontextmanager
async def _house(kind: type[Fault]) -> AsyncIterator[House]:
    settings = {**HOUSE, **kind.settings}
    async with house(NODES, settings, is_clustered=not kind.is_of_plain_redis) as home:
        yield home


def _kind(name: str) -> type[Fault]:
    """What says which house is needed; presence takes any."""
    return KINDS.get(name, Fault)


def _telling(progress: Progress, task: TaskID) -> Told:
    return lambda done: progress.update(task, completed=done)


def _file(name: str) -> Path:
    return CACHE / f"{name.replace(' ', '-')}.json"


def _kept(name: str) -> Result | None:
    file = _file(name)
    return msgspec.json.decode(file.read_bytes(), type=Result) if file.exists() else None


def _kept_ghosts() -> Ghosts | None:
    file = _file(presence.NAME)
    return msgspec.json.decode(file.read_bytes(), type=Ghosts) if file.exists() else None


if __name__ == "__main__":
    main()
