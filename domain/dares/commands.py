"""What may be asked about a dare (rules §3). Texts arrive sealed; ``at`` is ``arrived_at``."""

from msgspec import Struct

from domain.dares.events import WithdrawReason
from domain.dares.terms import Terms
from domain.ids import BattleId, DareId, Millis, PlayerId
from domain.personal import Sealed
from domain.scoring import Counts, Outcome


class IssueDare(Struct, frozen=True, kw_only=True):
    """Dare somebody, or oneself. ``text_length`` is that of own words, in characters.

    The limits of rules §3 are a person's, over all squads: ``open_elsewhere`` names the issuer of
    each dare that waits for the target in other squads, ``issued_elsewhere`` holds the instants at
    which the issuer dared people there in the last day. A card taken in a ``battle`` is not
    limited by them.
    """

    at: Millis
    by: PlayerId
    dare: DareId
    target: PlayerId
    terms: Terms
    text_length: int | None
    ruleset: int
    answer_within_ms: Millis | None = None
    attempt_within_ms: Millis | None = None
    repeat_of: DareId | None = None
    call: str | None = None
    battle: BattleId | None = None
    open_elsewhere: tuple[PlayerId, ...] = ()
    issued_elsewhere: tuple[Millis, ...] = ()


class Rewording(Struct, frozen=True, kw_only=True):
    """Own words made shorter: the plain texts are for the rule alone and are never stored."""

    before: str
    after: str
    sealed: Sealed


class AcceptDare(Struct, frozen=True, kw_only=True):
    """Take it on, perhaps one level lower or higher, perhaps with fewer words."""

    at: Millis
    by: PlayerId
    dare: DareId
    difficulty: int | None = None
    rewording: Rewording | None = None


class DeclineDare(Struct, frozen=True, kw_only=True):
    """Not today."""

    at: Millis
    by: PlayerId
    dare: DareId


class StartDare(Struct, frozen=True, kw_only=True):
    """Going in."""

    at: Millis
    by: PlayerId
    dare: DareId
    double_down: bool = False


class BailDare(Struct, frozen=True, kw_only=True):
    """Step back after accepting."""

    at: Millis
    by: PlayerId
    dare: DareId


class WithdrawDare(Struct, frozen=True, kw_only=True):
    """Take an offer back; after acceptance only for safety."""

    at: Millis
    by: PlayerId
    dare: DareId
    reason: WithdrawReason | None = None


class ReportDare(Struct, frozen=True, kw_only=True):
    """Say what the world answered. ``tz`` and ``day_start_hour`` are the reporter's own."""

    at: Millis
    by: PlayerId
    dare: DareId
    tz: str
    day_start_hour: int
    outcome: Outcome | None = None
    counts: Counts | None = None
    line: Sealed | None = None
    line_length: int = 0
    claimed_at: Millis | None = None


class CorrectDare(Struct, frozen=True, kw_only=True):
    """Say what the world answered really."""

    at: Millis
    by: PlayerId
    dare: DareId
    outcome: Outcome | None = None
    counts: Counts | None = None


DareCommand = (
    IssueDare
    | AcceptDare
    | DeclineDare
    | StartDare
    | BailDare
    | WithdrawDare
    | ReportDare
    | CorrectDare
)
