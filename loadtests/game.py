"""A server of our own for a load test, on a folder that is gone with it."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.node import Node


class Game(Node):
    """A node that is alone on a folder of its own. ``remove`` it in the end."""

    def __init__(self, **settings: str) -> None:
        """Args: ``settings``: more of the server's own, by their environment variables."""
        self._home = Path(tempfile.mkdtemp(prefix="gutsy-load-"))
        super().__init__(self._home / "played", settings)

    def rebuild(self) -> str | None:
        """Copy the folder of a stopped server, make its read models anew there, and serve that.

        Returns what ``gutsy projections rebuild`` had to say if the rows in use were different.
        """
        copy = self._home / "rebuilt"
        shutil.copytree(self.folder, copy)
        self.folder = copy
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", "projections", "rebuild"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return None if done.returncode == 0 else f"rebuild: {done.stderr.strip()}"

    def remove(self) -> None:
        """Stop it, and take away everything that it wrote."""
        self.stop()
        shutil.rmtree(self._home)


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """Where a server of our own is, with more settings; it is gone at the end."""
    game = Game(**settings)
    try:
        game.start()
        yield game.url
    finally:
        game.remove()
