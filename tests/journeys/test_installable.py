"""The app can be put on a phone's home screen."""

import json
import struct
from pathlib import Path

import pytest

from tests.journeys.conftest import OwnBrowser
from tests.journeys.game import Game
from tests.journeys.icons import PUBLIC

MANIFEST = json.loads((PUBLIC / "manifest.webmanifest").read_text())


def test_the_browser_finds_nothing_that_keeps_it_from_being_installed(
    game: Game, own_browser: OwnBrowser
) -> None:
    page = own_browser.context.new_page()
    page.goto(game.url)
    devtools = own_browser.context.new_cdp_session(page)

    manifest = devtools.send("Page.getAppManifest")
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert f"{game.url}/manifest.webmanifest" == manifest["url"]
    assert ([], []) == (manifest["errors"], errors)


def test_the_manifest_says_what_an_installed_app_needs() -> None:
    told = ("id", "name", "short_name", "description", "start_url", "scope", "display")
    colours = ("background_color", "theme_color")
    icons = {(icon["sizes"], icon["purpose"]) for icon in MANIFEST["icons"]}

    assert [] == [name for name in (*told, *colours) if not MANIFEST.get(name)]
    assert icons >= {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


@pytest.mark.parametrize("icon", MANIFEST["icons"], ids=lambda icon: str(icon["src"]))
def test_an_icon_is_there_in_the_size_that_the_manifest_says(icon: dict[str, str]) -> None:
    path = PUBLIC / icon["src"].removeprefix("/")

    assert icon["sizes"] == (_pixels(path) if path.suffix == ".png" else "any")


def _pixels(path: Path) -> str:
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return f"{width}x{height}"
