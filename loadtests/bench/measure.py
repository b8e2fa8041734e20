"""Measuring side by side: contestants take turns, so what the machine does meanwhile hits them all.

A figure alone says little on a noisy machine. What counts are ratios of medians out of one run,
with their spread beside them.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

LARGE = 100
"""From here on nobody looks at what stands after the point."""

Figures = Mapping[str, float]
"""What one measurement found, by name; the names tell the units, as ``p99_ms`` does."""


class Contestant(Struct, frozen=True):
    """Somebody who is measured. ``run`` measures once, from a fresh start, and cleans up."""

    name: str
    run: Callable[[], Figures]


class Trial(Struct, frozen=True, kw_only=True):
    """One question that every contestant is asked, such as "rooms of ten, one outstanding"."""

    name: str
    contestants: Sequence[Contestant]
    repeats: int


class Spread(Struct, frozen=True):
    """A figure over all repeats."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)} to {_short(self.most)})"


class Outcome(Struct, frozen=True, kw_only=True):
    """What a trial found: for each contestant each figure's spread."""

    name: str
    figures: Mapping[str, Mapping[str, Spread]]

    def median(self, contestant: str, figure: str) -> float:
        """A contestant's median."""
        return self.figures[contestant][figure].median

    def ratio(self, of: str, to: str, figure: str) -> float:
        """How one contestant's median stands to another's in the same run."""
        return self.median(of, figure) / self.median(to, figure)


def interleaved(trial: Trial, told: Callable[[str], None] = lambda _text: None) -> Outcome:
    """Measure every contestant in turn, ``repeats`` times, in an order that is turned each time."""
    found: dict[str, list[Figures]] = {c.name: [] for c in trial.contestants}
    for turn in range(trial.repeats):
        order = list(trial.contestants)
        if turn % 2:
            order.reverse()
        for contestant in order:
            told(f"{trial.name}, {contestant.name}, {turn + 1} of {trial.repeats}")
            found[contestant.name].append(contestant.run())
    return Outcome(name=trial.name, figures={name: _spreads(all_) for name, all_ in found.items()})


def _spreads(measured: Sequence[Figures]) -> dict[str, Spread]:
    names = list(measured[0])
    return {name: _spread([one[name] for one in measured]) for name in names}


def _spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.3g}"
