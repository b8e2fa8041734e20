"""The bodies of commands, as clients send them (protocol, "Command kinds").

``BODIES`` lists them by kind. Types are checked here; what the rules allow, the domain decides.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.dares.events import WithdrawReason
from domain.dares.terms import Category, DareKind
from domain.refusals import Refusal, RefusalCode
from domain.scoring import Counts, Outcome

Id = Annotated[str, Meta(max_length=26)]
Code = Annotated[str, Meta(max_length=40)]
Zone = Annotated[str, Meta(max_length=64)]
Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
"""A language tag (BCP 47), and nothing else: it is stored as it is."""
Text = Annotated[str, Meta(max_length=2_000)]
"""Bounds for the edge, in characters: far above what the rules allow, and cheap to look at."""


class SquadCreate(Struct, frozen=True, kw_only=True):
    """``squad.create`` -> {squad}."""

    name: Text
    tz: Zone


class SquadInvite(Struct, frozen=True, kw_only=True):
    """``squad.invite`` -> {code, expires_at, max_uses}."""

    expires_h: int | None = None
    max_uses: int | None = None


class SquadJoin(Struct, frozen=True, kw_only=True):
    """``squad.join`` -> {squad}."""

    code: Code


class SquadLeave(Struct, frozen=True, kw_only=True):
    """``squad.leave``."""


class DareIssue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``dare.issue`` -> {dare}. Either ``card``, or ``text`` with its kind and difficulty."""

    target: Id
    card: Zone | None = None
    text: Text | None = None
    kind: DareKind | None = None
    difficulty: int | None = None
    categories: Annotated[tuple[Category, ...], Meta(max_length=12)] = ()
    answer_within_s: int | None = None
    attempt_within_s: int | None = None
    repeat_of: Id | None = None
    call: Id | None = None


class DareAccept(Struct, frozen=True, kw_only=True):
    """``dare.accept``: perhaps one level lower or higher, perhaps with fewer words."""

    dare: Id
    difficulty: int | None = None
    text: Text | None = None


class DareOnly(Struct, frozen=True, kw_only=True):
    """``dare.decline``, ``dare.start``, ``dare.bail``: nothing but which one."""

    dare: Id


class DareWithdraw(Struct, frozen=True, kw_only=True):
    """``dare.withdraw``; the reason is needed after acceptance."""

    dare: Id
    reason: WithdrawReason | None = None


class DareReport(Struct, frozen=True, kw_only=True):
    """``dare.report``. Counts, for a group ask, decide the outcome."""

    dare: Id
    outcome: Outcome | None = None
    counts: Counts | None = None
    line: Text | None = None
    claimed_at: int | None = None


class PlayerRegister(Struct, frozen=True, kw_only=True):
    """What ``POST /api/guest`` asks for."""

    handle: Text
    tz: Zone
    adult: bool
    locale: Locale = "en"


CommandBody = (
    SquadCreate
    | SquadInvite
    | SquadJoin
    | SquadLeave
    | DareIssue
    | DareAccept
    | DareOnly
    | DareWithdraw
    | DareReport
    | PlayerRegister
)

BODIES: dict[str, type[CommandBody]] = {
    "squad.create": SquadCreate,
    "squad.invite": SquadInvite,
    "squad.join": SquadJoin,
    "squad.leave": SquadLeave,
    "dare.issue": DareIssue,
    "dare.accept": DareAccept,
    "dare.decline": DareOnly,
    "dare.start": DareOnly,
    "dare.bail": DareOnly,
    "dare.withdraw": DareWithdraw,
    "dare.report": DareReport,
}
"""What a client may command, by kind. ``player.register`` is not among them: see the edge."""


def body_of(kind: str, fields: dict[str, object]) -> CommandBody:
    """The typed body of a command.

    Raises:
        Refusal: UNKNOWN_KIND, or BAD_INPUT with the field at fault.
    """
    body = BODIES.get(kind)
    if body is None:
        raise Refusal(RefusalCode.UNKNOWN_KIND, f"There is no command {kind[:40]!r}.", field="k")
    try:
        return msgspec.convert(fields, body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        field = path.strip("`$.").split(".")[0].split("[")[0] or None
        raise Refusal(RefusalCode.BAD_INPUT, message, field=field) from error
