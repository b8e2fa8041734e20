"""Frames: one stored fact as the bytes that each audience gets, encoded once and shared.

A frame is a pure function of the fact and the audience, never of state (protocol).
"""

from collections.abc import Callable, Sequence
from typing import NewType, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from domain.audience import DareNotTaken, Sight, Sights, sights
from domain.facts import Fact, Recorded, name_of
from domain.ids import CommandId, PlayerId
from domain.personal import Sealed
from domain.room import RoomFact
from projections.squad_view import Seen
from server.protocol.codec import framed
from server.protocol.server_messages import Body, Ev, Evs, Row

Open = Callable[[Sealed], str | None]
"""Opens sealed text; None when its author has been erased."""


class _Shown:
    """One sight of a fact, and its bytes once somebody needs them."""

    __slots__ = ("frame", "seen", "sight")

    def __init__(self, sight: Sight | None) -> None:
        self.sight = sight
        self.seen: Seen | None = None
        self.frame: bytes | None = None


class Frames:
    """One fact's frames for the three audiences, built when first needed."""

    __slots__ = ("_command", "_open", "_shown", "_sights", "n", "squad")

    def __init__(self, recorded: Recorded[Fact], squad: str, open_text: Open) -> None:
        self.n = recorded.n
        self.squad = squad
        self._command = recorded.command
        self._sights: Sights = sights(cast(RoomFact, recorded.fact))
        self._open = open_text
        self._shown: list[_Shown] = []

    @property
    def apart(self) -> tuple[PlayerId, ...]:
        """Those who see something else in it than the rest of the squad."""
        sights = self._sights
        squad = sights.for_squad
        if sights.for_self is squad and sights.for_party is squad:
            return ()
        of_self = (sights.self_id,) if sights.for_self is not squad else ()
        of_party = (sights.party_id,) if sights.for_party is not squad else ()
        return tuple(player for player in (*of_self, *of_party) if player is not None)

    @property
    def common(self) -> bytes:
        """The bytes for everybody but those who are ``apart``."""
        return self._bytes(self._sights.for_squad)

    def frame(self, viewer: PlayerId) -> bytes:
        """The bytes for a viewer: the same object for everybody in the same audience."""
        return self._bytes(self._sights.of(viewer))

    def seen(self, viewer: PlayerId) -> Seen | None:
        """The event as the viewer sees it; None is a blank."""
        shown = self._shown_as(self._sights.of(viewer))
        if shown.seen is None and shown.sight is not None:
            sight = shown.sight
            kind, body = name_of(type(sight)), body_of(sight, self._open)
            shown.seen = (self.n, kind, sight.at, sight.by, self._command_of(sight), body)
        return shown.seen

    def row(self, viewer: PlayerId) -> Row | None:
        """The event as a row of a batch; None is a blank."""
        seen = self.seen(viewer)
        return None if seen is None else cast(Row, seen[1:])

    def _bytes(self, sight: Sight | None) -> bytes:
        shown = self._shown_as(sight)
        if shown.frame is None:
            shown.frame = framed(self._event(sight))
        return shown.frame

    def _event(self, sight: Sight | None) -> Ev:
        if sight is None:
            return Ev(s=self.squad, n=self.n)
        return Ev(
            s=self.squad,
            n=self.n,
            k=name_of(type(sight)),
            at=sight.at,
            u=sight.by,
            c=self._command_of(sight),
            b=body_of(sight, self._open),
        )

    def _shown_as(self, sight: Sight | None) -> _Shown:
        for shown in self._shown:
            if shown.sight is sight:
                return shown
        self._shown.append(_Shown(sight))
        return self._shown[-1]

    def _command_of(self, sight: Sight) -> CommandId | None:
        return None if isinstance(sight, DareNotTaken) else self._command


def body_of(sight: Fact, open_text: Open) -> Body:
    """The ``b`` of an event: its fields but those that stay on the server; absent means nil."""
    body: Body = {}
    for name, is_sealed in _plan(type(sight)):
        value = getattr(sight, name)
        if is_sealed and value is not None:
            value = open_text(value)
        if value is not None:
            body[name] = value
    return body


def batch_frame(frames: Sequence[Frames], viewer: PlayerId) -> bytes:
    """Consecutive events as one ``evs`` frame."""
    rows = [frame.row(viewer) for frame in frames]
    return framed(Evs(s=frames[0].squad, n=frames[0].n, b=rows))


_plans: dict[type[Fact], tuple[tuple[str, bool], ...]] = {}


def _plan(fact: type[Fact]) -> tuple[tuple[str, bool], ...]:
    """The fields of a fact that go on the wire, and whether each is sealed."""
    plan = _plans.get(fact)
    if plan is None:
        hints = get_type_hints(fact, include_extras=True)
        names = [field.name for field in msgspec.structs.fields(fact)]
        plan = tuple((name, _is_sealed(hints[name])) for name in names if _is_shown(hints[name]))
        _plans[fact] = plan
    return plan


def _is_shown(hint: object) -> bool:
    notes = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Meta)]
    return all((note.extra or {}).get("on_wire", True) for note in notes)


def _is_sealed(hint: object) -> bool:
    if get_origin(hint) is None and isinstance(hint, NewType):
        return hint is Sealed
    return any(_is_sealed(part) for part in get_args(hint))
