"""Pages: the client's files with honest caching and compression, and nothing else."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server.edge.http import make_http
from server.edge.pages import CSP

SHELL, SCRIPT, STYLE = b"<!doctype html>", b"console.log(1)", b"body{}"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A server with a built client of a few files."""
    files = {
        "index.html": SHELL,
        "index.html.br": b"br shell",
        "index.html.gz": b"gz shell",
        "assets/app-1a2b.js": SCRIPT,
        "assets/app-1a2b.js.br": b"br script",
        "assets/app-1a2b.js.gz": b"gz script",
        "assets/app-1a2b.css": STYLE,
        "manifest.webmanifest": b"{}",
        "sw.js": SCRIPT,
    }
    for name, content in files.items():
        path = tmp_path / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return TestClient(make_http(None, tmp_path / "dist"))  # type: ignore[arg-type]  # pages need no parts


@pytest.mark.parametrize("path", ["/", "/index.html", "/squad/123", "/join/ABC", "/a/b/c"])
def test_a_path_of_the_clients_own_gets_the_shell(client: TestClient, path: str) -> None:
    """Asked for anew each time."""
    answer = client.get(path, headers={"accept-encoding": "identity"})

    assert (
        answer.status_code,
        answer.content,
        answer.headers["content-type"],
        answer.headers["cache-control"],
    ) == (200, SHELL, "text/html; charset=utf-8", "no-cache")


@pytest.mark.parametrize(
    "path", ["/assets/old-9f.js", "/assets/old", "/favicon.ico", "/x/y.map", "/..%2fsecret.txt"]
)
def test_a_file_that_is_not_there_is_never_the_shell(client: TestClient, path: str) -> None:
    """404: else a browser would run HTML as a script."""
    answer = client.get(path)

    assert (answer.status_code, SHELL in answer.content) == (404, False)


def test_hashed_files_never_change_and_say_so(client: TestClient) -> None:
    """For a year."""
    answer = client.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})

    assert (
        answer.content,
        answer.headers["cache-control"],
    ) == (SCRIPT, "public, max-age=31536000, immutable")


@pytest.mark.parametrize("path", ["/sw.js", "/manifest.webmanifest"])
def test_what_keeps_its_name_is_asked_for_again(client: TestClient, path: str) -> None:
    """The worker and the manifest."""

    assert client.get(path).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/assets/app-1a2b.js", "text/javascript; charset=utf-8"),
        ("/assets/app-1a2b.css", "text/css; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_each_file_has_its_type(client: TestClient, path: str, media_type: str) -> None:
    """Since nothing is sniffed."""

    answer = client.get(path, headers={"accept-encoding": "identity"})

    assert answer.headers["content-type"] == media_type


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0, gzip;q=0", ""),
        ("br; q=0, gzip; q=0.5", "gzip"),
        ("br;q=1.0", "br"),
        ("brotli, x-gzip", ""),
    ],
)
def test_a_file_comes_in_a_coding_that_is_accepted(
    client: TestClient, accepted: str, coding: str
) -> None:
    """The smallest; ``q=0`` is a no. Caches are told what it depended on."""
    request = client.build_request("GET", "/", headers={"accept-encoding": accepted})
    answer = client.send(request, stream=True)
    body = b"".join(answer.iter_raw())

    assert (
        coding,
        {"": SHELL, "br": b"br shell", "gzip": b"gz shell"}[coding],
        "Accept-Encoding",
    ) == (
        answer.headers.get("content-encoding", ""),
        body,
        answer.headers["vary"],
    )


def test_a_file_without_the_coding_comes_as_it_is(client: TestClient) -> None:
    """Small ones are not compressed."""
    answer = client.get("/assets/app-1a2b.css", headers={"accept-encoding": "br, gzip"})

    assert (answer.content, answer.headers.get("content-encoding")) == (STYLE, None)


@pytest.mark.parametrize("path", ["/index.html.br", "/assets/app-1a2b.js.gz"])
def test_a_compressed_file_is_no_page_of_its_own(client: TestClient, path: str) -> None:
    """It is a form of another."""

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/assets/app-1a2b.js", "/assets/nothing.js"])
def test_pages_are_guarded(client: TestClient, path: str) -> None:
    """Scripts and styles of our own only, in nobody's frame."""
    headers = client.get(path, headers={"accept-encoding": "identity"}).headers

    assert (
        headers["content-security-policy"],
        headers["x-content-type-options"],
        headers["referrer-policy"],
        headers["cross-origin-opener-policy"],
        "camera=()" in headers["permissions-policy"],
    ) == (CSP, "nosniff", "no-referrer", "same-origin", True)


def test_the_policy_allows_neither_inline_scripts_nor_foreign_hosts() -> None:
    """Nor frames."""

    assert not any(word in CSP for word in ("unsafe", "http", "*"))
    assert "frame-ancestors 'none'" in CSP


def test_without_a_built_client_the_page_says_what_to_do(tmp_path: Path) -> None:
    """The API works all the same."""
    client = TestClient(make_http(None, tmp_path / "nothing"))  # type: ignore[arg-type]  # as above
    answer = client.get("/")

    assert (answer.status_code, "make web" in answer.text) == (503, True)


def test_pages_are_read_only(client: TestClient) -> None:
    """405."""

    assert client.post("/").status_code == 405
