"""The picture of a run: for each fault a timeline of what was acknowledged, and when it failed."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure

from loadtests.faults.result import Result

rcParams["svg.hashsalt"] = "gutsy"
"""The same figures give the same file."""
DONE, FAULT, LEVEL = "#6d28d9", "#fecaca", "#15803d"
WIDTH, ROW, COLUMNS = 10.0, 0.95, 2
"""In inches, and kinds beside each other."""
TENTHS = 5
"""Of a second, in one bar."""


def draw(path: Path, results: Sequence[Result]) -> None:
    """Small multiples: commands a second, faults shaded, and when all were level again."""
    rows = -(-len(results) // COLUMNS)
    figure = Figure(figsize=(WIDTH, ROW * rows + 0.4), layout="constrained")
    axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axis, result in zip(axes, results, strict=False):
        counts = result.acknowledged
        steps = [
            sum(counts[at : at + TENTHS]) * 10 / TENTHS for at in range(0, len(counts), TENTHS)
        ]
        edges = [index * TENTHS / 10 for index in range(len(steps) + 1)]
        axis.stairs(steps, edges, fill=True, color=DONE, linewidth=0)
        for fault, took in zip(result.faults, result.converged_s, strict=False):
            axis.axvspan(fault.at, fault.until, color=FAULT, linewidth=0, zorder=0)
            if took is not None:
                axis.axvline(fault.until + took, color=LEVEL, linewidth=0.8)
        axis.set_title(result.name, loc="left", fontsize=8, pad=2)
        axis.set_xlim(0, len(counts) / 10)
        axis.set_ylim(0, None)
        axis.tick_params(labelsize=6, length=2, pad=1)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(results) :]:
        axis.set_visible(False)
    figure.savefig(path, metadata={"Date": None})
