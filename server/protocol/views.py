"""Read models on the wire: the bodies of ``view`` messages and of the HTTP calls beside them.

Absent is the same as nil. ``q`` is the ``seq`` folded so far, where HTTP answers with one.
"""

from typing import Literal

from msgspec import Struct

from domain.battles.events import BattleMode
from domain.battles.state import BattleState
from domain.dares.terms import Category, DareKind
from domain.scoring import Counts, Outcome
from domain.squads.events import JoinPolicy, Role


class MyCards(Struct, frozen=True, kw_only=True):
    """How many cards I have had in a battle, as of event ``n`` of the squad.

    Mine alone: the cards that one has had and not reported are those that one has passed on.
    """

    battle: str
    n: int
    had: int


class MySquad(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A squad of mine; ``waiting`` counts its dares that I could do something about.

    ``cards``: once I have had one in the battle that is on there.
    """

    s: str
    name: str | None = None
    members: int
    role: Role
    waiting: int = 0
    cards: MyCards | None = None


class Asked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A squad that I ask to be let into."""

    s: str
    name: str | None = None
    at: int


class LedgerEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One amount of XP and what it was for: event ``n`` of squad ``squad``.

    ``kind`` MAIN with its ``outcome``, ISSUER, or BATTLE, which is of a ``battle`` and of no
    ``dare``; ``reverses`` names the entry taken back.
    """

    entry: str
    kind: str
    amount: int
    at: int | None = None
    squad: str
    dare: str | None = None
    battle: str | None = None
    n: int
    outcome: Outcome | None = None
    reverses: str | None = None


class LedgerLine(LedgerEntry, frozen=True, kw_only=True, omit_defaults=True):
    """An entry with what it takes to read it: when its cause happened, and what the dare was.

    ``card`` or ``text`` only where the caller is a member still, and nobody's words were erased.
    """

    caused_at: int
    card: str | None = None
    text: str | None = None


class Me(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``view me``. This level began at ``level_at`` XP, the next begins at ``next_at``."""

    player: str
    handle: str | None = None
    tz: str
    xp: int
    level: int
    level_at: int
    next_at: int
    top_level: int
    squads: list[MySquad]
    asked: list[Asked]
    recent: list[LedgerEntry]


class WeekRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the board; without ``rank`` for whoever has no points yet."""

    player: str
    handle: str | None = None
    score: int
    rejections: int
    rank: int | None = None
    left: bool = False


class Week(Struct, frozen=True, kw_only=True):
    """``view week``: ``[starts_at, ends_at)``; state OPEN, SETTLING or FINAL; rows in order."""

    week: str
    starts_at: int
    ends_at: int
    state: Literal["OPEN", "SETTLING", "FINAL"]
    rows: list[WeekRow]


class BattleScore(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a battle's table. ``hot``: the next report counts twice."""

    player: str
    handle: str | None = None
    points: int
    rejections: int
    reports: int
    rank: int
    hot: bool = False


class BattleTable(Struct, frozen=True, kw_only=True):
    """``view battle``: the whole table, best first, as of event ``n`` of the squad."""

    battle: str
    state: BattleState
    n: int
    rows: list[BattleScore]


class Moment(Struct, frozen=True, kw_only=True):
    """A battle after one of its events: what it was, when, whose, and the table then."""

    n: int
    at: int
    kind: str
    player: str | None
    outcome: Outcome | None
    rows: list[BattleScore]


class Replay(Struct, frozen=True, kw_only=True):
    """A battle from its opening on, moment by moment; the last table is its result (INV-B0)."""

    battle: str
    host: str
    mode: BattleMode
    state: BattleState
    starts_at: int | None
    ends_at: int | None
    moments: list[Moment]


class Invitation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a visitor may know before joining."""

    name: str | None = None
    members: int
    size: int
    join_policy: JoinPolicy
    expires_at: int
    invited_by: str | None = None
    squad: str | None = None
    """Only for whoever is in it already."""


class DeckCard(Struct, frozen=True, kw_only=True):
    """A card of the deck."""

    card: str
    title: str
    text: str
    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...]
    battle_safe: bool
    locale: str


class SignedIn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """You are this player now; the ticket is for clients that hold no cookie."""

    player: str
    handle: str | None = None
    ticket: str
    expires_at: int


class DeviceCode(Struct, frozen=True, kw_only=True):
    """A code for one more device of mine, and until when it works."""

    code: str
    expires_at: int


class Ticket(Struct, frozen=True, kw_only=True):
    """A short-lived ticket."""

    ticket: str
    expires_at: int


class RosterRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody in a snapshot's roster; those who left stay, so that their names resolve."""

    player: str
    handle: str | None = None
    role: Role
    joined_at: int
    left: bool | None = None


class RequestRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody in a snapshot who asks to be let in."""

    player: str
    handle: str | None = None
    asked_at: int


class BannedRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody in a snapshot who may not come back, until the ban is lifted."""

    player: str
    handle: str | None = None


class InviteRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way in, in a snapshot, until it is closed or over; only ``by`` sees the code.

    One that is over or used up may still be here: look at ``expires_at``, and at ``uses``, which is
    absent for none.
    """

    invite: str
    by: str
    code: str | None = None
    expires_at: int
    max_uses: int
    uses: int | None = None
    issued_at: int


class DareRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A live dare in a snapshot."""

    dare: str
    state: Literal["OFFERED", "ACCEPTED", "IN_PROGRESS", "REPORTED"]
    issuer: str
    target: str
    card: str | None = None
    text: str | None = None
    kind: DareKind
    difficulty: int
    categories: tuple[Category, ...]
    battle: str | None = None
    answer_by: int | None = None
    attempt_by: int | None = None
    lapses_at: int | None = None
    outcome: Outcome | None = None
    counts: Counts | None = None
    line: str | None = None
    settles_at: int | None = None


class BattleNow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The newest battle in a snapshot, unless it was cancelled; scores are ``view battle``'s."""

    battle: str
    host: str
    mode: BattleMode
    duration_ms: int
    cards: tuple[str, ...]
    heat: bool
    double_down: bool
    ruleset: int
    state: BattleState
    participants: list[str]
    starts_at: int | None = None
    ends_at: int | None = None
    until: int | None = None


FeedRow = tuple[int, str, int, str | None, str | None, dict[str, object]]
"""A visible event in a snapshot: n, k, at, u, c, b."""


class SquadView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``snap``: one viewer's squad. The fold of their events, here and in every client."""

    name: str | None = None
    tz: str
    size: int
    join_policy: JoinPolicy
    archived: bool | None = None
    battle: BattleNow | None = None
    roster: list[RosterRow]
    requests: list[RequestRow]
    banned: list[BannedRow]
    invites: list[InviteRow]
    dares: list[DareRow]
    feed: list[FeedRow]


class SquadAnswer(Struct, frozen=True, kw_only=True):
    """``ack.b`` of ``squad.create``, ``squad.join`` and ``squad.request``."""

    squad: str


class InviteAnswer(Struct, frozen=True, kw_only=True):
    """``ack.b`` of ``squad.invite``."""

    code: str
    expires_at: int
    max_uses: int


class DareAnswer(Struct, frozen=True, kw_only=True):
    """``ack.b`` of ``dare.issue``."""

    dare: str


class BattleAnswer(Struct, frozen=True, kw_only=True):
    """``ack.b`` of ``battle.open``."""

    battle: str
