"""What facts bring along in the same transaction: claims taken or given back, timers set."""

from collections.abc import Sequence

from domain.facts import Fact
from domain.ids import DareId
from domain.room import Room, alarms, dares_in
from domain.squads.events import InviteIssued, MemberJoined, MemberLeft
from server.eventlog.log import Claim, Release, Timer

_DARE = "dare:"


def claims_of(facts: Sequence[Fact], squad: str) -> list[Claim | Release]:
    """A seat for each member, and a code for each invite."""
    changes: list[Claim | Release] = []
    for fact in facts:
        match fact:
            case MemberJoined():
                changes.append(Claim("seat", f"{fact.player}:{fact.seat}", squad, fact.at))
            case MemberLeft():
                changes.append(Release("seat", f"{fact.player}:{fact.seat}"))
            case InviteIssued():
                changes.append(Claim("invite", fact.invite, squad, fact.at))
            case _:
                pass
    return changes


def timers_of(room: Room, facts: Sequence[Fact], rung: DareId | None, stream: str) -> list[Timer]:
    """The timers of every dare touched, as the room is after the facts.

    A timer that rang is among them also when it led to nothing, so that its row goes.
    """
    touched = (*dares_in(facts), *(() if rung is None else (rung,)))  # type: ignore[arg-type]  # other facts are passed over
    return [Timer(stream, timer_key(a.dare), a.rings_at) for a in alarms(room, touched)]


def timer_key(dare: DareId) -> str:
    """The name of a dare's timer in its stream; there is one at a time."""
    return f"{_DARE}{dare}"


def dare_of_timer(key: str) -> DareId:
    """The dare that a timer's name names."""
    return DareId(key.removeprefix(_DARE))
