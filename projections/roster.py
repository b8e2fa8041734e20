"""Who is in which squad: read for "my squads", the boards' names, and the page before joining."""

from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import Millis, PlayerId, SquadId
from domain.personal import Sealed
from domain.squads.events import (
    MemberJoined,
    MemberLeft,
    OwnershipPassed,
    Role,
    SquadArchived,
    SquadCreated,
)
from projections.rows import Readable, Rows, Table

NAME, VERSION = "roster", 1


class SquadRow(Struct, frozen=True, kw_only=True):
    """A squad, and how many are in it."""

    squad: SquadId
    name: Sealed
    tz: str
    size: int
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


SQUADS = Table(name="roster_squads", row=SquadRow, key=("squad",))
MEMBERS = Table(
    name="roster_members", row=MemberRow, key=("squad", "player"), indexes=(("player",),)
)
TABLES = (SQUADS, MEMBERS)


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    squad_id = SquadId(recorded.stream.removeprefix("squad-"))
    match recorded.fact:
        case SquadCreated(at=at, squad=squad, name=name, tz=tz, size=size):
            rows.put(SQUADS, SquadRow(squad=squad, name=name, tz=tz, size=size, created_at=at))
        case SquadArchived():
            _change_squad(rows, squad_id, is_archived=True)
        case MemberJoined(at=at, player=player, handle=handle, role=role):
            member = MemberRow(
                squad=squad_id, player=player, handle=handle, role=role, joined_at=at
            )
            rows.put(MEMBERS, member)
            _change_squad(rows, squad_id, members=1)
        case MemberLeft(at=at, player=player):
            rows.put(MEMBERS, replace(_member(rows, squad_id, player), left_at=at))
            _change_squad(rows, squad_id, members=-1)
        case OwnershipPassed(player=player, previous=previous):
            for who, role in ((previous, Role.MEMBER), (player, Role.OWNER)):
                rows.put(MEMBERS, replace(_member(rows, squad_id, who), role=role))
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


def _member(rows: Rows, squad_id: SquadId, player: PlayerId) -> MemberRow:
    return cast(MemberRow, rows.get(MEMBERS, squad_id, player))


def _change_squad(
    rows: Rows, squad_id: SquadId, *, members: int = 0, is_archived: bool = False
) -> None:
    row = cast(SquadRow, rows.get(SQUADS, squad_id))
    rows.put(
        SQUADS,
        replace(row, members=row.members + members, is_archived=row.is_archived or is_archived),
    )
