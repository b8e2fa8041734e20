"""The XP ledger: every amount with its cause, each player's total, and the weeks they add up to.

XP is folded from facts as reported, in ``seq`` order, and never stored in them (rules §5).
"""

import hashlib

from msgspec import Struct
from msgspec.structs import replace

from domain.battles.events import BattleFinished, BattleMode
from domain.battles.points import winners
from domain.battles.state import Battle
from domain.dares.events import DareCorrected, DareReported
from domain.facts import Fact, Recorded
from domain.ids import BattleId, DareId, Fingerprint, Millis, PlayerId, SquadId
from domain.players.events import PlayerRegistered, TimezoneChanged
from domain.scoring import (
    NOVELTY_WINDOW_MS,
    RULESETS,
    Outcome,
    battle_grant,
    issuer_grant,
    level_of,
    main_grant,
)
from domain.squads.events import WeekClosed
from domain.weeks import DayId, WeekId, day_of
from projections import battles, weekly_board
from projections.rows import Readable, Rows, Table

NAME, VERSION = "ledger", 3
MAIN, ISSUER, BATTLE = "MAIN", "ISSUER", "BATTLE"
"""The kinds of entry so far: a dare's own grant, the issuer's share in it, a battle's."""


class Entry(Struct, frozen=True, kw_only=True):
    """One amount. ``board_at`` None counts for lifetime XP only; ``cause`` is stream and n.

    It is for a ``dare`` or for a ``battle``.

    ``outcome`` is that of a main grant. A reversal has the kind and the negative amount of the
    entry that it ``reverses``.
    """

    entry_id: str
    player: PlayerId
    squad: SquadId
    dare: DareId | None
    battle: BattleId | None = None
    kind: str
    amount: int
    board_at: Millis | None
    cause_stream: str
    cause_n: int
    seq: int
    ruleset: int
    outcome: Outcome | None = None
    reverses: str | None = None


class InForce(Struct, frozen=True, kw_only=True):
    """A dare's main grant that counts now, and what it was priced by: a correction changes only
    the outcome. ``repeats`` and ``today`` are the k and n of rules §5."""

    dare: DareId
    entry: Entry
    week: WeekId
    difficulty: int
    repeats: int
    today: int


class Grant(Struct, frozen=True):
    """What novelty remembers of a grant."""

    fingerprint: Fingerprint
    at: Millis


class Account(Struct, frozen=True, kw_only=True):
    """A player's total, and what the next grant depends on.

    ``recent`` are the main grants of the last 28 days, oldest first; ``days`` counts those of the
    newest XP days; ``dared`` names whose reports paid the player as an issuer on the newest days,
    ``battles`` counts the rated ones of those days.
    The level is a function of ``xp``.
    """

    player: PlayerId
    xp: int = 0
    top_level: int = 1
    recent: tuple[Grant, ...] = ()
    days: tuple[tuple[DayId, int], ...] = ()
    dared: tuple[tuple[DayId, tuple[PlayerId, ...]], ...] = ()
    battles: tuple[tuple[DayId, int], ...] = ()
    tz: str = "UTC"
    day_start_hour: int = 0


class RatedSet(Struct, frozen=True, kw_only=True):
    """How many rated battles the same people have had on a day of their squad."""

    people: str
    day: DayId
    battles: int


ENTRIES = Table(name="ledger_entries", row=Entry, key=("entry_id",), indexes=(("player",),))
GRANTS = Table(name="ledger_grants", row=InForce, key=("dare",))
ACCOUNTS = Table(name="ledger_accounts", row=Account, key=("player",))
RATED_SETS = Table(name="ledger_rated_sets", row=RatedSet, key=("people", "day"))
TABLES = (ENTRIES, GRANTS, ACCOUNTS, RATED_SETS, *battles.TABLES, *weekly_board.TABLES)
FEWEST_REPORTERS = 2
DAYS_KEPT = 3
"""A player who travels may come back to an earlier date; never further than this."""


