"""The stored names: every kind of event with its current version, and the way up from old ones.

A new field with a default needs nothing here. A rename or a split raises the version and adds a
pure upcast from the version before. ``tests/golden/`` keeps one sample of every version for ever.
"""

from collections.abc import Callable
from typing import get_args

from domain.facts import Fact, name_of
from domain.players.events import PlayerFact
from domain.room import RoomFact

Stored = dict[str, object]

FACTS: tuple[type[Fact], ...] = (*get_args(RoomFact), *get_args(PlayerFact))
"""Every class of fact that can be in the log."""

VERSIONS: dict[str, int] = {"player.registered": 2}
"""The current version by name, where it is not 1."""


def _registered_1_to_2(fields: Stored) -> Stored:
    """Version 1 kept no age: whoever did not attest to 18 was not let in."""
    return {**fields, "attested_age": 18}


UPCASTS: dict[tuple[str, int], Callable[[Stored], Stored]] = {
    ("player.registered", 1): _registered_1_to_2,
}
"""From (name, version) to the fields of version + 1."""


def topic_of(fact: type[Fact]) -> str:
    """``dare.reported@1``: the topic under which a fact is stored now."""
    name = name_of(fact)
    return f"{name}@{VERSIONS.get(name, 1)}"
