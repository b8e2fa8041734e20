"""The states that decisions are made against: one folded stream each, kept while in use.

A state may run ahead of the log by the batch that is being committed; whoever commits drops it
again when that fails.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import cast

from msgspec.structs import replace

from domain import room as room_rules
from domain.facts import Fact
from domain.players import decide as player_rules
from domain.players.commands import PlayerCommand
from domain.players.events import PlayerFact
from domain.players.state import Player
from domain.players.state import evolve as evolve_player
from domain.room import Room, RoomCommand, RoomFact
from server.eventlog.log import Log, StoredEvent
from server.eventlog.mapper import to_fact

KEPT_STREAMS = 20_000
"""States held in memory. An unused one is dropped and folded again when it is needed."""
AT_ONCE = 1_000
"""Events of a stream in one read: a long one is folded part by part."""


def squad_stream(squad: str) -> str:
    """The stream of a squad."""
    return f"squad-{squad}"


def player_stream(player: str) -> str:
    """The stream of a player."""
    return f"player-{player}"


class SquadStream:
    """A squad's room as of ``version``."""

    def __init__(self) -> None:
        self.room = Room()
        self.version = 0

    def apply(self, facts: Sequence[Fact]) -> None:
        """Fold more facts in."""
        for fact in facts:
            room_rules.evolve(self.room, cast(RoomFact, fact))
        self.version += len(facts)

    def decide(self, command: RoomCommand) -> tuple[Fact, ...]:
        """The facts that a command leads to; raises Refusal."""
        return room_rules.decide(self.room, command)


class PlayerStream:
    """A player as of ``version``; None before registration."""

    def __init__(self) -> None:
        self.player: Player | None = None
        self.version = 0
        self.last_at = 0

    def apply(self, facts: Sequence[Fact]) -> None:
        """Fold more facts in."""
        for fact in facts:
            self.player = evolve_player(self.player, cast(PlayerFact, fact))
            self.last_at = fact.at
        self.version += len(facts)

    def decide(self, command: PlayerCommand) -> tuple[Fact, ...]:
        """The facts that a command leads to; raises Refusal."""
        facts = player_rules.decide(self.player, command)
        if command.at >= self.last_at:
            return facts
        # The clock was set back: the order of a stream stands (rules §0).
        return tuple(replace(fact, at=self.last_at) for fact in facts)


AnyStream = SquadStream | PlayerStream


class Streams:
    """The states in memory, by stream; the least recently used go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, AnyStream] = OrderedDict()

    def peek(self, stream: str) -> AnyStream | None:
        """The state of a stream, if it is in memory."""
        return self._kept.get(stream)

    def bring_up(self, log: Log, streams: Iterable[str]) -> dict[str, Exception]:
        """Fold in what is missing of each stream, and say why of those that cannot be. Blocks.

        Those in memory lack nothing, unless others write to the log, too: a fact decided against
        an older state would conflict and be decided again, but a refusal would be kept, and wrong.
        """
        states = {
            stream: self._kept.get(stream) or _empty(stream)
            for stream in streams
            if log.is_shared or stream not in self._kept
        }
        behind, failed = set(states), dict[str, Exception]()
        while behind:
            after = {stream: states[stream].version for stream in sorted(behind)}
            found: dict[str, list[StoredEvent]] = {}
            for event in log.read_streams(after, AT_ONCE):
                found.setdefault(event.stream, []).append(event)
            for stream, events in found.items():
                try:
                    states[stream].apply([to_fact(e.topic, e.state) for e in events])
                except Exception as error:
                    failed[stream] = error
            behind = {s for s, events in found.items() if len(events) == AT_ONCE} - failed.keys()
        # Only now: what could not be read to its end is not what is known.
        self._kept |= {stream: state for stream, state in states.items() if stream not in failed}
        self.drop(failed)
        return failed

    def squad(self, stream: str) -> SquadStream:
        """The state of a squad's stream, which must be in memory."""
        return cast(SquadStream, self._touch(stream))

    def player(self, stream: str) -> PlayerStream:
        """The state of a player's stream, which must be in memory."""
        return cast(PlayerStream, self._touch(stream))

    def drop(self, streams: Iterable[str]) -> None:
        """Forget states that may be wrong."""
        for stream in streams:
            self._kept.pop(stream, None)

    def trim(self) -> None:
        """Forget the states that were not used for longest. Not while any is being decided on."""
        while len(self._kept) > KEPT_STREAMS:
            self._kept.popitem(last=False)

    def _touch(self, stream: str) -> AnyStream:
        self._kept.move_to_end(stream)
        return self._kept[stream]


def _empty(stream: str) -> AnyStream:
    return SquadStream() if stream.startswith("squad-") else PlayerStream()


def load(log: Log, stream: str) -> AnyStream:
    """A stream's state, folded from the log. Blocks."""
    state = _empty(stream)
    state.apply([to_fact(event.topic, event.state) for event in log.read_stream(stream)])
    return state
