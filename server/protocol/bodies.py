"""The bodies of commands, as clients send them (protocol, "Command kinds").

``BODIES`` lists them by kind. Types are checked here; what the rules allow, the domain decides.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.battles.events import BattleMode
from domain.cheers import Emoji
from domain.dares.events import WithdrawReason
from domain.dares.terms import Category, DareKind
from domain.refusals import Refusal, RefusalCode
from domain.scoring import Counts, Outcome
from domain.squads.events import JoinPolicy, Role

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


class SquadRequest(Struct, frozen=True, kw_only=True):
    """``squad.request`` -> {squad}: ask to be let in."""

    code: Code


class SquadRename(Struct, frozen=True, kw_only=True):
    """``squad.rename``."""

    name: Text


class SquadSettings(Struct, frozen=True, kw_only=True):
    """``squad.settings``: whatever is named changes."""

    size: int | None = None
    join_policy: JoinPolicy | None = None
    tz: Zone | None = None


class SquadOnly(Struct, frozen=True, kw_only=True):
    """``squad.leave``, ``squad.archive``, ``squad.cancel``: nothing but which one."""


class SquadRevoke(Struct, frozen=True, kw_only=True):
    """``squad.revoke``: the invite as its event names it."""

    invite: Zone


class SquadMember(Struct, frozen=True, kw_only=True):
    """``squad.kick``, ``.ban``, ``.unban``, ``.approve``, ``.decline``: nothing but whom."""

    player: Id


class SquadRole(Struct, frozen=True, kw_only=True):
    """``squad.role``: CAPTAIN or MEMBER; OWNER hands the squad on."""

    player: Id
    role: Role


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
    battle: Id | None = None


class DareAccept(Struct, frozen=True, kw_only=True):
    """``dare.accept``: perhaps one level lower or higher, perhaps with fewer words."""

    dare: Id
    difficulty: int | None = None
    text: Text | None = None


class DareOnly(Struct, frozen=True, kw_only=True):
    """``dare.decline``, ``dare.bail``: nothing but which one."""

    dare: Id


class DareStart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``dare.start``; doubling down is for a card of a battle that allows it."""

    dare: Id
    double_down: bool = False


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


class DareCorrect(Struct, frozen=True, kw_only=True):
    """``dare.correct``: within ten minutes of the report, once."""

    dare: Id
    outcome: Outcome | None = None
    counts: Counts | None = None


class GiveCheer(Struct, frozen=True, kw_only=True):
    """``cheer``: one of a closed list."""

    dare: Id
    emoji: Emoji


class BattleOpen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``battle.open`` -> {battle}. ``cards``: how many are drawn, for the modes with a deck."""

    mode: BattleMode = BattleMode.NO_RACE
    minutes: Annotated[float, Meta(gt=0, le=100_000)] = 60
    cards: Annotated[int, Meta(ge=0, le=100)] | None = None
    heat: bool = False
    double_down: bool = False


class BattleOnly(Struct, frozen=True, kw_only=True):
    """``battle.join``, ``.leave``, ``.start``, ``.cancel``: nothing but which one."""

    battle: Id


class PlayerTimezone(Struct, frozen=True, kw_only=True):
    """``player.timezone``."""

    tz: Zone


class PlayerErase(Struct, frozen=True, kw_only=True):
    """``player.erase``: one's own name, typed, to say that one means it."""

    confirm: Text


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
    | SquadRequest
    | SquadRename
    | SquadSettings
    | SquadOnly
    | SquadRevoke
    | SquadMember
    | SquadRole
    | DareIssue
    | DareAccept
    | DareOnly
    | DareWithdraw
    | DareReport
    | DareCorrect
    | DareStart
    | GiveCheer
    | BattleOpen
    | BattleOnly
    | PlayerTimezone
    | PlayerErase
    | PlayerRegister
)

BODIES: dict[str, type[CommandBody]] = {
    "squad.create": SquadCreate,
    "squad.invite": SquadInvite,
    "squad.join": SquadJoin,
    "squad.request": SquadRequest,
    "squad.cancel": SquadOnly,
    "squad.approve": SquadMember,
    "squad.decline": SquadMember,
    "squad.leave": SquadOnly,
    "squad.kick": SquadMember,
    "squad.ban": SquadMember,
    "squad.unban": SquadMember,
    "squad.role": SquadRole,
    "squad.rename": SquadRename,
    "squad.settings": SquadSettings,
    "squad.revoke": SquadRevoke,
    "squad.archive": SquadOnly,
    "dare.issue": DareIssue,
    "dare.accept": DareAccept,
    "dare.decline": DareOnly,
    "dare.start": DareStart,
    "dare.bail": DareOnly,
    "dare.withdraw": DareWithdraw,
    "dare.report": DareReport,
    "dare.correct": DareCorrect,
    "cheer": GiveCheer,
    "battle.open": BattleOpen,
    "battle.join": BattleOnly,
    "battle.leave": BattleOnly,
    "battle.start": BattleOnly,
    "battle.cancel": BattleOnly,
    "player.timezone": PlayerTimezone,
    "player.erase": PlayerErase,
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
