"""The browser of the journeys, the devices of the people in them, and what a failure leaves to see.

Every test in this folder gets the marker `journey`. A failed one leaves, under `failures/`, a
picture and the console of each of its open pages.
"""

import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.journeys.game import Game, free_port
from tests.journeys.steps import found_squad, invite_link, join
from tests.provision.chromium import chromium_path, chromium_switches

HERE = Path(__file__).parent
FAILURES = HERE / "failures"

PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=800)

# Long enough for a busy CI machine with two cores, short enough to tell which step hangs.
STEP_TIMEOUT_MS = 10_000

_REPORT = pytest.StashKey[pytest.TestReport]()


class OwnBrowser(NamedTuple):
    """A browser with a profile that lasts, and the port of its developer tools."""

    context: BrowserContext
    port: int


class Devices:
    """The devices in one journey; each has its own cookies and storage, as if in another pocket."""

    def __init__(self, browser: Browser) -> None:
        """Hold no device yet; `browser` carries those to come."""
        self._browser = browser
        self._pages: dict[str, Page] = {}
        self._consoles: dict[str, list[str]] = {}
        self.errors: list[str] = []

    def open(
        self,
        person: str,
        *,
        base_url: str | None = None,
        viewport: ViewportSize = PHONE,
        color_scheme: Literal["dark", "light"] = "light",
        reduced_motion: Literal["no-preference", "reduce"] = "no-preference",
        timezone_id: str = "UTC",
        locale: str = "en-GB",
    ) -> Page:
        """Return an empty page on a device of the person's own; `page.context` takes it offline.

        Args:
            person: tells this device from the others in `failures/`; one device each.
            base_url: where relative addresses lead; None leaves only absolute ones.
            viewport: PHONE or DESKTOP.
            color_scheme: the theme that the device asks for.
            reduced_motion: what the device asks of animations.
            timezone_id: where the person is, as an IANA name.
            locale: the language that the browser asks for.

        """
        assert person not in self._pages, f"{person} has a device already"
        context = self._browser.new_context(
            base_url=base_url,
            viewport=viewport,
            color_scheme=color_scheme,
            reduced_motion=reduced_motion,
            timezone_id=timezone_id,
            locale=locale,
            has_touch=viewport == PHONE,
        )
        context.set_default_timeout(STEP_TIMEOUT_MS)
        return self._watched(person, context.new_page())

    def open_tab(self, name: str, beside: Page) -> Page:
        """Return another empty page on the device of `beside`: with its cookies and its storage."""
        assert name not in self._pages, f"{name} is open already"
        return self._watched(name, beside.context.new_page())

    def keep_for_inspection(self, prefix: str) -> None:
        """Leave a picture and the console of every page still open under `failures/`."""
        FAILURES.mkdir(exist_ok=True)
        for person, page in self._pages.items():
            start = FAILURES / f"{prefix}-{person}"
            lines = [page.url, *self._consoles[person], *self.errors]
            start.with_suffix(".txt").write_text("\n".join(lines) + "\n")
            try:
                page.screenshot(path=start.with_suffix(".png"))
            except PlaywrightError as error:
                # A crashed or closed page has no picture; the text still says where it was.
                start.with_suffix(".txt").write_text("\n".join([*lines, str(error)]) + "\n")

    def close(self) -> None:
        """Throw every device away, with its storage."""
        for context in {page.context for page in self._pages.values()}:
            context.close()

    def _watched(self, name: str, page: Page) -> Page:
        console = self._consoles[name] = []
        self._pages[name] = page
        page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.errors.append(f"{name}: {error}"))
        return page


# Not "session": while Playwright's synchronous API is up, its loop counts as running in this
# thread, and asynchronous tests of other folders, run after these, would be refused one of theirs.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all journeys, installed first if the machine has none."""
    # No picture of an earlier run shall be taken for one of this run.
    shutil.rmtree(FAILURES, ignore_errors=True)
    chromium = playwright.chromium.launch(executable_path=chromium_path(), args=chromium_switches())
    yield chromium
    chromium.close()


@pytest.fixture
def own_browser(playwright: Playwright, tmp_path: Path) -> Iterator[OwnBrowser]:
    """A Chromium of one person's own, as they have it: no private window, its tools open."""
    port = free_port()
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=chromium_path(),
        args=[*chromium_switches(), f"--remote-debugging-port={port}"],
    )
    context.set_default_timeout(STEP_TIMEOUT_MS)
    yield OwnBrowser(context, port)
    context.close()


@pytest.fixture
def devices(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Devices]:
    """Devices to open in this journey; an uncaught error on any of their pages fails it."""
    devices = Devices(browser)
    yield devices
    report = request.node.stash.get(_REPORT, None)
    has_failed = report is None or report.failed
    if has_failed or devices.errors:
        devices.keep_for_inspection(_file_name(request.node.nodeid))
    devices.close()
    if devices.errors and not has_failed:
        pytest.fail("uncaught on a page:\n" + "\n".join(devices.errors))


@pytest.fixture
def phone(devices: Devices) -> Page:
    """One person's phone, for journeys that need no more."""
    return devices.open("phone")


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """A server with a data folder of its own, `tmp_path`."""
    game = Game(tmp_path)
    game.start()
    yield game
    game.stop()


@pytest.fixture
def friends(game: Game, devices: Devices) -> tuple[Page, Page]:
    """Ann, who has made a squad, and Bob, who has come in by her link."""
    ann = devices.open("ann", base_url=game.url)
    bob = devices.open("bob", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    return ann, bob


# First, so that `-m` already sees the marker.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that none is forgotten."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.journey)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the fixtures, at their end, how the test went."""
    report = yield
    if report.when == "call":
        item.stash[_REPORT] = report
    return report


def _file_name(test_id: str) -> str:
    return re.sub(r"[^\w-]+", "-", test_id.removeprefix("tests/journeys/")).strip("-")
