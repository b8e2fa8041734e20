"""Cheers: a friend's applause for a dare that was taken on (rules §4). They earn nothing."""

from enum import StrEnum

from msgspec import Struct

from domain.dares.state import Dares
from domain.facts import Fact
from domain.ids import DareId, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.squads.decide import member_of
from domain.squads.state import Squad


class Emoji(StrEnum):
    """What there is to cheer with: a closed list, so that no cheer can hurt."""

    CLAP = "👏"
    MUSCLE = "💪"
    FIRE = "🔥"
    PARTY = "🎉"
    LAUGH = "😂"
    HEART = "💜"


class GiveCheer(Struct, frozen=True, kw_only=True):
    """Cheer somebody on."""

    at: Millis
    by: PlayerId
    dare: DareId
    emoji: Emoji


class CheerGiven(Fact, frozen=True, kw_only=True):
    """Somebody cheers for a dare. It tells of the dare and is none of its steps (INV-D1)."""

    dare: DareId
    target: PlayerId
    emoji: Emoji


Cheers = dict[DareId, frozenset[tuple[PlayerId, Emoji]]]
"""Who has cheered for what, with which emoji: a fold in progress, changed in place."""


def evolve(cheers: Cheers, fact: CheerGiven) -> None:
    """Apply one more cheer, in place."""
    assert fact.by is not None, "the system does not cheer"
    cheers[fact.dare] = cheers.get(fact.dare, frozenset()) | {(fact.by, fact.emoji)}


def give(cheers: Cheers, dares: Dares, squad: Squad, command: GiveCheer) -> tuple[CheerGiven, ...]:
    """One more cheer; nothing at all for one that was given already.

    Raises:
        Refusal: FORBIDDEN for one's own dare, NOT_FOUND for one that the squad does not see.
    """
    member_of(squad, command.by)
    dare = dares.by_id.get(command.dare)
    if dare is None or not dare.was_accepted:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such dare.", field="dare")
    if dare.target == command.by:
        raise Refusal(RefusalCode.FORBIDDEN, "Let the others cheer for you.")
    if (command.by, command.emoji) in cheers.get(command.dare, ()):
        return ()
    given = CheerGiven(
        at=command.at,
        by=command.by,
        dare=command.dare,
        target=dare.target,
        emoji=command.emoji,
    )
    return (given,)
