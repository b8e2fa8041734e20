"""What may be asked of a squad (rules §2). Codes, names and handles arrive sealed or hashed."""

from msgspec import Struct

from domain.ids import InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed
from domain.squads.events import JoinPolicy, Role
from domain.weeks import WeekId


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


class RenameSquad(Struct, frozen=True, kw_only=True):
    """Give the squad another name. ``name_length`` is that of the plain name, in characters."""

    at: Millis
    by: PlayerId
    name: Sealed
    name_length: int


class ChangeSettings(Struct, frozen=True, kw_only=True):
    """Change what is named; None leaves it."""

    at: Millis
    by: PlayerId
    size: int | None = None
    join_policy: JoinPolicy | None = None
    tz: str | None = None


class ArchiveSquad(Struct, frozen=True, kw_only=True):
    """End the squad, for good."""

    at: Millis
    by: PlayerId


class IssueInvite(Struct, frozen=True, kw_only=True):
    """Make a code. None stands for the rulebook's default."""

    at: Millis
    by: PlayerId
    invite: InviteKey
    code: Sealed
    expires_h: int | None = None
    max_uses: int | None = None


class RevokeInvite(Struct, frozen=True, kw_only=True):
    """Close a way in."""

    at: Millis
    by: PlayerId
    invite: InviteKey


class JoinSquad(Struct, frozen=True, kw_only=True):
    """Come in by a code."""

    at: Millis
    by: PlayerId
    invite: InviteKey
    handle: Sealed
    seat: int | None


class RequestJoin(Struct, frozen=True, kw_only=True):
    """Ask to be let in, with a code. ``requests`` counts what they have asked for already."""

    at: Millis
    by: PlayerId
    invite: InviteKey
    handle: Sealed
    requests: int


class CancelRequest(Struct, frozen=True, kw_only=True):
    """Ask no more."""

    at: Millis
    by: PlayerId


class ApproveRequest(Struct, frozen=True, kw_only=True):
    """Let somebody in who asked. ``seat`` is one that they have free, or None."""

    at: Millis
    by: PlayerId
    player: PlayerId
    seat: int | None


class DeclineRequest(Struct, frozen=True, kw_only=True):
    """Do not let somebody in who asked."""

    at: Millis
    by: PlayerId
    player: PlayerId


class LeaveSquad(Struct, frozen=True, kw_only=True):
    """Go, and let one's open dares go too."""

    at: Millis
    by: PlayerId


class KickMember(Struct, frozen=True, kw_only=True):
    """Put somebody out; they may come back."""

    at: Millis
    by: PlayerId
    player: PlayerId


class BanMember(Struct, frozen=True, kw_only=True):
    """Put somebody out, or turn away one who asks, for good."""

    at: Millis
    by: PlayerId
    player: PlayerId


class UnbanMember(Struct, frozen=True, kw_only=True):
    """Let somebody try again."""

    at: Millis
    by: PlayerId
    player: PlayerId


class ChangeRole(Struct, frozen=True, kw_only=True):
    """Make somebody a captain, or one no more; OWNER hands the squad on."""

    at: Millis
    by: PlayerId
    player: PlayerId
    role: Role


class ForgetMember(Struct, frozen=True, kw_only=True):
    """The system's command: somebody was erased, so they leave here too. ``by`` is nobody."""

    at: Millis
    player: PlayerId


class CloseWeek(Struct, frozen=True, kw_only=True):
    """The system's command: close a week's board if its time has come. ``by`` is nobody."""

    at: Millis
    week: WeekId


SquadCommand = (
    CreateSquad
    | RenameSquad
    | ChangeSettings
    | ArchiveSquad
    | IssueInvite
    | RevokeInvite
    | JoinSquad
    | RequestJoin
    | CancelRequest
    | ApproveRequest
    | DeclineRequest
    | LeaveSquad
    | KickMember
    | BanMember
    | UnbanMember
    | ChangeRole
    | ForgetMember
    | CloseWeek
)
