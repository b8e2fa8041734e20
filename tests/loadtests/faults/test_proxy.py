"""The proxy passes everything on, and does to single connections what it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from loadtests.faults.proxy import Proxy, proxied

LIMIT_S = 10.0


class Echo:
    """A node that says everything back, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard = b""
        self.ends = 0
        self.port = 0
        self.changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while data := await reader.read(65_536):
                self.heard += data
                writer.write(data)
                async with self.changed:
                    self.changed.notify_all()
        except ConnectionResetError:
            pass
        self.ends += 1
        writer.close()


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    """A node that is up."""
    node = Echo()
    server = await asyncio.start_server(node.serve, "127.0.0.1")
    node.port = server.sockets[0].getsockname()[1]
    yield node
    server.close()


class Player:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, words: bytes) -> bytes:
        """What comes back."""
        self.writer.write(words)
        async with asyncio.timeout(LIMIT_S):
            return await self.reader.readexactly(len(words))

    async def end(self) -> str:
        """How the connection ends, when it does."""
        async with asyncio.timeout(LIMIT_S):
            try:
                rest = await self.reader.read()
            except ConnectionResetError:
                return "reset"
        return f"end after {rest!r}"

    async def fate(self) -> str:
        """Whether the connection still carries anything."""
        try:
            await self.ask(b"?")
        except (ConnectionResetError, asyncio.IncompleteReadError):
            return "reset"
        return "stands"


class Net(Proxy):
    """A proxy with the players who are connected through it."""

    def __init__(self, *ports: int) -> None:
        super().__init__(ports, seed=1)
        self.players: list[Player] = []

    async def connect(self) -> Player:
        """One more player."""
        self.players.append(Player(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.players[-1]


@asynccontextmanager
async def proxy_of(*ports: int) -> AsyncIterator[Net]:
    """A proxy in front of nodes."""
    proxy = Net(*ports)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
        for player in proxy.players:
            player.writer.close()


async def until(node: Echo, heard: bytes) -> None:
    """Wait until a node has heard something."""
    async with asyncio.timeout(LIMIT_S), node.changed:
        await node.changed.wait_for(lambda: node.heard == heard)


async def test_what_is_sent_comes_through_both_ways() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()

        assert b"hello" == await player.ask(b"hello")


async def test_connections_go_to_the_nodes_in_turns() -> None:
    async with echo() as one, echo() as other, proxy_of(one.port, other.port) as proxy:
        for words in (b"a", b"b", b"c", b"d"):
            await (await proxy.connect()).ask(words)

        assert (b"ac", b"bd") == (one.heard, other.heard)


async def test_a_node_that_takes_no_connection_is_passed_over() -> None:
    async with echo() as gone:
        pass
    async with echo() as node, proxy_of(gone.port, node.port) as proxy:
        for words in (b"a", b"b"):
            await (await proxy.connect()).ask(words)

        assert b"ab" == node.heard


async def test_where_no_node_is_a_connection_ends() -> None:
    async with echo() as gone:
        pass
    async with proxy_of(gone.port) as proxy:
        player = await proxy.connect()

        assert "reset" == await player.end()


async def test_the_end_of_a_connection_is_passed_on() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()
        await player.ask(b"bye")
        player.writer.write_eof()

        assert "end after b''" == await player.end()


async def test_cut_connections_are_reset_and_others_stand() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        players = [await proxy.connect() for _ in range(4)]
        for player in players:
            await player.ask(b"x")
        proxy.cut(0.5)
        fates = [await player.fate() for player in players]

        assert ["reset", "reset", "stands", "stands"] == sorted(fates)


async def test_a_command_is_passed_on_and_its_answer_never_comes() -> None:
    """The connection is reset after it: the case in which nobody knows whether it was done."""
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()
        await player.ask(b"first ")
        proxy.cut_after_next(1)
        player.writer.write(b"second")
        end = await player.end()
        await until(node, b"first second")

        assert "reset" == end


async def test_where_answers_are_lost_a_node_hears_and_nobody_hears_it() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()
        await player.ask(b"1")
        proxy.open_holes(1, "down")
        player.writer.write(b"2")
        await until(node, b"12")
        later = await proxy.connect()
        await later.ask(b"3")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await player.reader.read(1)

        assert (b"123", 0) == (node.heard, node.ends)


async def test_of_a_half_open_connection_neither_side_hears_even_the_end() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()
        await player.ask(b"1")
        proxy.open_holes(1, "up", "down")
        player.writer.write(b"2")
        player.writer.close()
        await player.writer.wait_closed()
        later = await proxy.connect()
        await later.ask(b"3")

        assert (b"13", 0) == (node.heard, node.ends)


async def test_a_throttled_player_gets_everything() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        proxy.throttle(100_000)
        player = await proxy.connect()
        words = b"y" * 20_000
        slowly = await player.ask(words)
        proxy.throttle(None)

        assert (words, b"z") == (slowly, await player.ask(b"z"))


async def test_delayed_words_come_all_and_in_order() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        player = await proxy.connect()
        await player.ask(b"x")
        proxy.delay(0.01, 0.01)
        answers = [await player.ask(words) for words in (b"1", b"22", b"333")]

        assert [b"1", b"22", b"333"] == answers


async def test_a_proxy_that_refuses_lets_nobody_in() -> None:
    async with echo() as node, proxy_of(node.port) as proxy:
        proxy.refuse(True)
        refused = await (await proxy.connect()).end()
        proxy.refuse(False)

        assert ("reset", b"x") == (refused, await (await proxy.connect()).ask(b"x"))


async def test_a_proxy_in_a_thread_is_told_by_others() -> None:
    async with echo() as node:
        with proxied([node.port], seed=1) as handle:
            port = int(handle.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"x")
            await reader.readexactly(1)
            await asyncio.to_thread(handle.tell, lambda proxy: proxy.cut(1))
            end = await Player(reader, writer).end()
            writer.close()

        assert "reset" == end
