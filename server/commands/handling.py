"""What a handler of a command is, and what it has to work with: see ``building``.

Called by the handlers of players, squads and dares, and by group commit.
"""

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct

from domain.facts import Fact
from domain.ids import PlayerId
from domain.personal import Sealed
from domain.players.commands import (
    PlayerCommand,
)
from domain.players.state import Player
from domain.refusals import Refusal, RefusalCode
from domain.room import Room, RoomCommand
from domain.squads.decide import SEATS
from server.clock import Clock, is_id
from server.commands.streams import squad_stream
from server.commands.submission import ForgetBody, Submission
from server.eventlog.keys import Keys
from server.eventlog.log import Claim, Release
from server.protocol.server_messages import Body
from server.secret import Purpose, Secret

Key = tuple[str, str]


class Tools(Struct, frozen=True):
    """What building a command may use besides values."""

    clock: Clock
    keys: Keys
    secret: Secret
    ruleset: int

    def claim_key(self, text: str) -> str:
        """The keyed hash under which a handle, a code or a guest id is claimed."""
        return self.secret.keyed_hash(Purpose.CLAIMS, text.encode()).hex()


class Found(Struct, frozen=True, kw_only=True):
    """What the log knows that a command may need: claims by key, those under a person's id, and
    those that are a person's own."""

    claims: dict[Key, Claim]
    under: dict[Key, Sequence[Claim]]
    own: Sequence[Claim] = ()

    def of(self, kind: str) -> Sequence[Claim]:
        """A person's claims of one kind, as the handler asked for them."""
        return next((claims for (k, _), claims in self.under.items() if k == kind), ())


class Case(Struct, frozen=True, kw_only=True):
    """One submission with everything that was looked up for it."""

    submission: Submission
    found: Found
    room: Room
    player: Player | None
    tools: Tools

    @property
    def by(self) -> PlayerId:
        """The player who acts."""
        return PlayerId(self.submission.actor)

    @property
    def at(self) -> int:
        """When the whole message was in."""
        return self.submission.arrived_at

    @property
    def actor(self) -> Player:
        """The acting player's own settings; a player's command has them always."""
        assert self.player is not None, "guests and the system have no settings"
        return self.player

    def seal(self, text: str) -> Sealed:
        """Text under the acting player's key."""
        return self.tools.keys.seal(self.by, text)

    @property
    def free_seat(self) -> int | None:
        """A squad seat that is still free for whoever is to sit down; None if all are taken."""
        taken = {int(seat.key.rpartition(":")[2]) for seat in self.found.of("seat")}
        return next((seat for seat in range(SEATS) if seat not in taken), None)


class Handler(Struct, frozen=True, kw_only=True):
    """How one kind of command is built and answered.

    ``stream`` names the one stream that decides. Before: ``claims`` are looked up, and ``under``
    those of some kinds that a person has, and whose; ``makes_key`` asks for a durable key of
    personal text under the submission's new id; ``erases`` names whose own claims are looked up to
    be given back. With the facts: ``takes`` are claims taken or given back, beside those that
    follow from the facts. ``whom`` it is aimed at, if that is somebody whom the room knows:
    whoever was erased cannot be (INV-P2). ``answer`` is the body of the answer when it is done.
    """

    build: Callable[[Case], RoomCommand | PlayerCommand]
    stream: Callable[[Submission, Found, Tools], str]
    answer: Callable[[Submission, Sequence[Fact], str], Body | None] = lambda _s, _f, _t: None
    claims: Callable[[Submission, Tools], Sequence[Key]] = lambda _s, _t: ()
    takes: Callable[[Case], Sequence[Claim | Release]] = lambda _c: ()
    makes_key: Callable[[Submission, Found, Tools], bool] = lambda _s, _f, _t: False
    keeps_refusals: bool = True
    under: Callable[[Submission], Sequence[Key]] = lambda _s: ()
    erases: Callable[[Submission], str | None] = lambda _s: None
    whom: Callable[[Submission, Room], PlayerId | None] = lambda _s, _r: None


def named_squad(submission: Submission, _found: Found, _tools: Tools) -> str:
    """The stream of the squad that a command names."""
    if submission.squad is None or not is_id(submission.squad):
        raise Refusal(RefusalCode.BAD_INPUT, "Which squad?", field="s")
    return squad_stream(submission.squad)


def actor_of(submission: Submission) -> str:
    """Whoever sends a command."""
    return submission.actor


def forgotten(submission: Submission) -> PlayerId:
    """Whom a command of the system is about, who was erased."""
    return cast(ForgetBody, submission.body).player
