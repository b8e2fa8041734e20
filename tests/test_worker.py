"""The service worker gives screens, and leaves what is the server's own to the server."""

import re
from pathlib import Path

import pytest

from server.edge.calls import CALLS

SOURCE = (Path(__file__).parents[1] / "clients" / "web" / "sw" / "sw.js").read_text()
(PATTERN,) = re.findall(r"^const SERVERS_OWN = /(.+)/;", SOURCE, re.MULTILINE)
SERVERS = {call.path for call in CALLS} | {"/openapi.json", "/ws", "/sw.js", "/icon-192.png"}


@pytest.mark.parametrize("path", sorted(SERVERS))
def test_what_the_server_answers_is_no_screen(path: str) -> None:
    assert re.search(PATTERN, path)


@pytest.mark.parametrize("path", ["/", "/you", "/j/ABCDE12345", "/s/01A", "/s/01A/d/01B", "/wsx"])
def test_all_else_is_a_screen(path: str) -> None:
    assert not re.search(PATTERN, path)
