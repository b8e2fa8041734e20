"""What a connection costs that says nothing: memory of the server, and how quickly it comes in.

Ours is signed in, welcomed, follows a squad of ten and is live; the others have a room.
"""

from loadtests.bench.measure import Trial
from loadtests.bench.shapes import Shape, limits, ours, peers

REPEATS = 3
CONNECTIONS = 5_000
SETTLE_S = 3.0


def trials(scale: float = 1.0) -> list[Trial]:
    """One trial; ``scale`` is of the connections."""
    shape = Shape(
        connections=max(10, int(CONNECTIONS * scale)), room_size=10, seconds=0.5, settle=SETTLE_S
    )
    return [
        Trial(
            name=f"idle: {shape.name}",
            contestants=[*limits(shape)[:1], ours(shape), *peers(shape)],
            repeats=REPEATS,
        )
    ]
