"""Every screen as people see it: both themes, phone and desktop, checked by axe, kept as pictures.

With ``SCREENS=folder`` in the environment the pictures are written there (``make screens``).
"""

import os
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize

from tests.journeys.conftest import DESKTOP, PHONE

AXE = Path(__file__).parents[2] / "clients/web/node_modules/axe-core/axe.min.js"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES: dict[str, ViewportSize] = {"phone": PHONE, "desktop": DESKTOP}


def look(page: Page, screen: str) -> list[str]:
    """Look at a screen in each theme and size; what axe finds, one line each."""
    found: list[str] = []
    for theme in THEMES:
        for size, viewport in SIZES.items():
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size(viewport)
            found += [f"{screen}, {theme}, {size}: {line}" for line in _axe(page)]
            _keep(page, f"{screen}-{theme}-{size}")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def without_celebration(page: Page) -> None:
    """From here on nothing flies across the screen, which a picture would cut in two."""
    page.emulate_media(reduced_motion="reduce")


def _axe(page: Page) -> list[str]:
    # The page's policy forbids scripts of others; the browser's own console is not bound by it.
    page.evaluate(AXE.read_text())
    violations = page.evaluate(
        """async () => {
          const {violations} = await axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          });
          return violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 160)}`);
        }"""
    )
    return [str(violation) for violation in violations]


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
