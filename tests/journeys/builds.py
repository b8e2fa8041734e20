"""Another build of the web client, as the next deploy brings it."""

import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.provision.node import node_path

WEB = Path(__file__).parents[2] / "clients" / "web"
BUILD_S = 120


def build_next(folder: Path) -> Path:
    """Build the client anew with one line more in it; the folder of the result.

    The line lets a page say which of the two it is. It changes the app's own file, and thereby the
    names of nearly all.
    """
    shutil.copytree(
        WEB, folder, ignore=shutil.ignore_patterns("node_modules", "dist"), dirs_exist_ok=True
    )
    (folder / "node_modules").symlink_to(WEB / "node_modules")
    with (folder / "src" / "main.ts").open("a") as main:
        main.write("document.documentElement.dataset['build'] = 'next';\n")
    subprocess.run(
        [node_path(), "node_modules/vite/bin/vite.js", "build", "--logLevel", "error"],
        cwd=folder,
        check=True,
        timeout=BUILD_S,
    )
    return folder / "dist"


def expect_next_build(page: Page) -> None:
    """Wait until the page is the next build's."""
    expect(page.locator("html")).to_have_attribute("data-build", "next", timeout=30_000)
