"""What every fact has in common, and how a fact's class gives its name.

Called by every ``events.py``; the stored and wire names are derived here, nowhere else.
"""

import re
from functools import cache
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from domain.ids import CommandId, Millis, PlayerId

# Values that hold values: no circle can come of them, so the garbage collector need not look
# (``gc=False``), which a replay of many would wait for.

Unseen = Meta(extra={"on_wire": False})
"""Marks a field that is stored for the rules and never shown to any player."""


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened: small, complete, for ever.

    ``at`` orders the stream (rules §0: max(arrived_at, previous.at)); ``by`` is whoever caused it,
    None for the system (a timer).
    """

    at: Annotated[Millis, Unseen]
    by: Annotated[PlayerId | None, Unseen]


F = TypeVar("F", bound=Fact, covariant=True)


class Recorded(Struct, Generic[F], frozen=True, gc=False):
    """A fact with its place: ``seq`` in the whole log, ``n`` in its stream (both from 1)."""

    seq: int
    stream: str
    n: int
    fact: F
    command: CommandId | None = None


@cache
def name_of(fact: type[Fact]) -> str:
    """The stored and wire name: ``DareStartLapsed`` is ``dare.start_lapsed`` (rules §0)."""
    first, *rest = re.findall(r"[A-Z][a-z]*", fact.__name__)
    return f"{first.lower()}.{'_'.join(word.lower() for word in rest)}"
