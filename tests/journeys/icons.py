"""Draws the icons of ``clients/web/public`` from ``icon.svg``: ``python -m tests.journeys.icons``.

They are committed, since a build has no browser; draw them anew when the SVG changes.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.provision.chromium import chromium_path, chromium_switches

PUBLIC = Path(__file__).parents[2] / "clients" / "web" / "public"
PAPER = "#FFF8F0"
# The pixels of each, and how much of the width the drawing takes. A maskable icon may be cut to the
# circle within 80 % of it; the corners of the stamp reach 83 % of the drawing.
ICONS = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "icon-maskable-512.png": (512, 0.9),
    "apple-touch-icon.png": (180, 1.0),
}


def main() -> None:
    """Draw them all."""
    drawing = (PUBLIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_switches()
        )
        for name, (pixels, part) in ICONS.items():
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            page.set_content(
                f"<body style='margin:0; height:100vh; display:grid; place-items:center;"
                f" background:{PAPER}'><div style='width:{part:.0%}; line-height:0'>{drawing}</div>"
            )
            page.screenshot(path=PUBLIC / name)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
