"""One server for all tests of a file that need nothing special of it."""

from collections.abc import AsyncIterator

import pytest

from tests.server.serving import Served, serving


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with wide limits; each test brings its own players."""
    async with serving(tmp_path_factory.mktemp("data")) as served:
        yield served
