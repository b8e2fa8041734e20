"""How hypothesis looks for examples: the same ones in every run, as many as a minute allows."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
# For `make mutants`, which runs the same properties over and over in one process.
settings.register_profile(
    "few",
    settings.get_profile("fixed"),
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)


def load() -> None:
    """From now on, properties are looked for in this way; ``PROPERTIES`` may name another."""
    settings.load_profile(os.environ.get("PROPERTIES", "fixed"))
