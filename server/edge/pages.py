"""The web client's files: read once at start, served with honest caching and compression.

Hashed assets never change and say so; the shell, the worker and the manifest are asked for again
each time. A missing asset is 404 and never the shell.
"""

import mimetypes
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
NOT_BUILT = "The web client is not built. Run: make web\n"
CODINGS = (("br", ".br"), ("gzip", ".gz"))


class Page(Struct, frozen=True):
    """One file in each coding that it has, identity among them as ''."""

    media_type: str
    cache: str
    bodies: dict[str, bytes]


class Pages:
    """Every file of the built client, in memory."""

    def __init__(self, folder: Path) -> None:
        mimetypes.add_type("application/manifest+json", ".webmanifest")
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
        self._pages = {
            path.relative_to(folder).as_posix(): _page(path)
            for path in files
            if path.suffix not in (".br", ".gz")
        }

    def serve(self, request: Request) -> Response:
        """A file, or the shell for a path that the client routes itself."""
        path = request.url.path.lstrip("/")
        page = self._pages.get(path)
        if page is None:
            if "." in path.rpartition("/")[2] or path.startswith("assets/"):
                return PlainTextResponse("Not found.\n", 404, headers=HEADERS)
            page = self._pages.get("index.html")
        if page is None:
            return PlainTextResponse(NOT_BUILT, 503, headers=HEADERS)
        coding = _coding(request.headers.get("accept-encoding", ""), page)
        headers = {**HEADERS, "Cache-Control": page.cache, "Vary": "Accept-Encoding"}
        if coding:
            headers["Content-Encoding"] = coding
        return Response(page.bodies[coding], headers=headers, media_type=page.media_type)


def _page(path: Path) -> Page:
    media_type, _ = mimetypes.guess_type(path.name)
    bodies = {"": path.read_bytes()}
    for coding, suffix in CODINGS:
        sibling = path.with_name(path.name + suffix)
        if sibling.is_file():
            bodies[coding] = sibling.read_bytes()
    is_hashed = path.parent.name == "assets"
    return Page(
        media_type or "application/octet-stream",
        "public, max-age=31536000, immutable" if is_hashed else "no-cache",
        bodies,
    )


def _coding(accepted: str, page: Page) -> str:
    """The best coding that the caller takes; ``q=0`` is a no (RFC 9110, 12.5.3)."""
    wanted = set()
    for part in accepted.split(","):
        name, _, parameters = part.strip().partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        if (name and weight.strip("0.") != "") or not parameters:
            wanted.add(name.strip().lower())
    return next((c for c, _ in CODINGS if c in wanted and c in page.bodies), "")
