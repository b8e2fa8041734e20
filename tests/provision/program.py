"""A program that was unpacked rather than installed, with the libraries that came beside it."""

import os
import subprocess
from pathlib import Path

from msgspec import Struct

START_TIMEOUT_S = 60


class Program(Struct, frozen=True):
    """An executable, and the folder of libraries that it needs; None for the system's."""

    path: Path
    libraries: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What it is started in."""
        if self.libraries is None:
            return dict(os.environ)
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}

    def says(self, *arguments: str) -> str:
        """What it prints when called so.

        Raises:
            OSError, subprocess.SubprocessError: it does not start, or fails.
        """
        return subprocess.run(
            [self.path, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            env=self.environment,
        ).stdout
