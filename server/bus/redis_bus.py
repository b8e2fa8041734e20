"""The bus on Redis: plain channels on one, sharded channels on the primaries of a cluster."""

import asyncio

from server.bus.bus import Bus
from server.bus.hints import Hint, parts
from server.bus.lines import Line
from server.bus.places import Places
from server.clock import Clock
from server.metrics import BusMetrics

PROBE_S = 2.0
"""Without hints, how often each line is probed: after twice that a dead one is laid anew."""


class RedisBus(Bus):
    """A line for each partition; none of them waits for another."""

    def __init__(
        self,
        places: Places,
        clock: Clock,
        metrics: BusMetrics | None = None,
        probe_s: float = PROBE_S,
    ) -> None:
        super().__init__()
        self.node = clock.new_id()
        self.places = places
        self._lines = [
            Line(
                places,
                partition,
                self.node,
                probe_s=probe_s,
                clock=clock,
                metrics=metrics or BusMetrics(),
                deliver=self._deliver,
                gap=self._tell_of_gap,
            )
            for partition in range(places.count)
        ]

    @property
    def failure(self) -> str | None:
        """Of the first line that is not up."""
        return next((line.failure for line in self._lines if line.failure is not None), None)

    def tell(self, hint: Hint) -> None:
        for partition, part in parts(hint, len(self._lines)).items():
            self._lines[partition].tell(part)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(line.run())
            tasks.create_task(self.places.run())
