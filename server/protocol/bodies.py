"""The bodies of commands, as clients send them (protocol, "Command kinds").

``BODIES`` lists them by kind. Types are checked here; what the rules allow, the domain decides.
"""

import msgspec
from msgspec import Struct

from domain.dares.events import WithdrawReason
from domain.dares.terms import Category, DareKind
from domain.refusals import Refusal, RefusalCode
from domain.scoring import Counts, Outcome


class SquadCreate(Struct, frozen=True, kw_only=True):
    """``squad.create`` -> {squad}."""

    name: str
    tz: str


class SquadInvite(Struct, frozen=True, kw_only=True):
    """``squad.invite`` -> {code, expires_at, max_uses}."""

    expires_h: int | None = None
    max_uses: int | None = None


class SquadJoin(Struct, frozen=True, kw_only=True):
    """``squad.join`` -> {squad}."""

    code: str


class SquadLeave(Struct, frozen=True, kw_only=True):
    """``squad.leave``."""


class DareIssue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``dare.issue`` -> {dare}. Either ``card``, or ``text`` with its kind and difficulty."""

    target: str
    card: str | None = None
    text: str | None = None
    kind: DareKind | None = None
    difficulty: int | None = None
    categories: tuple[Category, ...] = ()
    answer_within_s: int | None = None
    attempt_within_s: int | None = None
    repeat_of: str | None = None
    call: str | None = None


class DareAccept(Struct, frozen=True, kw_only=True):
    """``dare.accept``: perhaps one level lower or higher, perhaps with fewer words."""

    dare: str
    difficulty: int | None = None
    text: str | None = None


class DareOnly(Struct, frozen=True, kw_only=True):
    """``dare.decline``, ``dare.start``, ``dare.bail``: nothing but which one."""

    dare: str


class DareWithdraw(Struct, frozen=True, kw_only=True):
    """``dare.withdraw``; the reason is needed after acceptance."""

    dare: str
    reason: WithdrawReason | None = None


class DareReport(Struct, frozen=True, kw_only=True):
    """``dare.report``. Counts, for a group ask, decide the outcome."""

    dare: str
    outcome: Outcome | None = None
    counts: Counts | None = None
    line: str | None = None
    claimed_at: int | None = None


class PlayerRegister(Struct, frozen=True, kw_only=True):
    """What ``POST /api/guest`` asks for."""

    handle: str
    tz: str
    adult: bool
    locale: str = "en"


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
