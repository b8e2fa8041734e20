"""Gutsy behind nginx, behind Caddy and behind HAProxy, by the examples of the docs, over TLS."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.settings import Settings
from tests.provision.failure import ProvisioningFailed
from tests.provision.haproxy import haproxy_program
from tests.provision.proxies import proxy_path
from tests.running.examples import EXAMPLES
from tests.running.proxies import Proxy, caddy, haproxy, nginx
from tests.server.serving import Served, Socket, free_port, fresh_id, registration, serving

pytestmark = pytest.mark.slow

_addresses = count(2)
Start = Callable[[Path, int, int], AbstractContextManager[Proxy]]


def fresh_address() -> str:
    """An address of this machine that no other test comes from."""
    return f"127.0.0.{next(_addresses)}"


@pytest.fixture(params=[nginx, caddy, haproxy], ids=lambda start: start.__name__, scope="module")
def start(request: pytest.FixtureRequest) -> Start:
    """A way to start a proxy; skips where it is not to be had."""
    chosen: Start = request.param
    try:
        if chosen is haproxy:
            haproxy_program()
        else:
            proxy_path(request.param.__name__)
    except ProvisioningFailed as error:
        pytest.skip(str(error))
    return chosen


@pytest.fixture(scope="module")
async def one(start: Start, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Behind"]:
    """A server with a proxy in front, set as the docs say, with narrow limits for an address."""
    folder, https = tmp_path_factory.mktemp("behind"), free_port()
    narrow: dict[str, Any] = {"guests_per_hour": 1, "sockets_per_ip": 1, "ping_ms": 400}
    async with serving(folder / "data", **as_documented(https), **narrow) as served:
        with start(folder / "proxy", https, served.port) as proxy:
            yield Behind(proxy, served)


def as_documented(https: int) -> dict[str, Any]:
    """The settings that belong to the examples."""
    return {"trusted_proxies": 1, "origins": f"https://localhost:{https}"}


class Behind:
    """Both, and a browser's ways to them."""

    def __init__(self, proxy: Proxy, served: Served) -> None:
        self.proxy = proxy
        self.served = served

    def http(self, address: str | None = None, claims: str = "") -> httpx2.AsyncClient:
        """A browser's HTTP, from an address of its own; perhaps one that claims another."""
        address = address or fresh_address()
        transport = httpx2.AsyncHTTPTransport(verify=self.proxy.trust, local_address=address)
        return httpx2.AsyncClient(
            base_url=self.proxy.url,
            transport=transport,
            headers={"origin": self.proxy.url} | ({"x-forwarded-for": claims} if claims else {}),
        )

    def socket(
        self, http: httpx2.AsyncClient, origin: str | None = None, address: str | None = None
    ) -> connect:
        """A browser's socket: signed in by cookie, from an address of its own."""
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        return connect(
            f"wss://{self.proxy.host}/ws",
            ssl=self.proxy.trust,
            origin=Origin(origin or self.proxy.url),
            additional_headers={"Cookie": cookies},
            subprotocols=[Subprotocol("gutsy.v1")],
            compression=None,
            proxy=None,
            local_addr=(address or fresh_address(), 0),
        )


async def test_a_browser_gets_the_page_over_tls(one: Behind) -> None:
    """As the server made it, and told to come by TLS from now on."""
    async with one.http() as http, one.served.http() as direct:
        page = await http.get("/")
        same = await direct.get("/")

    assert (200, same.content) == (page.status_code, page.content)
    assert [same.headers[name] for name in ("content-security-policy", "cache-control")] == [
        page.headers[name] for name in ("content-security-policy", "cache-control")
    ]
    assert "max-age" in page.headers["strict-transport-security"]


async def test_a_guest_comes_in_with_a_cookie_for_tls_only(one: Behind) -> None:
    """The browser's own page asked for it."""
    async with one.http() as http:
        answer = await http.post("/api/guest", json=registration("Ada"))
        me = await http.get("/api/me")

    assert (answer.status_code, me.json()["handle"]) == (201, "Ada")
    assert {"secure", "httponly", "samesite=lax"} <= {
        part.strip().casefold() for part in answer.headers["set-cookie"].split(";")
    }


async def test_events_come_live_to_a_socket_that_is_signed_in_by_cookie(one: Behind) -> None:
    """From a page of the stated origin."""
    async with one.http() as http:
        await http.post("/api/guest", json=registration("Bea"))
        squad = await _squad(http)
        async with one.socket(http) as connection:
            socket = Socket(connection)
            await socket.say("hello", v=1, c="test", s={squad: None})
            await socket.hear("live")
            await _command(http, "squad.rename", squad, name="Owls")
            event = await socket.hear("ev", k="squad.renamed")

    assert event["b"]["name"] == "Owls"


async def test_a_page_of_another_origin_gets_no_socket(one: Behind) -> None:
    """403 through the proxy as without."""
    async with one.http() as http:
        await http.post("/api/guest", json=registration("Cai"))
        with pytest.raises(InvalidStatus) as refused:
            async with one.socket(http, "https://evil.example"):
                pass

    assert refused.value.response.status_code == 403


