"""What may be asked of a squad (rules §2). Codes and handles arrive sealed or hashed."""

from msgspec import Struct

from domain.ids import InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed


class CreateSquad(Struct, frozen=True, kw_only=True):
    """Found a squad and own it. ``seat`` is one that the founder has free, or None."""

    at: Millis
    by: PlayerId
    squad: SquadId
    name: Sealed
    name_length: int
    tz: str
    handle: Sealed
    seat: int | None


class IssueInvite(Struct, frozen=True, kw_only=True):
    """Make a code. None stands for the rulebook's default."""

    at: Millis
    by: PlayerId
    invite: InviteKey
    code: Sealed
    expires_h: int | None = None
    max_uses: int | None = None


class JoinSquad(Struct, frozen=True, kw_only=True):
    """Come in by a code."""

    at: Millis
    by: PlayerId
    invite: InviteKey
    handle: Sealed
    seat: int | None


class LeaveSquad(Struct, frozen=True, kw_only=True):
    """Go, and let one's open dares go too."""

    at: Millis
    by: PlayerId


SquadCommand = CreateSquad | IssueInvite | JoinSquad | LeaveSquad
