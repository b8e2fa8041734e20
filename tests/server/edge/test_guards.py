"""What guards every call and page: origins, cookies, headers, methods, paths; one table each."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from server.edge.calls import CALLS
from server.edge.pages import HEADERS
from tests.fuzz.house import House
from tests.server.serving import Guest, Served, fresh_id, message, raw, registration, serving

CHANGES = [call for call in CALLS if call.method != "GET" and call.needs_sign_in]
PATHS = {path: {c.method for c in CALLS if c.path == path} for path in {c.path for c in CALLS}}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
FOREIGN = {
    "none": None,
    "empty": "",
    "null": "null",
    "elsewhere": "https://evil.example",
    "another port": "http://127.0.0.1:1",
    "no port": "http://127.0.0.1",
    "another scheme": "ftp://{host}",
    "a file": "file://",
    "our host in front": "http://{host}.evil.example",
    "our host as a name": "http://{host}@evil.example",
    "two": "http://{host}, https://evil.example",
    "no address": "http://[",
}
"""Every way to come from a page that is not ours."""


def foreign(served: Served, name: str) -> dict[str, str]:
    """The header of such a page."""
    origin = FOREIGN[name]
    return {} if origin is None else {"origin": origin.format(host=served.host)}


@pytest.fixture
async def maya(served: Served) -> AsyncIterator[Guest]:
    """Somebody new."""
    async with served.guest() as guest:
        yield guest


# Origins


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("call", CHANGES, ids=lambda call: call.path)
async def test_a_cookie_changes_nothing_from_a_page_that_is_not_ours(
    served: Served, maya: Guest, call: object, name: str
) -> None:
    """403, whatever the call is; and a command that would be right is not done."""
    house = House(served, maya)
    before = await house.kept()
    command_id = fresh_id()
    body = {"id": command_id, "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
    cookies = dict(maya.http.cookies)
    async with httpx2.AsyncClient(base_url=served.url, cookies=cookies) as http:
        path, method = call.path, call.method  # type: ignore[attr-defined]  # a Call
        answer = await http.request(method, path, json=body, headers=foreign(served, name))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert await house.kept() == before
    house.close()


@pytest.mark.parametrize("name", [name for name in FOREIGN if name != "none"])
async def test_nobody_comes_in_from_a_page_that_is_not_ours(served: Served, name: str) -> None:
    """And nobody is signed in as somebody that they do not know of."""
    async with httpx2.AsyncClient(base_url=served.url) as http:
        body = registration(f"Eve {fresh_id()[:8]}")
        answer = await http.post("/api/guest", json=body, headers=foreign(served, name))

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [(name, 403) for name in FOREIGN if name != "none"] + [("none", 4401), ("ours", 101)],
)
async def test_a_socket_with_a_cookie_needs_a_page_of_ours(
    served: Served, maya: Guest, name: str, expected: int
) -> None:
    """403 from elsewhere; without an origin a cookie is nobody's, and the socket says 4401."""
    origin = served.url if name == "ours" else foreign(served, name).get("origin")
    cookie = f"gutsy_session={maya.http.cookies['gutsy_session']}"
    async with raw(served) as wire:
        status = await wire.handshake(Origin=origin, Cookie=cookie)
        if status == 101:
            wire.send(message("hello", v=1, c="test"))
            opcode, data = await wire.receive()
            status = int.from_bytes(data[:2]) if opcode == 8 else 101

    assert expected == status


