"""The facts about a squad and its members (rules §2, §7)."""

from enum import StrEnum
from typing import Annotated

from domain.facts import Fact, Unseen
from domain.ids import InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed
from domain.weeks import WeekId


class Role(StrEnum):
    """A member's role; a squad that is ACTIVE has exactly one OWNER (INV-S2)."""

    OWNER = "OWNER"
    CAPTAIN = "CAPTAIN"
    MEMBER = "MEMBER"


class JoinPolicy(StrEnum):
    """How one gets in: by a code alone, or by asking with it and being let in."""

    CODE = "CODE"
    APPROVAL = "APPROVAL"


class SquadCreated(Fact, frozen=True, kw_only=True):
    """A squad exists; its owner joins in the same command."""

    squad: Annotated[SquadId, Unseen]
    name: Sealed
    tz: str
    size: int
    join_policy: JoinPolicy = JoinPolicy.CODE


class SquadRenamed(Fact, frozen=True, kw_only=True):
    """The squad has another name."""

    name: Sealed


class SquadSettingsChanged(Fact, frozen=True, kw_only=True):
    """The owner has changed what is named here; None stands for what stays as it was.

    A new zone counts from the start of the week ``tz_from`` on (rules §7).
    """

    size: int | None = None
    join_policy: JoinPolicy | None = None
    tz: str | None = None
    tz_from: WeekId | None = None


class SquadArchived(Fact, frozen=True, kw_only=True):
    """The squad has ended, for good."""


class MemberJoined(Fact, frozen=True, kw_only=True):
    """Somebody belongs to the squad. ``seat`` is which of the player's squad seats this takes.

    Whoever asked was let in by ``by``; whoever had a code came by themselves, and has used up one
    place of the ``invite``.
    """

    player: PlayerId
    handle: Sealed
    role: Role
    seat: Annotated[int, Unseen]
    invite: InviteKey | None = None
    invited_by: PlayerId | None = None


class MemberLeft(Fact, frozen=True, kw_only=True):
    """Somebody left; the number of this fact is the last that they see (INV-S6)."""

    player: PlayerId
    seat: Annotated[int, Unseen]


class MemberKicked(Fact, frozen=True, kw_only=True):
    """Somebody was put out, and may come back; this is the last that they see."""

    player: PlayerId
    seat: Annotated[int, Unseen]


class MemberBanned(Fact, frozen=True, kw_only=True):
    """Somebody was put out for good; ``seat`` is None for one who had only asked to join."""

    player: PlayerId
    seat: Annotated[int | None, Unseen] = None


class MemberUnbanned(Fact, frozen=True, kw_only=True):
    """Somebody may join again, as anybody else may."""

    player: PlayerId


class MemberForgotten(Fact, frozen=True, kw_only=True):
    """Somebody who was here once, or asked to be, was erased. Nobody is shown this: whoever follows
    the squad gets its history anew instead."""

    player: PlayerId


class RoleChanged(Fact, frozen=True, kw_only=True):
    """A member is a captain now, or one no more."""

    player: PlayerId
    role: Role


class OwnershipPassed(Fact, frozen=True, kw_only=True):
    """``player`` owns the squad now, ``previous`` is an ordinary member."""

    player: PlayerId
    previous: PlayerId


class InviteIssued(Fact, frozen=True, kw_only=True):
    """There is a new way in. Only whoever made it sees the code; ``invite`` names it to all."""

    invite: InviteKey
    code: Sealed | None
    expires_at: Millis
    max_uses: int


class InviteRevoked(Fact, frozen=True, kw_only=True):
    """A way in is closed."""

    invite: InviteKey


class JoinRequested(Fact, frozen=True, kw_only=True):
    """Somebody who has a code asks to be let in. They hold no seat (INV-S7)."""

    player: PlayerId
    handle: Sealed


class JoinCancelled(Fact, frozen=True, kw_only=True):
    """Somebody does not ask any more."""

    player: PlayerId


class JoinDeclined(Fact, frozen=True, kw_only=True):
    """Somebody was not let in; they may ask again."""

    player: PlayerId


class WeekClosed(Fact, frozen=True, kw_only=True):
    """The week's board is final. Its place in the log is the freeze; it holds no numbers (§7)."""

    week: WeekId


SquadFact = (
    SquadCreated
    | SquadRenamed
    | SquadSettingsChanged
    | SquadArchived
    | MemberJoined
    | MemberLeft
    | MemberKicked
    | MemberBanned
    | MemberUnbanned
    | MemberForgotten
    | RoleChanged
    | OwnershipPassed
    | InviteIssued
    | InviteRevoked
    | JoinRequested
    | JoinCancelled
    | JoinDeclined
    | WeekClosed
)
