"""Properties are tested with fixed seeds."""

from tests.domain import profile

profile.load()
