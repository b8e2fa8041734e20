"""A command on its way in, and the answer on its way out."""

import msgspec
from msgspec import Struct

from domain.ids import CommandId, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from server.protocol.bodies import CommandBody
from server.protocol.server_messages import Body

SYSTEM = "system"
"""The actor of timers and reactions."""
GUEST = "guest"
"""The actor of somebody who is not a player yet."""


class RingTimerBody(Struct, frozen=True):
    """``timer.ring``: only the system sends it. ``key`` names the timer in its stream."""

    key: str


class ForgetBody(Struct, frozen=True):
    """``squad.forget``, ``player.forget``: only the system sends them, of somebody erased."""

    player: PlayerId


SystemBody = RingTimerBody | ForgetBody


class Submission(Struct, frozen=True, kw_only=True):
    """One command, typed, with the instant at which the whole message was in.

    ``digest`` is the keyed hash of (s, k, b): the same id with another digest is another command.
    ``new_id`` is drawn once, for whatever the command makes, and stays through retries.
    """

    actor: str
    command_id: CommandId
    kind: str
    body: CommandBody | SystemBody
    digest: bytes
    arrived_at: Millis
    new_id: str
    squad: str | None = None
    expected_n: int | None = None
    guest_key: str | None = None
    cause: str | None = None
    """What a command of the system follows from: an event as ``stream:version``, or a timer."""

    @property
    def key(self) -> tuple[str, str]:
        """Under which the answer is kept."""
        return self.actor, self.command_id

    @property
    def is_by_player(self) -> bool:
        """Whether somebody sent it who is in the game."""
        return self.actor not in (SYSTEM, GUEST)

    @property
    def shown_id(self) -> CommandId | None:
        """The id that its events carry: a client's own, to know its optimistic entry by."""
        return self.command_id if self.is_by_player else None


class Done(Struct, frozen=True, kw_only=True):
    """Committed. ``n`` and ``q`` are the last event's places, None if nothing happened."""

    squad: str | None = None
    n: int | None = None
    q: int | None = None
    body: Body | None = None
    is_repeat: bool = False


class Refused(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Not committed; the fields of a Refusal, as they are kept."""

    code: RefusalCode
    message: str
    field: str | None = None
    retry_after_ms: Millis | None = None
    free: str | None = None


Reply = Done | Refused

encode_body = msgspec.msgpack.Encoder().encode
decode_done = msgspec.msgpack.Decoder(Body | None).decode
decode_refused = msgspec.msgpack.Decoder(Refused).decode


def refused(refusal: Refusal) -> Refused:
    """A refusal as an answer."""
    return Refused(
        code=refusal.code,
        message=refusal.message,
        field=refusal.field,
        retry_after_ms=refusal.retry_after_ms,
        free=refusal.free,
    )
