"""Who is in which squad, and who asks to be: read for "my squads", the boards' names and weeks,
and the page before joining."""

from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import Millis, PlayerId, SquadId
from domain.personal import Sealed
from domain.squads.events import (
    JoinCancelled,
    JoinDeclined,
    JoinPolicy,
    JoinRequested,
    MemberBanned,
    MemberJoined,
    MemberKicked,
    MemberLeft,
    OwnershipPassed,
    Role,
    RoleChanged,
    SquadArchived,
    SquadCreated,
    SquadRenamed,
    SquadSettingsChanged,
)
from domain.weeks import Calendar, calendar_of
from projections.rows import Readable, Rows, Table

NAME, VERSION = "roster", 2


class SquadRow(Struct, frozen=True, kw_only=True):
    """A squad, and how many are in it."""

    squad: SquadId
    name: Sealed
    calendar: Calendar
    size: int
    join_policy: JoinPolicy
    created_at: Millis
    members: int = 0
    is_archived: bool = False


class MemberRow(Struct, frozen=True, kw_only=True):
    """Somebody who is in a squad, or was until ``left_at``."""

    squad: SquadId
    player: PlayerId
    handle: Sealed
    role: Role
    joined_at: Millis
    left_at: Millis | None = None

    @property
    def has_left(self) -> bool:
        """Whether they are a member no more."""
        return self.left_at is not None


class RequestRow(Struct, frozen=True, kw_only=True):
    """Somebody who asks to be let into a squad."""

    player: PlayerId
    squad: SquadId
    asked_at: Millis


SQUADS = Table(name="roster_squads", row=SquadRow, key=("squad",))
MEMBERS = Table(
    name="roster_members", row=MemberRow, key=("squad", "player"), indexes=(("player",),)
)
REQUESTS = Table(name="roster_requests", row=RequestRow, key=("player", "squad"))
TABLES = (SQUADS, MEMBERS, REQUESTS)


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    squad_id = SquadId(recorded.stream.removeprefix("squad-"))
    match recorded.fact:
        case SquadCreated() as fact:
            rows.put(SQUADS, _created(fact))
        case SquadRenamed(name=name):
            rows.put(SQUADS, replace(_squad(rows, squad_id), name=name))
        case SquadSettingsChanged() as fact:
            rows.put(SQUADS, _changed(_squad(rows, squad_id), fact))
        case SquadArchived():
            rows.put(SQUADS, replace(_squad(rows, squad_id), is_archived=True))
        case MemberJoined() as fact:
            _join(rows, squad_id, fact)
        case MemberLeft(at=at, player=player) | MemberKicked(at=at, player=player):
            _leave(rows, squad_id, player, at)
        case MemberBanned(at=at, player=player, seat=seat):
            rows.delete(REQUESTS, player, squad_id)
            if seat is not None:
                _leave(rows, squad_id, player, at)
        case RoleChanged(player=player, role=role):
            _give_role(rows, squad_id, player, role)
        case OwnershipPassed(player=player, previous=previous):
            _give_role(rows, squad_id, previous, Role.MEMBER)
            _give_role(rows, squad_id, player, Role.OWNER)
        case JoinRequested(at=at, player=player):
            rows.put(REQUESTS, RequestRow(player=player, squad=squad_id, asked_at=at))
        case JoinCancelled(player=player) | JoinDeclined(player=player):
            rows.delete(REQUESTS, player, squad_id)
        case _:
            pass


def squad(store: Readable, squad_id: str) -> SquadRow | None:
    """A squad, or None."""
    return store.get(SQUADS, (squad_id,))


def members(store: Readable, squad_id: str) -> list[MemberRow]:
    """Everybody who is or was in a squad, by player id."""
    return store.select(MEMBERS, squad=squad_id)


def memberships(store: Readable, player: str) -> list[MemberRow]:
    """A player's squads, those that were left among them."""
    return store.select(MEMBERS, player=player)


def requests(store: Readable, player: str) -> list[RequestRow]:
    """The squads that a player asks to be let into."""
    return store.select(REQUESTS, player=player)


def _created(fact: SquadCreated) -> SquadRow:
    return SquadRow(
        squad=fact.squad,
        name=fact.name,
        calendar=calendar_of(fact.tz),
        size=fact.size,
        join_policy=fact.join_policy,
        created_at=fact.at,
    )


def _changed(row: SquadRow, fact: SquadSettingsChanged) -> SquadRow:
    calendar = row.calendar
    if fact.tz is not None and fact.tz_from is not None:
        calendar = calendar.changed(fact.tz_from, fact.tz)
    return replace(
        row,
        size=row.size if fact.size is None else fact.size,
        join_policy=row.join_policy if fact.join_policy is None else fact.join_policy,
        calendar=calendar,
    )


def _join(rows: Rows, squad_id: SquadId, fact: MemberJoined) -> None:
    member = MemberRow(
        squad=squad_id, player=fact.player, handle=fact.handle, role=fact.role, joined_at=fact.at
    )
    rows.put(MEMBERS, member)
    rows.delete(REQUESTS, fact.player, squad_id)
    row = _squad(rows, squad_id)
    rows.put(SQUADS, replace(row, members=row.members + 1))


def _leave(rows: Rows, squad_id: SquadId, player: PlayerId, at: Millis) -> None:
    rows.put(MEMBERS, replace(_member(rows, squad_id, player), left_at=at))
    row = _squad(rows, squad_id)
    rows.put(SQUADS, replace(row, members=row.members - 1))


def _give_role(rows: Rows, squad_id: SquadId, player: PlayerId, role: Role) -> None:
    rows.put(MEMBERS, replace(_member(rows, squad_id, player), role=role))


def _member(rows: Rows, squad_id: SquadId, player: PlayerId) -> MemberRow:
    return cast(MemberRow, rows.get(MEMBERS, squad_id, player))


def _squad(rows: Rows, squad_id: SquadId) -> SquadRow:
    return cast(SquadRow, rows.get(SQUADS, squad_id))
