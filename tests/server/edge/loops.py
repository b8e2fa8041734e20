"""The loops that the server runs on: uvloop where it is installed, asyncio's own elsewhere."""

import pytest

LOOPS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
]
"""Parameters of a module's ``anyio_backend``."""
