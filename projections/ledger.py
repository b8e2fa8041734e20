"""The XP ledger: every amount with its cause, each player's total, and the weeks they add up to.

XP is folded from facts as reported, in ``seq`` order, and never stored in them (rules §5).
"""

import hashlib

from msgspec import Struct
from msgspec.structs import replace

from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import DareId, Fingerprint, Millis, PlayerId, SquadId
from domain.scoring import NOVELTY_WINDOW_MS, Outcome, level_of, main_grant
from domain.weeks import DayId
from projections import weekly_board
from projections.rows import Readable, Rows, Table

NAME, VERSION = "ledger", 1
MAIN = "MAIN"
"""The kind of a dare's own grant; the flat extras come with their rules."""


class Entry(Struct, frozen=True, kw_only=True):
    """One amount. ``board_at`` None counts for lifetime XP only; ``cause`` is stream and n."""

    entry_id: str
    player: PlayerId
    squad: SquadId
    dare: DareId
    kind: str
    amount: int
    board_at: Millis | None
    cause_stream: str
    cause_n: int
    seq: int
    ruleset: int
    outcome: Outcome
    reverses: str | None = None


class Grant(Struct, frozen=True):
    """What novelty remembers of a grant."""

    fingerprint: Fingerprint
    at: Millis


class Account(Struct, frozen=True, kw_only=True):
    """A player's total, and what the next grant depends on.

    ``recent`` are the grants of the last 28 days, oldest first; ``days`` counts the grants of the
    newest XP days. The level is a function of ``xp``.
    """

    player: PlayerId
    xp: int = 0
    top_level: int = 1
    recent: tuple[Grant, ...] = ()
    days: tuple[tuple[DayId, int], ...] = ()


ENTRIES = Table(name="ledger_entries", row=Entry, key=("entry_id",), indexes=(("player",),))
ACCOUNTS = Table(name="ledger_accounts", row=Account, key=("player",))
TABLES = (ENTRIES, ACCOUNTS, weekly_board.SCORES)
DAYS_KEPT = 3
"""A player who travels may come back to an earlier date; never further than this."""


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    fact = recorded.fact
    if isinstance(fact, DareReported):
        _grant(rows, recorded, fact)


def account(store: Readable, player: str) -> Account:
    """A player's total; an empty account for whoever has none."""
    return store.get(ACCOUNTS, (player,)) or Account(player=PlayerId(player))


def entries(store: Readable, player: str) -> list[Entry]:
    """A player's entries, newest first."""
    return sorted(store.select(ENTRIES, player=player), key=lambda e: -e.seq)


def entry_id(stream: str, n: int, kind: str, player: str, reverses: str | None) -> str:
    """The id of an entry, from its cause: writing it twice is harmless (rules §5)."""
    parts = (stream, str(n), kind, player, reverses or "")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _grant(rows: Rows, recorded: Recorded[Fact], fact: DareReported) -> None:
    squad = SquadId(recorded.stream.removeprefix("squad-"))
    before = rows.get(ACCOUNTS, fact.target) or Account(player=fact.target)
    since = fact.arrived_at - NOVELTY_WINDOW_MS
    recent = tuple(grant for grant in before.recent if grant.at > since)
    days = dict(before.days)
    today = days.get(fact.xp_day, 0)
    repeats = sum(grant.fingerprint == fact.fingerprint for grant in recent)
    amount = main_grant(fact.ruleset, fact.difficulty, fact.outcome, repeats, today)
    entry = Entry(
        entry_id=entry_id(recorded.stream, recorded.n, MAIN, fact.target, None),
        player=fact.target,
        squad=squad,
        dare=fact.dare,
        kind=MAIN,
        amount=amount,
        board_at=fact.arrived_at,
        cause_stream=recorded.stream,
        cause_n=recorded.n,
        seq=recorded.seq,
        ruleset=fact.ruleset,
        outcome=fact.outcome,
    )
    rows.put(ENTRIES, entry)
    xp = before.xp + amount
    days[fact.xp_day] = today + 1
    rows.put(
        ACCOUNTS,
        replace(
            before,
            xp=xp,
            top_level=max(before.top_level, level_of(xp)),
            recent=(*recent, Grant(fact.fingerprint, fact.arrived_at)),
            days=tuple(sorted(days.items())[-DAYS_KEPT:]),
        ),
    )
    weekly_board.credit(
        rows,
        squad,
        fact.week,
        fact.target,
        amount=amount,
        rejections=int(fact.outcome is Outcome.REJECTED),
        board_at=fact.arrived_at,
    )
