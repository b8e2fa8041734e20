"""How hypothesis looks for examples: the same ones in every run, as many as a minute allows."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)


def load() -> None:
    """From now on, properties are looked for in this way."""
    settings.load_profile("fixed")
