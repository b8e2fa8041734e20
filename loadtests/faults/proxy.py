"""A proxy between players and nodes that does to their connections what nets do.

It chooses a node for each connection, in turns, and another one where that takes none. Faults are
of single *links*, those there are at that moment or those that will be, so that whoever comes
back may find a way that works.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

Way = Literal["up", "down"]
"""From players to nodes, and back."""
CHUNK_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)
"""Lingering for no time: whoever is at the other end sees a reset instead of an end."""
SEGMENT_BYTES = 536
CUT_AFTER_S = 0.05
"""From words that were passed on to the reset, which overtakes what the node has not read yet."""


class Link:
    """One connection through the proxy, and what is wrong with it."""

    def __init__(self) -> None:
        self.ends: list[asyncio.StreamWriter] = []
        self.holes: set[Way] = set()
        """Ways on which everything vanishes, the end of the connection too."""
        self.is_to_be_cut = False
        """As soon as something more was passed up, before anything can come back."""
        self.bytes_per_s: float | None = None
        """How fast the player reads."""

    def cut(self) -> None:
        """Reset both ends."""
        for end in self.ends:
            plain: socket.socket | None = end.get_extra_info("socket")
            if plain is not None:
                with suppress(OSError):  # it is over already
                    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.transport.abort()


class Proxy:
    """On one loop only; ``proxied`` runs one in a thread of its own."""

    def __init__(
        self, ports: Sequence[int], seed: int, *, receive_bytes: int | None = None
    ) -> None:
        """Args:
        ports: of the nodes.
        receive_bytes: the kernel's buffer for what comes from a node and is not read yet.
        """
        self.port = 0
        self.links: set[Link] = set()
        self.latency_s = self.jitter_s = 0.0
        self.refuses = False
        self.newcomers_bytes_per_s: float | None = None
        self._ports = list(ports)
        self._next = 0
        self._receive_bytes = receive_bytes
        self._dice = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, on a port that it chooses."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", backlog=1_000)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything, and listen no more."""
        assert self._server is not None, "it was opened"
        self._server.close()
        for link in self.links:
            link.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def some(self, share: float) -> list[Link]:
        """Some of the links that there are; a share of 1 is all of them."""
        links = list(self.links)
        return self._dice.sample(links, round(len(links) * share))

    def cut(self, share: float) -> None:
        """Reset some links."""
        for link in self.some(share):
            link.cut()

    def cut_after_next(self, share: float) -> None:
        """Reset some links right after the next words of their players were passed on."""
        for link in self.some(share):
            link.is_to_be_cut = True

    def open_holes(self, share: float, *ways: Way) -> None:
        """From here on everything on these ways of some links vanishes; they stay open."""
        for link in self.some(share):
            link.holes |= set(ways)

    def throttle(self, bytes_per_s: float | None) -> None:
        """Whoever comes from here on reads only so fast; None: everybody as fast as it comes.

        From the first byte on: a link that was fast has a large buffer in the node's kernel.
        """
        self.newcomers_bytes_per_s = bytes_per_s
        for link in self.links if bytes_per_s is None else ():
            link.bytes_per_s = None

    def delay(self, latency_s: float, jitter_s: float) -> None:
        """Hold everything up for so long, each way, on all links."""
        self.latency_s, self.jitter_s = latency_s, jitter_s

    def refuse(self, refuses: bool) -> None:
        """Let nobody in, or everybody again."""
        self.refuses = refuses

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link()
        link.ends.append(writer)
        try:
            there = None if self.refuses else await self._connect()
            if there is None:
                link.cut()
                return
            link.ends.append(there[1])
            link.bytes_per_s = self.newcomers_bytes_per_s
            self.links.add(link)
            await asyncio.gather(
                self._pass(link, "up", reader, there[1]),
                self._pass(link, "down", there[0], writer),
            )
        finally:
            self.links.discard(link)
            for end in link.ends:
                end.close()  # what was passed on still gets there

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A node that takes a connection; None if none does."""
        for _ in self._ports:
            port = self._ports[self._next % len(self._ports)]
            self._next += 1
            plain = socket.socket()
            plain.setblocking(False)
            if self._receive_bytes is not None:
                # Before it connects: afterwards the window has been told already (see ``Wire``).
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_bytes)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
            try:
                await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
                limit = self._receive_bytes or CHUNK_BYTES
                return await asyncio.open_connection(sock=plain, limit=limit)
            except OSError:
                plain.close()
        return None

    async def _pass(
        self, link: Link, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on what comes, until there is no more; the end too, unless there is a hole."""
        with suppress(OSError):
            while data := await reader.read(self._at_once(link, way)):
                held_s = self.latency_s + self._dice.uniform(-1, 1) * self.jitter_s
                if held_s > 0:
                    await asyncio.sleep(held_s)
                if way == "down" and link.bytes_per_s is not None:
                    await asyncio.sleep(len(data) / link.bytes_per_s)
                if way in link.holes:
                    continue
                writer.write(data)
                await writer.drain()
                if way == "up" and link.is_to_be_cut:
                    link.holes.add("down")
                    link.is_to_be_cut = False
                    await asyncio.sleep(CUT_AFTER_S)
                    link.cut()
        if not link.holes:
            # The other way may still have something to say; a reset there ends it.
            with suppress(OSError, RuntimeError):
                writer.write_eof()

    def _at_once(self, link: Link, way: Way) -> int:
        is_slow = way == "down" and link.bytes_per_s is not None
        return SEGMENT_BYTES if is_slow else CHUNK_BYTES


class Handle:
    """A proxy that runs in a thread of its own, to be told what to do from others."""

    def __init__(self, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self._proxy = proxy
        self._loop = loop

    @property
    def url(self) -> str:
        """Where players go."""
        return f"http://127.0.0.1:{self._proxy.port}"

    def tell(self, what: Callable[[Proxy], object]) -> None:
        """Have it do something, and return when it has."""
        self._run(_doing(what, self._proxy))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _doing(what: Callable[[Proxy], object], proxy: Proxy) -> None:
    what(proxy)


@contextmanager
def proxied(
    ports: Sequence[int], seed: int, *, receive_bytes: int | None = None
) -> Iterator[Handle]:
    """A proxy in front of nodes; it is gone at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    proxy = Proxy(ports, seed, receive_bytes=receive_bytes)
    try:
        asyncio.run_coroutine_threadsafe(proxy.open(), loop).result()
        yield Handle(proxy, loop)
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
