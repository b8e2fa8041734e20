"""What a player knows of a squad: the fold of what was shown to them, and what is still missing.

Pure: ``connection`` hands in what the server says. The fold is the one that the server makes
snapshots with, as in every client.
"""

from collections.abc import Iterable
from typing import cast

import msgspec
from msgspec import Struct, field

from projections.squad_view import Fields, Seen, SquadView, fold
from server.protocol.server_messages import Ev, Evs, Snap

HELD = 64
"""Events kept beyond a gap; the answer to ``sub`` brings the others again (protocol)."""

Numbered = tuple[int, Seen | None]
"""An event under its number, or a blank."""


class Known(Struct, kw_only=True):
    """A squad as one player knows it. ``n`` is the last number applied; None wants a snapshot."""

    squad: str
    n: int | None = None
    view: SquadView = field(default_factory=SquadView)
    held: dict[int, Seen | None] = {}
    parts: list[Snap] = []

    @property
    def is_gap(self) -> bool:
        """Whether something before what is held is missing."""
        return self.n is not None and bool(self.held)

    def take(self, message: Ev | Evs | Snap) -> list[Seen]:
        """Apply what the server says; the events that are new, in order. A snapshot tells none."""
        match message:
            case Ev():
                return self._take([(message.n, _seen(message))])
            case Evs():
                rows = enumerate(message.b, message.n)
                return self._take((n, None if row is None else (n, *row)) for n, row in rows)
            case Snap():
                return self._replace(message)

    def _take(self, items: Iterable[Numbered]) -> list[Seen]:
        new: list[Seen] = []
        for n, seen in items:
            if self.n is not None and n == self.n + 1:
                self.n = n
                new += self._apply(seen)
            elif (self.n is None or n > self.n) and len(self.held) < HELD:
                self.held[n] = seen
        return new + self._release()

    def _release(self) -> list[Seen]:
        """Whatever was held and is next now."""
        new: list[Seen] = []
        self.held = {n: seen for n, seen in self.held.items() if self.n is None or n > self.n}
        while self.n is not None and self.n + 1 in self.held:
            self.n += 1
            new += self._apply(self.held.pop(self.n))
        return new

    def _apply(self, seen: Seen | None) -> list[Seen]:
        if seen is None:
            return []
        fold(self.view, seen)
        return [seen]

    def _replace(self, part: Snap) -> list[Seen]:
        """A snapshot, once all its parts are here, stands for every event up to its number."""
        self.parts = [*(other for other in self.parts if other.n == part.n), part]
        if part.p is not None and len(self.parts) < part.p[1]:
            return []
        self.parts.sort(key=lambda one: one.p or (0, 1))
        self.view, self.n, self.parts = _joined(self.parts), part.n, []
        return self._release()


def _seen(event: Ev) -> Seen | None:
    if event.k is None:
        return None
    return (event.n, event.k, event.at or 0, event.u, event.c, event.b or {})


def _joined(parts: list[Snap]) -> SquadView:
    """The view that the parts of a snapshot amount to: lists go on, single values replace."""
    whole: Fields = {}
    for part in parts:
        for name, value in msgspec.msgpack.decode(part.b, type=dict[str, object]).items():
            before = whole.get(name)
            whole[name] = [*before, *value] if _are_lists(before, value) else value  # type: ignore[misc]  # both are lists
    return SquadView(
        name=cast(str | None, whole.get("name")),
        tz=cast(str, whole["tz"]),
        size=cast(int, whole["size"]),
        join_policy=cast(str, whole["join_policy"]),
        is_archived=whole.get("archived") is True,
        battle=cast(Fields | None, whole.get("battle")),
        roster=_by("player", whole["roster"]),
        requests=_by("player", whole["requests"]),
        banned=_by("player", whole["banned"]),
        invites=_by("invite", whole["invites"]),
        dares=_by("dare", whole["dares"]),
        feed=[cast(Seen, tuple(row)) for row in cast(list[list[object]], whole["feed"])],
    )


def _are_lists(before: object, value: object) -> bool:
    return isinstance(before, list) and isinstance(value, list)


def _by(key: str, rows: object) -> dict[str, Fields]:
    return {str(row[key]): row for row in cast(list[Fields], rows)}