def fold(rows: Rows, recorded: Recorded[Fact]) -> None:
    """Apply one more fact of the log."""
    finished = battles.step(rows, recorded)
    match recorded.fact:
        case DareReported() as fact:
            _grant(rows, recorded, fact)
            if fact.issuer != fact.target:
                _pay_issuer(rows, recorded, fact)
        case DareCorrected() as fact:
            _correct(rows, recorded, fact)
        case BattleFinished() as fact:
            assert finished is not None, "the fold of battles knows what it ends"
            _pay_battle(rows, recorded, fact, finished)
        case WeekClosed(week=week):
            weekly_board.close(rows, _squad(recorded), week)
        case PlayerRegistered(player=player, tz=tz, day_start_hour=hour):
            rows.put(ACCOUNTS, Account(player=player, tz=tz, day_start_hour=hour))
        case TimezoneChanged(player=player, tz=tz):
            rows.put(ACCOUNTS, replace(_account(rows, player), tz=tz))
        case _:
            pass


def account(store: Readable, player: str) -> Account:
    """A player's total; an empty account for whoever has none."""
    return store.get(ACCOUNTS, (player,)) or Account(player=PlayerId(player))


def entries(store: Readable, player: str) -> list[Entry]:
    """A player's entries, newest first; of one cause the reversal comes before the new grant."""
    return sorted(store.select(ENTRIES, player=player), key=lambda e: (-e.seq, e.reverses is None))


def entries_before(all_entries: list[Entry], before: str | None) -> list[Entry] | None:
    """Those that come after the entry ``before``, which is the last one seen; all for None.

    None if there is no such entry among them.
    """
    if before is None:
        return all_entries
    places = [place for place, entry in enumerate(all_entries, 1) if entry.entry_id == before]
    return all_entries[places[0] :] if places else None


def entry_id(stream: str, n: int, kind: str, player: str, reverses: str | None) -> str:
    """The id of an entry, from its cause: writing it twice is harmless (rules §5)."""
    parts = (stream, str(n), kind, player, reverses or "")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _grant(rows: Rows, recorded: Recorded[Fact], fact: DareReported) -> None:
    """The main grant, to whoever reported."""
    before = _account(rows, fact.target)
    since = fact.arrived_at - NOVELTY_WINDOW_MS
    recent = tuple(grant for grant in before.recent if grant.at > since)
    days = dict(before.days)
    today = days.get(fact.xp_day, 0)
    repeats = sum(grant.fingerprint == fact.fingerprint for grant in recent)
    entry = _entry(
        recorded,
        MAIN,
        fact.target,
        fact.dare,
        amount=main_grant(fact.ruleset, fact.difficulty, fact.outcome, repeats, today),
        ruleset=fact.ruleset,
        board_at=_board_at(rows, recorded, fact.week, fact.arrived_at),
        outcome=fact.outcome,
    )
    days[fact.xp_day] = today + 1
    account = replace(
        before,
        recent=(*recent, Grant(fact.fingerprint, fact.arrived_at)),
        days=tuple(sorted(days.items())[-DAYS_KEPT:]),
    )
    _book(rows, account, fact.week, entry)
    rows.put(
        GRANTS,
        InForce(
            dare=fact.dare,
            entry=entry,
            week=fact.week,
            difficulty=fact.difficulty,
            repeats=repeats,
            today=today,
        ),
    )


def _pay_issuer(rows: Rows, recorded: Recorded[Fact], fact: DareReported) -> None:
    """The issuer's share, once a day for each target and a few times a day in all."""
    before = _account(rows, fact.issuer)
    day = day_of(fact.arrived_at, before.tz, before.day_start_hour)
    dared = dict(before.dared)
    paid_for = dared.get(day, ())
    amount = issuer_grant(fact.ruleset, len(paid_for))
    if not amount or fact.target in paid_for:
        return
    dared[day] = (*paid_for, fact.target)
    entry = _entry(
        recorded,
        ISSUER,
        fact.issuer,
        fact.dare,
        amount=amount,
        ruleset=fact.ruleset,
        board_at=_board_at(rows, recorded, fact.week, fact.arrived_at),
    )
    account = replace(before, dared=tuple(sorted(dared.items())[-DAYS_KEPT:]))
    _book(rows, account, fact.week, entry)