async def test_limits_are_for_the_address_in_front_of_the_proxy(one: Behind) -> None:
    """Whatever a stranger says where they come from."""
    address = fresh_address()
    async with (
        one.http(address) as http,
        one.http(address, claims="203.0.113.9") as pretending,
        one.http() as other,
    ):
        statuses = [
            (await client.post("/api/guest", json=registration(name))).status_code
            for client, name in ((http, "Ann"), (http, "Ben"), (pretending, "Cleo"), (other, "Dan"))
        ]

    assert [201, 503, 503, 201] == statuses


async def test_sockets_are_counted_for_the_address_in_front_of_the_proxy(one: Behind) -> None:
    """One too many is told so; another address is not."""
    here, elsewhere = fresh_address(), fresh_address()
    async with one.http() as http:
        await http.post("/api/guest", json=registration("Nina"))
        async with (
            one.socket(http, address=here) as first,
            one.socket(http, address=here) as second,
            one.socket(http, address=elsewhere) as third,
        ):
            await second.wait_closed()
            codes = [socket.close_code for socket in (first, second, third)]

    assert [None, 4503, None] == codes


async def test_a_socket_without_anything_to_say_lives_on(one: Behind) -> None:
    """By its pings."""
    async with one.http() as http:
        await http.post("/api/guest", json=registration("Dov"))
        async with one.socket(http) as connection:
            socket = Socket(connection)
            await socket.say("hello", v=1, c="test", s={})
            for _ in range(6):
                await socket.hear("ping")
                await socket.say("pong")
            await socket.say("unsub", id="1", s=fresh_id())
            answer = await socket.hear("ack")

    assert answer["id"] == "1"


async def test_a_restart_reaches_the_browser_as_one(start: Start, tmp_path: Path) -> None:
    """With its close code, not as a broken line."""
    https, port = free_port(), free_port()
    with start(tmp_path / "proxy", https, port) as proxy:
        async with AsyncExitStack() as visit:
            settings = as_documented(https)
            async with serving(tmp_path / "data", port=port, **settings) as served:
                one = Behind(proxy, served)
                http = await visit.enter_async_context(one.http())
                # One that asks its nodes whether they are ready has to hear that this one is.
                async with asyncio.timeout(20):
                    while (await http.get("/healthz")).status_code != 200:
                        pass
                await http.post("/api/guest", json=registration("Eli"))
                connection = await visit.enter_async_context(one.socket(http))
                socket = Socket(connection)
                await socket.say("hello", v=1, c="test", s={})
                await socket.hear("welcome")
            await connection.wait_closed()

    assert connection.close_code == 1012


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
async def test_what_is_for_the_operator_is_not_for_the_world(one: Behind, path: str) -> None:
    """404; on the machine itself they answer."""
    async with one.http() as http, one.served.http() as direct:
        statuses = [(await client.get(path)).status_code for client in (http, direct)]

    assert [404, 200] == statuses


async def test_metrics_stay_shut_should_a_proxy_let_the_call_through(one: Behind) -> None:
    """The proxy says for whom it asks."""
    async with one.http() as http:
        answer = await http.get("/%6detrics")

    assert answer.status_code in (403, 404)


async def test_a_body_that_is_too_large_is_stopped(one: Behind) -> None:
    """413, by whoever sees it first."""
    async with one.http() as http:
        answer = await http.post("/api/guest", content=b"x" * 20_000)

    assert answer.status_code == 413


async def test_a_request_has_one_id_in_the_log_of_both(one: Behind) -> None:
    """The proxy's; a stranger's own is not believed."""
    async with one.http() as http:
        answer = await http.get("/healthz", headers={"x-request-id": "0" * 32})
    request_id = answer.headers["x-request-id"]

    assert (request_id == "0" * 32, len(request_id)) in [(False, 32), (False, 36)]
    if one.proxy.log is not None:  # Caddy keeps none
        assert request_id in one.proxy.log.read_text()


@pytest.mark.parametrize(
    ("name", "after", "wait", "count"),
    [
        ("nginx.conf", "location = /ws", r"proxy_(?:read|send)_timeout (\d+)s;", 2),
        ("haproxy.cfg", "defaults", r"timeout tunnel (\d+)s", 1),
    ],
)
def test_a_proxy_waits_longer_than_gutsy_does(name: str, after: str, wait: str, count: int) -> None:
    """It is Gutsy that says who is gone."""
    text = (EXAMPLES / name).read_text().partition(after)[2]
    waits_s = [int(s) for s in re.findall(wait, text)[:count]]
    settings = Settings()

    assert len(waits_s) == count
    assert min(waits_s) * 1000 > settings.ping_ms + settings.silence_ms + settings.paused_ms


async def _command(http: httpx2.AsyncClient, kind: str, squad: str | None, **b: object) -> Any:  # noqa: ANN401 JSON
    answer = await http.post("/api/cmd", json={"id": fresh_id(), "k": kind, "b": b, "s": squad})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _squad(http: httpx2.AsyncClient) -> str:
    return str(
        (await _command(http, "squad.create", None, name="Night owls", tz="UTC"))["b"]["squad"]
    )
