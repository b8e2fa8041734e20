"""The page of figures: a table for each trial, what was to be reached, and plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtests.bench.measure import Outcome
from loadtests.bench.plots import bars, curve
from loadtests.bench.targets import Target, targets


class Machine(Struct, frozen=True, kw_only=True):
    """What a part was measured on."""

    cpu: str
    cores: int
    python: str
    kernel: str
    disk: str
    flush_ms: float
    commit: str


class Part(Struct, kw_only=True):
    """One part of the benchmarks, measured in one run; times are local."""

    name: str
    scale: float
    at: str
    machine: Machine
    outcomes: list[Outcome] = []
    climb: list[Mapping[str, float]] = []


TITLES = {
    "hub": "Hub: deliveries from one core, the log left out",
    "whole": "Whole house: command, disk, every member's socket",
    "sockets": "Durable commands through sockets",
    "log": "The log alone",
    "idle": "Idle connections",
    "reading": "Replay, rebuild, start",
    "boards": "Boards among a million players",
    "postgres": "The log in PostgreSQL, by several writers",
    "nodes": "Several nodes on one core, against one",
    "capacity": "Capacity: live players on one core",
}
SHOWN = {
    "hub": ("deliveries_per_s", "p50_ms", "p99_ms", "server_cores", "frame_bytes"),
    "whole": ("deliveries_per_s", "commands_per_s", "p50_ms", "p99_ms", "server_cores"),
    "sockets": ("commands_per_s", "p50_ms", "p99_ms"),
    "log": ("events_per_s", "p50_ms", "p99_ms"),
    "idle": ("kib_per_connection", "accepts_per_s"),
    "reading": ("events_per_s", "seconds"),
    "boards": ("p50_ms", "p99_ms"),
    "postgres": ("events_per_s", "p50_ms", "p99_ms"),
    "nodes": ("deliveries_per_s", "commands_per_s", "p50_ms", "p99_ms", "server_cores"),
}
"""Which figures of a part are told, the first of them drawn."""
HEAD = """# Figures

Made by `make bench`; do not edit. The server has one core to itself, the sink or whoever else asks
has the other. Contestants take turns; each figure is the median of the repeats, with the least and
the most. Machines are noisy: what counts are the ratios within one run.

*limit* is a C server that does nothing but `send()`; *together* sends a room's events of one turn
in one call. Every server gets its events by the same control stream, and the sink never sleeps, so
that nobody pays for receiving or for waking it. Limits that hold strangers back are raised by
documented settings (`loadtests/bench/gutsy.py`).
"""


def write(path: Path, names: Sequence[str], cache: Path) -> None:
    """Write the page of all parts that were measured, with its plots beside it."""
    files = [cache / f"{name}.json" for name in names]
    parts = [msgspec.json.decode(f.read_bytes(), type=Part) for f in files if f.exists()]
    plots = path.parent / "figures"
    plots.mkdir(exist_ok=True)
    found = {outcome.name: outcome for part in parts for outcome in part.outcomes}
    climb = next((part.climb for part in parts if part.climb), [])
    sections = [HEAD, _targets(targets(found, climb))]
    sections += [_section(part, plots, path.parent) for part in parts]
    path.write_text("\n".join(sections))


def _targets(rows: Sequence[Target]) -> str:
    lines = ["| to be reached | wanted | found | |", "|---|---|---|---|"]
    lines += [
        f"| {t.name} | {t.wanted} | {t.found} | {'yes' if t.is_met else 'no'} |" for t in rows
    ]
    return "\n".join(lines) + "\n"


def _section(part: Part, plots: Path, root: Path) -> str:
    machine = part.machine
    lines = [
        f"## {TITLES[part.name]}",
        "",
        f"{part.at}, commit {machine.commit}: {machine.cpu}, {machine.cores} cores, Linux"
        f" {machine.kernel}, Python {machine.python}, {machine.disk} (a flush takes"
        f' {machine.flush_ms:.2f} ms). `make bench ARGS="{part.name}'
        f'{"" if part.scale == 1 else f" --scale {part.scale:g}"}"`',
        "",
    ]
    if part.climb:
        file = curve(plots / "capacity.svg", part.climb)
        lines += [f"![{TITLES[part.name]}]({file.relative_to(root)})", "", *_climb(part.climb)]
    else:
        shown = SHOWN[part.name]
        file = bars(plots / f"{part.name}.svg", part.outcomes, shown)
        lines += [f"![{TITLES[part.name]}]({file.relative_to(root)})", ""]
        for outcome in part.outcomes:
            lines += _table(outcome, shown)
    return "\n".join(lines)


def _table(outcome: Outcome, shown: Sequence[str]) -> list[str]:
    columns = [s for s in shown if any(s in figures for figures in outcome.figures.values())]
    lines = [
        f"### {outcome.name[0].upper()}{outcome.name[1:]}",
        "",
        f"| | {' | '.join(map(words, columns))} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name, figures in outcome.figures.items():
        cells = [str(figures[column]) if column in figures else "" for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _climb(climb: Sequence[Mapping[str, float]]) -> list[str]:
    columns = list(climb[0])
    lines = [f"| {' | '.join(map(words, columns))} |", "|---" * len(columns) + "|"]
    for step in climb:
        lines.append(f"| {' | '.join(f'{step[column]:,.5g}' for column in columns)} |")
    return [*lines, ""]


def words(figure: str) -> str:
    """A figure's name for people: ``p99_ms`` is "p99 ms"."""
    return (
        figure.replace("_per_", "/").replace("kib", "KiB").replace("mib", "MiB").replace("_", " ")
    )
