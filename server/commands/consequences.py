"""What facts bring along in the same transaction: claims taken or given back, timers set."""

from collections.abc import Sequence
from typing import cast

from domain.dares.events import (
    DareBailed,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareReported,
    DareWithdrawn,
)
from domain.facts import Fact
from domain.ids import BattleId, DareId, Millis, PlayerId
from domain.room import (
    RingBattle,
    RingTimer,
    Room,
    RoomFact,
    alarms,
    battle_alarms,
    battles_in,
    dares_in,
    week_alarms,
    weeks_in,
)
from domain.squads.commands import CloseWeek
from domain.squads.events import (
    InviteIssued,
    InviteRevoked,
    JoinCancelled,
    JoinDeclined,
    JoinRequested,
    MemberBanned,
    MemberForgotten,
    MemberJoined,
    MemberKicked,
    MemberLeft,
)
from domain.weeks import WeekId
from server.eventlog.log import Claim, Release, Timer

_DARE, _WEEK, _BATTLE = "dare:", "week:", "battle:"
"""What a timer's name begins with: one for each live dare, each open week, each open battle."""


def claims_of(facts: Sequence[Fact], squad: str) -> list[Claim | Release]:
    """What is to be known of a person beyond one squad, and the codes of invites.

    A seat for each member, a place for each who asks, which squads know somebody's name, what
    waits for a target, and what an issuer has dared lately (housekeeping drops that after a day).
    """
    changes: list[Claim | Release] = []
    for fact in facts:
        match fact:
            case MemberJoined():
                changes.append(Claim("seat", f"{fact.player}:{fact.seat}", squad, fact.at))
                changes.append(Release("request", f"{fact.player}:{squad}"))
                changes += _known(fact.player, squad, fact.at)
            case MemberLeft() | MemberKicked():
                changes.append(Release("seat", f"{fact.player}:{fact.seat}"))
            case MemberBanned():
                changes.append(Release("request", f"{fact.player}:{squad}"))
                if fact.seat is not None:
                    changes.append(Release("seat", f"{fact.player}:{fact.seat}"))
            case JoinRequested():
                changes.append(Claim("request", f"{fact.player}:{squad}", squad, fact.at))
                changes += _known(fact.player, squad, fact.at)
            case JoinCancelled() | JoinDeclined():
                changes.append(Release("request", f"{fact.player}:{squad}"))
            case DareIssued(battle=None):
                owner = f"{squad}:{fact.issuer}"
                changes.append(Claim("open", f"{fact.target}:{fact.dare}", owner, fact.at))
                changes.append(Claim("issue", f"{fact.issuer}:{fact.dare}", squad, fact.at))
            case DareDeclined() | DareBailed() | DareExpired() | DareWithdrawn() | DareReported():
                changes.append(Release("open", f"{fact.target}:{fact.dare}"))
            case InviteIssued():
                changes.append(Claim("invite", fact.invite, squad, fact.at))
            case InviteRevoked():
                changes.append(Release("invite", fact.invite))
            case _:
                pass
        if isinstance(fact, MemberLeft | JoinCancelled | MemberForgotten) and fact.by is None:
            # Nobody but the system takes somebody out unasked: they were erased.
            changes.append(Release("known", f"{fact.player}:{squad}"))
    return changes


def _known(player: PlayerId, squad: str, at: Millis) -> list[Claim | Release]:
    """That a squad's history has somebody's name in it; once, however often they come."""
    key = f"{player}:{squad}"
    return [Release("known", key), Claim("known", key, squad, at)]


def timers_of(room: Room, facts: Sequence[Fact], rung: str | None, stream: str) -> list[Timer]:
    """The timers of every dare, week and battle touched, as the room is after the facts.

    ``rung`` is the name of a timer that has rung: it is among them also when that led to nothing,
    so that its row goes.
    """
    ours = cast(Sequence[RoomFact], facts)
    dares, weeks, battles = list(dares_in(ours)), list(weeks_in(room, ours)), list(battles_in(ours))
    if rung is not None:
        ring = ring_of(rung, at=0)
        match ring:
            case RingTimer():
                dares.append(ring.dare)
            case RingBattle():
                battles.append(ring.battle)
            case CloseWeek():
                weeks.append(ring.week)
    return [
        *(Timer(stream, f"{_DARE}{a.dare}", a.rings_at) for a in alarms(room, dares)),
        *(Timer(stream, f"{_WEEK}{a.week}", a.rings_at) for a in week_alarms(room, weeks)),
        *(Timer(stream, f"{_BATTLE}{a.battle}", a.rings_at) for a in battle_alarms(room, battles)),
    ]


def ring_of(key: str, at: Millis) -> RingTimer | RingBattle | CloseWeek:
    """The command that a timer's name stands for."""
    if key.startswith(_WEEK):
        return CloseWeek(at=at, week=WeekId(key.removeprefix(_WEEK)))
    if key.startswith(_BATTLE):
        return RingBattle(at=at, battle=BattleId(key.removeprefix(_BATTLE)))
    return RingTimer(at=at, dare=DareId(key.removeprefix(_DARE)))
