"""Plots for those who would rather look than read: bars beside each other, and one curve."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure

from loadtests.bench.measure import Outcome

rcParams["svg.hashsalt"] = "gutsy"
"""The same figures give the same file."""
OURS, LIMITS, OTHERS, INK = "#6d28d9", "#9ca3af", "#d6bcfa", "#1f2937"
LEAST = ("bare select", "select and typed decode")
"""What anybody has to do at least."""
BAR, HEAD, WIDTH = 0.27, 0.6, 8.0
"""Heights of a bar and of a title, and the width of a plot, in inches."""


def bars(path: Path, outcomes: Sequence[Outcome], shown: Sequence[str]) -> Path:
    """A group of bars for each trial: the first of the figures ``shown`` that it has."""
    counts = [len(outcome.figures) for outcome in outcomes]
    heights = [BAR * count + HEAD for count in counts]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    axes = figure.subplots(len(outcomes), 1, squeeze=False, height_ratios=heights)
    for axis, outcome in zip(axes[:, 0], outcomes, strict=True):
        measured = next(iter(outcome.figures.values()))
        what = next(one for one in shown if one in measured)
        names = list(outcome.figures)
        spreads = [outcome.figures[name][what] for name in names]
        middles = [spread.median for spread in spreads]
        reach = [
            [spread.median - spread.least for spread in spreads],
            [spread.most - spread.median for spread in spreads],
        ]
        axis.barh(names, middles, xerr=reach, color=[_color(n) for n in names], ecolor=INK)
        axis.invert_yaxis()
        axis.set_title(
            f"{outcome.name}: {what.replace('_per_', '/').replace('_', ' ')}", loc="left"
        )
        axis.title.set_fontsize(9)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    return path


def curve(path: Path, climb: Sequence[Mapping[str, float]]) -> Path:
    """How long the last member waits as players become more."""
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axis = figure.subplots()
    players = [step["players"] for step in climb]
    for what, color in (("last_p99_ms", OURS), ("last_p50_ms", LIMITS)):
        waits = [step[what] for step in climb]
        axis.plot(players, waits, color=color, marker="o", label=what.split("_")[1])
    least, most = ([step[f"{end}_p99_ms"] for step in climb] for end in ("least", "most"))
    axis.fill_between(players, least, most, color=OTHERS, linewidth=0, alpha=0.6)
    axis.axhline(100, color=INK, linewidth=0.8, linestyle="--")
    axis.set_yscale("log")
    axis.set_xlabel("live players, each acts every 20 s")
    axis.set_ylabel("ms from the tap to the last member")
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    return path


def _color(name: str) -> str:
    if "limit" in name or name.startswith("raw ") or name in LEAST:
        return LIMITS
    ours = ("gutsy", "players", "everything folded", "one node", "two nodes", "three nodes")
    return OURS if any(one in name for one in ours) else OTHERS
