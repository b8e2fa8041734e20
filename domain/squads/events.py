"""The facts about a squad and its members (rules §2)."""

from enum import StrEnum
from typing import Annotated

from domain.facts import Fact, Unseen
from domain.ids import InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed


class Role(StrEnum):
    """A member's role; a squad that is ACTIVE has exactly one OWNER (INV-S2)."""

    OWNER = "OWNER"
    CAPTAIN = "CAPTAIN"
    MEMBER = "MEMBER"


class JoinPolicy(StrEnum):
    """How one gets in: by a code alone, or by asking as well."""

    CODE = "CODE"
    APPROVAL = "APPROVAL"


class SquadCreated(Fact, frozen=True, kw_only=True):
    """A squad exists; its owner joins in the same command."""

    squad: Annotated[SquadId, Unseen]
    name: Sealed
    tz: str
    size: int
    join_policy: JoinPolicy = JoinPolicy.CODE


class SquadArchived(Fact, frozen=True, kw_only=True):
    """The squad has ended, for good."""


class MemberJoined(Fact, frozen=True, kw_only=True):
    """Somebody belongs to the squad. ``seat`` is which of the player's squad seats this takes."""

    player: PlayerId
    handle: Sealed
    role: Role
    seat: Annotated[int, Unseen]
    invite: Annotated[InviteKey | None, Unseen] = None
    invited_by: PlayerId | None = None


class MemberLeft(Fact, frozen=True, kw_only=True):
    """Somebody left; the number of this fact is the last that they see (INV-S6)."""

    player: PlayerId
    seat: Annotated[int, Unseen]


class OwnershipPassed(Fact, frozen=True, kw_only=True):
    """``player`` owns the squad now, ``previous`` is an ordinary member."""

    player: PlayerId
    previous: PlayerId


class InviteIssued(Fact, frozen=True, kw_only=True):
    """There is a new way in. Only whoever made it sees the code."""

    invite: Annotated[InviteKey, Unseen]
    code: Sealed | None
    expires_at: Millis
    max_uses: int


SquadFact = (
    SquadCreated | SquadArchived | MemberJoined | MemberLeft | OwnershipPassed | InviteIssued
)
