"""HAProxy by our example, in front of real servers of two versions, and of one that drains."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from loadtests.cluster.balancer import Balancer, balancer
from tests.journeys.game import Game as Version
from tests.loadtests.knowing import known
from tests.provision.failure import ProvisioningFailed
from tests.provision.haproxy import haproxy_program
from tests.server.serving import Socket, fresh_id

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    """Skips where there is no HAProxy to be had."""
    try:
        haproxy_program()
    except ProvisioningFailed as error:
        pytest.skip(str(error))


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[list[Version]]:
    """Two servers, each with a client that has one asset of its own."""
    with ExitStack() as stack:
        both = []
        for name in ("old", "new"):
            client = tmp_path / name / "client"
            (client / "assets").mkdir(parents=True)
            (client / "index.html").write_text(name)
            (client / "assets" / f"{name}.js").write_text(name)
            version = Version(tmp_path / name / "data")
            version.start(client)
            stack.callback(version.stop)
            both.append(version)
        yield both


@pytest.fixture
async def between(tmp_path: Path, versions: list[Version]) -> AsyncIterator[Balancer]:
    """A balancer in front of them."""
    async with balancer(tmp_path, [version.port for version in versions]) as one:
        yield one


def status(url: str) -> int:
    """What is answered."""
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_an_asset_comes_from_the_node_that_has_it(between: Balancer) -> None:
    """While nodes of two versions serve, whichever is asked."""
    names = ["old", "new"] * 5

    assert [200] * 10 == [status(f"{between.url}/assets/{name}.js") for name in names]


async def test_an_asset_that_no_node_has_is_not_there(between: Balancer) -> None:
    """404, and not an error of the balancer."""

    assert status(f"{between.url}/assets/other.js") == 404


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/%6detrics", "/%72eadyz"])
async def test_what_is_for_the_operator_is_not_for_the_world(between: Balancer, path: str) -> None:
    """However it is spelt."""

    assert status(f"{between.url}{path}") == 404


async def test_a_node_that_drains_gets_nobody_new_and_keeps_who_is_there(tmp_path: Path) -> None:
    """Until its time is over."""
    with ExitStack() as stack:
        nodes = [Version(tmp_path / name, GUTSY_DRAIN_MS="60000") for name in ("one", "two")]
        for node in nodes:
            stack.callback(node.kill)
            node.start()
        async with (
            balancer(tmp_path, [node.port for node in nodes]) as between,
            one_socket(between, nodes[0].ticket("Ann")) as stays,
        ):
            nodes[0].ask_to_stop()
            await asyncio.to_thread(known, lambda: between.serving() == {"node-2"})
            async with one_socket(between, nodes[1].ticket("Ben")):
                await stays.say("unsub", id="1", s=fresh_id())
                answer = await stays.hear("ack")

    assert answer["id"] == "1"


@asynccontextmanager
async def one_socket(between: Balancer, ticket: str) -> AsyncIterator[Socket]:
    """A socket that was welcomed by one of the nodes: the first that has as few as any."""
    url = between.url.replace("http", "ws", 1)
    async with connect(f"{url}/ws", subprotocols=[Subprotocol("gutsy.v1")], proxy=None) as one:
        socket = Socket(one)
        await socket.say("hello", v=1, c="test", a=ticket, s={})
        await socket.hear("welcome")
        yield socket
