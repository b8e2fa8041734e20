"""The hub: how many deliveries a second one core makes of committed events, the log left out.

Beside the C server that does nothing but ``send``, and beside the peers; all get their events by
the same control stream.
"""

from loadtests.bench.measure import Trial
from loadtests.bench.shapes import Shape, limits, ours, peers

REPEATS = 3
SECONDS = 2.0
SHAPES = (
    (1_000, 10, 1),
    (1_000, 10, 4),
    (1_000, 50, 1),
    (1_000, 50, 4),
    (5_000, 10, 1),
    (5_000, 50, 1),
    (5_000, 50, 4),
    (1_000, 1_000, 1),
    (1_000, 1_000, 4),
)
"""Connections, members of a room, events outstanding in each. No squad has 1,000 members (rules
§2): that room is there for the hub alone."""


def trials(scale: float = 1.0) -> list[Trial]:
    """A trial for each shape; ``scale`` makes each measurement longer or shorter."""
    shapes = [
        Shape(connections=connections, room_size=size, window=window, seconds=SECONDS * scale)
        for connections, size, window in SHAPES
    ]
    return [
        Trial(
            name=f"hub: {shape.name}",
            contestants=[*limits(shape), ours(shape), *peers(shape)],
            repeats=REPEATS,
        )
        for shape in shapes
    ]
