"""The peer `websockets`: its asyncio server and its `broadcast`, on uvloop."""

from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from loadtests.bench.peers import control

rooms: defaultdict[int, set[ServerConnection]] = defaultdict(set)


async def member(connection: ServerConnection) -> None:
    """Keep a connection in its room while it lasts."""
    assert connection.request is not None
    room = rooms[control.room_of(connection.request.path)]
    room.add(connection)
    try:
        await connection.wait_closed()
    finally:
        room.discard(connection)


async def publish(room: int, event: bytes) -> None:
    """Send an event to every member of a room."""
    broadcast(rooms[room], event)


async def main() -> None:
    """Serve until the process is ended."""
    control.raise_open_files()
    port, control_port = control.ports()
    # No pings, as in the other peers: they are not what is measured.
    members = serve(
        member,
        control.HOST,
        port,
        compression=None,
        ping_interval=None,
        backlog=control.BACKLOG,
    )
    async with members as server:
        await control.listen(control_port, publish)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
