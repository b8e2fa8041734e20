"""The one error of provisioning. No test catches it: without its tools it fails, never skips."""

from collections.abc import Sequence


class ProvisioningFailed(RuntimeError):
    """A tool that the tests need is neither on this machine nor installable here."""

    def __init__(self, tool: str, tried: Sequence[str]) -> None:
        """Keep what was tried, in order; the text lists it one line each."""
        self.tool = tool
        self.tried = tuple(tried)
        super().__init__("\n  - ".join([f"{tool} cannot be had here. Tried:", *self.tried]))
