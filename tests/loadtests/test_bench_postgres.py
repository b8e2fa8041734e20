"""The contestants of the PostgreSQL bench all write whole batches, alone and together."""

import pytest

from loadtests.bench.measure import interleaved
from loadtests.bench.postgres_appending import KINDS, shares, trials
from loadtests.cluster.postgres import Postgres

pytestmark = pytest.mark.slow


def test_every_number_of_writers_is_measured_of_everybody(postgres: Postgres) -> None:
    """That nothing is missing each checks itself."""
    outcomes = [interleaved(trial) for trial in trials(postgres, batches=4, repeats=1)]

    assert [set(outcome.figures) for outcome in outcomes] == [set(KINDS)] * 3
    assert [line.split(",")[1] for line in shares(outcomes)] == [
        " 1 writing",
        " 2 writing",
        " 4 writing",
    ]