def _pay_battle(rows: Rows, recorded: Recorded[Fact], fact: BattleFinished, battle: Battle) -> None:
    """Everybody's share who reported, if at least two did, and not more than a few times a day."""
    reporters = [player for player, reports in battle.reports.items() if reports]
    if len(reporters) < FEWEST_REPORTERS or not _is_rated(rows, fact.day, battle):
        return
    won = winners(battle.places())
    is_draw = battle.mode is BattleMode.DUEL and len(won) > 1
    ended_at = battle.grace_until
    for player in reporters:
        before = _account(rows, player)
        day = day_of(ended_at, before.tz, before.day_start_hour)
        days = dict(before.battles)
        rated_today = days.get(day, 0)
        amount = battle_grant(
            battle.ruleset, is_winner=player in won, is_draw=is_draw, rated_today=rated_today
        )
        if not amount:
            continue
        days[day] = rated_today + 1
        entry = _entry(
            recorded,
            BATTLE,
            player,
            None,
            battle=battle.battle,
            amount=amount,
            ruleset=battle.ruleset,
            board_at=_board_at(rows, recorded, fact.week, ended_at),
        )
        account = replace(before, battles=tuple(sorted(days.items())[-DAYS_KEPT:]))
        _book(rows, account, fact.week, entry)


def _is_rated(rows: Rows, day: DayId, battle: Battle) -> bool:
    """Whether the same people have not had their battles of the day yet; counts this one."""
    people = hashlib.sha256("\x1f".join(sorted(battle.reports)).encode()).hexdigest()[:32]
    before = rows.get(RATED_SETS, people, day)
    so_far = 0 if before is None else before.battles
    if so_far >= RULESETS[battle.ruleset].rated_battles:
        return False
    rows.put(RATED_SETS, RatedSet(people=people, day=day, battles=so_far + 1))
    return True


def _correct(rows: Rows, recorded: Recorded[Fact], fact: DareCorrected) -> None:
    """Take the main grant back and give it anew, priced as before but for the outcome."""
    before = rows.get(GRANTS, fact.dare)
    assert before is not None, "only a report is corrected"
    old = before.entry
    is_late = old.board_at is None or weekly_board.is_final(rows, old.squad, before.week)
    board_at = None if is_late else old.board_at
    back = _entry(
        recorded,
        MAIN,
        old.player,
        old.dare,
        amount=-old.amount,
        ruleset=old.ruleset,
        board_at=board_at,
        outcome=old.outcome,
        reverses=old.entry_id,
    )
    anew = _entry(
        recorded,
        MAIN,
        old.player,
        old.dare,
        amount=main_grant(
            old.ruleset, before.difficulty, fact.outcome, before.repeats, before.today
        ),
        ruleset=old.ruleset,
        board_at=board_at,
        outcome=fact.outcome,
    )
    for entry in (back, anew):
        _book(rows, _account(rows, old.player), before.week, entry)
    rows.put(GRANTS, replace(before, entry=anew))


def _entry(
    recorded: Recorded[Fact],
    kind: str,
    player: PlayerId,
    dare: DareId | None,
    *,
    battle: BattleId | None = None,
    amount: int,
    ruleset: int,
    board_at: Millis | None,
    outcome: Outcome | None = None,
    reverses: str | None = None,
) -> Entry:
    return Entry(
        entry_id=entry_id(recorded.stream, recorded.n, kind, player, reverses),
        player=player,
        squad=_squad(recorded),
        dare=dare,
        battle=battle,
        kind=kind,
        amount=amount,
        board_at=board_at,
        cause_stream=recorded.stream,
        cause_n=recorded.n,
        seq=recorded.seq,
        ruleset=ruleset,
        outcome=outcome,
        reverses=reverses,
    )


def _book(rows: Rows, account: Account, week: WeekId, entry: Entry) -> None:
    """Write an entry into the ledger, its player's total, and the week's board if it counts."""
    xp = account.xp + entry.amount
    rows.put(ENTRIES, entry)
    rows.put(ACCOUNTS, replace(account, xp=xp, top_level=max(account.top_level, level_of(xp))))
    if entry.board_at is None:
        return
    sign = 1 if entry.reverses is None else -1
    weekly_board.credit(
        rows,
        entry.squad,
        week,
        entry.player,
        amount=entry.amount,
        rejections=sign * (entry.outcome is Outcome.REJECTED),
        board_at=entry.board_at,
    )


def _board_at(
    rows: Rows, recorded: Recorded[Fact], week: WeekId, arrived_at: Millis
) -> Millis | None:
    """The instant on the board; None once the week is final (rules §7)."""
    return None if weekly_board.is_final(rows, _squad(recorded), week) else arrived_at


def _account(rows: Rows, player: PlayerId) -> Account:
    return rows.get(ACCOUNTS, player) or Account(player=player)


def _squad(recorded: Recorded[Fact]) -> SquadId:
    return SquadId(recorded.stream.removeprefix("squad-"))
