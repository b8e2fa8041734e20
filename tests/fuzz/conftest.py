"""One server for each file, watched, and looked through when it has stopped."""

from collections.abc import AsyncIterator

import pytest

from server.upkeep import verify
from tests.domain import profile
from tests.fuzz.house import House, listening
from tests.server.serving import serving

profile.load()


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server with wide limits; at the end its log is whole, and its rows are what it says."""
    folder = tmp_path_factory.mktemp("data")
    async with serving(folder) as served, served.guest("Witness") as witness:
        house = House(served, witness)
        with listening(house.failures):
            yield house
        house.close()
        settings = served.services.settings
    assert [] == verify(settings, lambda _at, _of: None).problems
