"""The peer Starlette: a `WebSocketRoute` under uvicorn, and a loop over the members of a room.

Of uvicorn's three WebSocket protocols `websockets-sansio` is the one that `auto` takes, and was the
fastest when all were tried.
"""

import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadtests.bench.peers import control

SHUTDOWN_S = 1

rooms: defaultdict[int, set[WebSocket]] = defaultdict(set)


async def member(websocket: WebSocket) -> None:
    """Keep a connection in its room while it lasts."""
    await websocket.accept()
    room = rooms[int(websocket.query_params["room"])]
    room.add(websocket)
    try:
        async for _ in websocket.iter_bytes():
            pass
    finally:
        room.discard(websocket)


async def publish(room: int, event: bytes) -> None:
    """Send an event to every member of a room."""
    # A copy, since a send may wait and members may leave meanwhile.
    for websocket in list(rooms[room]):
        try:
            await websocket.send_bytes(event)
        except WebSocketDisconnect:
            rooms[room].discard(websocket)


def main() -> None:
    """Serve until told to end."""
    control.raise_open_files()
    port, control_port = control.ports()
    # Listening before uvicorn starts, so that all who come after `ready` are let in.
    members = socket.create_server((control.HOST, port), backlog=control.BACKLOG)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        server = await control.listen(control_port, publish)
        yield
        server.close()

    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/ws", member)], lifespan=lifespan),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        # No pings, as in the other peers: they are not what is measured.
        ws_ping_interval=None,
        access_log=False,
        log_level="warning",
        backlog=control.BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    uvicorn.Server(config).run(sockets=[members])


if __name__ == "__main__":
    main()