@pytest.mark.parametrize(("doubled", "expected"), [("Origin", 403), ("Host", 403), ("Cookie", 101)])
async def test_of_two_origins_or_hosts_none_is_chosen(
    served: Served, doubled: str, expected: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is no failure of ours; cookies may come in parts."""
    lines = {"Origin": served.url, "Host": served.host, "Cookie": "a=b"}
    lines[doubled] = f"{lines[doubled]}\r\n{doubled}: {lines[doubled]}"
    async with raw(served) as wire:
        status = await wire.handshake(**lines)

    assert (expected, []) == (status, caplog.records)


@pytest.mark.parametrize(
    ("stated", "origin", "expected"),
    [
        ("https://gutsy.example", "https://gutsy.example", 201),
        ("https://gutsy.example", "http://gutsy.example", 403),
        ("https://gutsy.example", "https://gutsy.example:8443", 403),
        ("https://a.example, https://b.example/", "https://b.example", 201),
    ],
)
async def test_stated_origins_are_exact(
    tmp_path: Path, stated: str, origin: str, expected: int
) -> None:
    """With scheme and port; the server's own host is then none of them."""
    async with serving(tmp_path, origins=stated) as served, served.http() as http:
        own = await http.post("/api/guest", json=registration("Own"))
        answer = await http.post(
            "/api/guest", json=registration("Maya"), headers={"origin": origin}
        )

    assert (own.status_code, answer.status_code) == (403, expected)


# Cookies


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
async def test_a_session_is_a_cookie_that_only_our_pages_send(
    served: Served, scheme: str, is_secure: bool
) -> None:
    """Out of reach of scripts, for the whole site, for half a year; by TLS only where there is."""
    async with httpx2.AsyncClient(base_url=served.url) as http:
        body = registration(f"Cleo {fresh_id()[:8]}")
        headers = {"origin": f"{scheme}://{served.host}"}
        answer = await http.post("/api/guest", json=body, headers=headers)
    name, *flags = answer.headers["set-cookie"].split("; ")

    assert name.startswith("gutsy_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=15552000"} <= {*flags}
    assert is_secure == ("Secure" in flags)


# Headers


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("GET /healthz", "", 200),
        ("GET /openapi.json", "", 200),
        ("GET /assets/nothing.js", "", 404),
        ("GET /api/nothing", "", 404),
        ("GET /api/squads/x/weeks/y", "", 401),
        ("GET /api/me?after_q=x", "", 400),
        ("POST /api/guest", "{", 400),
        ("POST /api/guest", "x" * 20_000, 413),
        ("POST /healthz", "", 405),
        ("POST /", "", 405),
        ("DELETE /openapi.json", "", 405),
        ("OPTIONS *", "", 404),
        ("GET /a\0b", "", 400),
        ("GET /" + "a" * 70_000, "", 431),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else str(value),
)
async def test_every_answer_is_guarded(
    served: Served, request_line: str, body: str, status: int
) -> None:
    """Errors too: nothing is run, framed, sniffed or told to others; nobody learns what we are."""
    head = f"{request_line} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    async with raw(served) as wire:
        wire.send(f"{head}Connection: close\r\n\r\n{body}".encode())
        said = (await wire.rest()).decode()

    assert f"HTTP/1.1 {status} " == said[:13]
    assert unguarded(said) == []


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nowhere", {}, 404),
        ("/ws", {"Origin": "https://evil.example"}, 403),
        ("/ws", {"Sec_WebSocket_Protocol": "chat"}, 400),
        ("/ws", {"Sec_WebSocket_Version": "12"}, 400),
    ],
)
async def test_every_refused_handshake_is_guarded(
    served: Served, path: str, headers: dict[str, str], status: int
) -> None:
    """A browser may show it as a page."""
    async with raw(served) as wire:
        assert status == await wire.handshake(path, **headers)

    assert unguarded(wire.head) == []


async def test_a_failure_of_ours_is_guarded(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(served.services.commands, "is_failing", fail)
    async with raw(served) as wire:
        wire.send(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = (await wire.rest()).decode()

    assert (said[:12], unguarded(said)) == ("HTTP/1.1 500", [])


def unguarded(said: str) -> list[str]:
    """What is missing from the head of an answer, or too much in it."""
    head = said.partition("\r\n\r\n")[0].lower()
    missing = [name for name, value in HEADERS.items() if f"{name}: {value}".lower() not in head]
    return missing + [name for name in ("server:", "x-powered-by:") if f"\r\n{name}" in head]


# Methods


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", sorted(PATHS))
async def test_a_call_has_its_methods_and_no_other(served: Served, path: str, method: str) -> None:
    """405. HEAD has no body, and TRACE sends nothing back."""
    allowed = PATHS[path] | ({"HEAD"} if "GET" in PATHS[path] else set())
    where = path.format(squad="x", week="x", code="x", battle="x")
    async with raw(served) as wire:
        head = f"{method} {where} HTTP/1.1\r\nHost: x\r\nX-Secret: tell nobody\r\n"
        wire.send(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        said, _, body = (await wire.rest()).decode().partition("\r\n\r\n")
    status = said.split()[1]

    assert (status == "405") == (method not in allowed)
    assert "tell nobody" not in body
    assert method != "HEAD" or body == ""


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/%2e%2e%2foutside.txt",
        "/assets/../../outside.txt",
        "/assets/..%2f..%2foutside.txt",
        "/assets/%2e%2e/%2e%2e/outside.txt",
        "/..%5coutside.txt",
        "//outside.txt",
        "/./../outside.txt",
        "/outside.txt%00.js",
        "/%252e%252e%252foutside.txt",
        "http://x/../outside.txt",
    ],
)
async def test_no_path_leads_out_of_the_clients_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Its files are in memory; there is nothing else to walk to."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>")
    (tmp_path / "outside.txt").write_text("what nobody may read")
    monkeypatch.setattr("server.app.CLIENT", tmp_path / "dist")
    async with serving(tmp_path / "data") as served, raw(served) as wire:
        wire.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        said = await wire.rest()

    assert (said.split()[1], b"nobody may read" in said) == (b"404", False)
