"""The contestants of the PostgreSQL bench all write whole batches, alone and together."""

import pytest

from loadtests.bench.postgres_appending import KINDS, trials, written
from loadtests.cluster.postgres import Postgres

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("writers", [1, 2])
def test_everybody_writes_whole_batches(postgres: Postgres, kind: str, writers: int) -> None:
    """That nothing is missing each checks itself."""
    figures = written(postgres.place(), KINDS[kind], writers, batches=4)

    assert figures["events_per_s"] > 0


def test_every_number_of_writers_is_measured_of_everybody() -> None:
    asked = [[one.name for one in trial.contestants] for trial in trials()]

    assert asked == [list(KINDS)] * 3
