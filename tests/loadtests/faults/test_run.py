"""A few kinds of fault in short, one after the other in one house, as `make faults` does them."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loadtests.cluster.house import House, house
from loadtests.faults.fault import Fault
from loadtests.faults.kinds import KINDS
from loadtests.faults.run import HOUSE, run

pytestmark = pytest.mark.slow

SHORT = ("cut before the answer", "node killed", "Redis flushed", "PostgreSQL crashed")
COMMANDS, CALM_S = 300, 0.3


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """A house of three nodes."""
    async with house(3, {**HOUSE, **Fault.settings}) as home:
        yield home


async def test_whatever_fails_no_promise_is_broken(home: House, tmp_path: Path) -> None:
    """In a house that has been through the ones before."""
    found, answered = [], Counter[str]()
    for name in SHORT:
        result = await run(
            home,
            KINDS[name](),
            commands=COMMANDS,
            seed=1,
            path=tmp_path / f"{name}.jsonl",
            told=lambda _answered: None,
            calm_s=CALM_S,
        )
        found += [(name, one.promise, one.what) for one in result.violations]
        answered[name] = result.done["ok"] + result.done.get("fail", 0)

    assert found == []
    assert [name for name in SHORT if answered[name] < COMMANDS] == []


def test_there_are_more_than_a_dozen_kinds() -> None:
    assert len(KINDS) > 20
