"""Our own server with one door more: ``python -m loadtests.bench.house CONTROL_PORT SQUADS_FILE``.

Publications of the sink come in by the control port and go to ``hub.publish`` as what a commit
would have handed on: facts with their places, all that one read brought as one batch. Nothing of
that is in the log. Everything from the hub on is what a player gets. Settings come from the
environment, as for every server.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from struct import iter_unpack

from domain.dares.events import DareStarted
from domain.facts import Fact, Recorded
from domain.ids import CommandId, DareId, PlayerId
from server.app import make_server
from server.clock import derived_id
from server.edge.services import Services
from server.live.hub import Hub
from server.settings import load_settings

RECORD = "<IIQ"
RECORD_BYTES = 16
"""As ``native/websocket.h`` has it: room, unused, ns."""
COMMAND = CommandId(derived_id("bench", "command"))


class Publisher(asyncio.Protocol):
    """The control connection: a fact for each publication, with the ns where its dare's id goes."""

    def __init__(self, hub: Hub, heads: Mapping[str, int], player: PlayerId) -> None:
        self._hub = hub
        self._streams = list(heads)
        self._heads = list(heads.values())
        self._player = player
        self._seq = 1 << 40
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % RECORD_BYTES
        self._rest = data[whole:]
        facts = [self._fact(room, ns) for room, _, ns in iter_unpack(RECORD, data[:whole])]
        self._hub.publish(facts)

    def _fact(self, room: int, ns: int) -> Recorded[Fact]:
        self._heads[room] += 1
        self._seq += 1
        fact = DareStarted(
            at=1_700_000_000_000,
            by=self._player,
            dare=DareId(f"TS={ns:016x}0000000"),
            issuer=self._player,
            target=self._player,
            was_accepted=True,
            lapses_at=1_700_007_200_000,
        )
        return Recorded(self._seq, self._streams[room], self._heads[room], fact, COMMAND)


def main(control_port: int, squads_file: Path) -> None:
    """Serve until SIGTERM; says ``ready`` when both doors are open."""
    squads = squads_file.read_text().split()
    server = make_server(load_settings(os.environ))
    started = server.startup

    async def startup(sockets: object = None) -> None:
        await started(sockets)  # type: ignore[arg-type]  # passed on as it came
        services: Services = server.lifespan.state["services"]
        player = PlayerId(derived_id("bench", "player"))
        heads = services.log.heads([f"squad-{squad}" for squad in squads])
        await asyncio.get_running_loop().create_server(
            lambda: Publisher(services.hub, heads, player), "127.0.0.1", control_port
        )
        print("ready", flush=True)

    server.startup = startup  # type: ignore[method-assign]  # uvicorn has no hook for this
    server.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
