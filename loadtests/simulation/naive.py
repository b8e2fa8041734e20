"""XP, levels and weekly boards a second time: plain, straight from the facts and the rulebook.

Knows nothing of ``domain.scoring`` or of any projection, and keeps everything it ever read: to be
believed by reading, beside rules §5 and §7. What battles pay is in ``naive_battles``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.battles.events import BattleFinished
from domain.dares.events import DareCorrected, DareReported
from domain.facts import Fact, Recorded
from domain.ids import Millis
from domain.players.events import PlayerRegistered, TimezoneChanged
from domain.squads.events import WeekClosed
from loadtests.simulation.naive_battles import Battles

BASE = {1: 20, 2: 35, 3: 55, 4: 80, 5: 110}
OUT = {"GRANTED": 100, "MIXED": 110, "IGNORED": 120, "REJECTED": 150}
CAP = (100, 100, 100, 100, 100, 25, 25, 25)
"""By how many grants the day had before; nothing after that."""
WINDOW_MS = 28 * 24 * 60 * 60 * 1000
ISSUER_XP, ISSUERS_A_DAY = 5, 3


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the ledger. ``board_at`` None counts for lifetime XP only.

    ``dare`` is the battle's id in an entry for a battle. ``reverses`` is the place in the ledger of
    the entry that this one takes back.
    """

    seq: int
    player: str
    squad: str
    dare: str
    kind: str
    amount: int
    week: str
    board_at: Millis | None
    is_rejection: bool = False
    reverses: int | None = None


class Line(Struct, frozen=True, kw_only=True):
    """One line of a weekly board. ``rank`` None is that of whoever has no points."""

    player: str
    rank: int | None
    score: int
    rejections: int
    reached_at: Millis


class Granted(Struct, frozen=True, kw_only=True):
    """What a correction needs of the report: its price but for the outcome, and its entry."""

    report: DareReported
    k: int
    n: int
    place: int


class Books:
    """Reads a log fact by fact, in its order, and writes the ledger.

    ``closed`` are the weeks, each of a squad, whose boards are final.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.closed: dict[tuple[str, str], None] = {}
        self._granted: dict[str, Granted] = {}
        self._done_before: dict[tuple[str, str], list[Millis]] = defaultdict(list)
        self._grants_of_day: Counter[tuple[str, str]] = Counter()
        self._days: dict[str, tuple[str, int]] = {}
        self._paid_for: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._battles = Battles()

    def read(self, recorded: Recorded[Fact]) -> None:
        """Take in one more fact."""
        squad = recorded.stream.removeprefix("squad-")
        self._battles.read(recorded.fact)
        match recorded.fact:
            case PlayerRegistered(player=player, tz=tz, day_start_hour=hour):
                self._days[player] = (tz, hour)
            case TimezoneChanged(player=player, tz=tz):
                self._days[player] = (tz, self._days[player][1])
            case DareReported() as fact:
                self._report(recorded.seq, squad, fact)
            case DareCorrected(dare=dare, outcome=outcome):
                self._correct(recorded.seq, squad, dare, outcome)
            case BattleFinished() as fact:
                self._pay_battle(recorded.seq, squad, fact)
            case WeekClosed(week=week):
                self.closed[squad, week] = None
            case _:
                pass

    def _report(self, seq: int, squad: str, fact: DareReported) -> None:
        same_thing = self._done_before[fact.target, fact.fingerprint]
        k = sum(fact.arrived_at - at < WINDOW_MS for at in same_thing)
        n = self._grants_of_day[fact.target, fact.xp_day]
        self._granted[fact.dare] = Granted(report=fact, k=k, n=n, place=len(self.entries))
        same_thing.append(fact.arrived_at)
        self._grants_of_day[fact.target, fact.xp_day] += 1
        self._grant(seq, squad, self._granted[fact.dare], fact.outcome)
        self._thank_issuer(seq, squad, fact)

    def _correct(self, seq: int, squad: str, dare: str, outcome: str) -> None:
        """Take the grant back, and grant anew with the first k, n and instant."""
        granted = self._granted[dare]
        first = self.entries[granted.place]
        self.entries.append(
            Entry(
                seq=seq,
                player=first.player,
                squad=squad,
                dare=dare,
                kind="MAIN",
                amount=-first.amount,
                week=first.week,
                board_at=self._on_board(squad, granted.report) if first.board_at else None,
                reverses=granted.place,
            )
        )
        self._grant(seq, squad, granted, outcome)

    def _grant(self, seq: int, squad: str, granted: Granted, outcome: str) -> None:
        fact, k, n = granted.report, granted.k, granted.n
        novelty = max(40, 100 - 20 * k)
        cap = CAP[n] if n < len(CAP) else 0
        self.entries.append(
            Entry(
                seq=seq,
                player=fact.target,
                squad=squad,
                dare=fact.dare,
                kind="MAIN",
                amount=BASE[fact.difficulty] * OUT[outcome] * novelty * cap // 1_000_000,
                week=fact.week,
                board_at=self._on_board(squad, fact),
                is_rejection=outcome == "REJECTED",
            )
        )

    def _thank_issuer(self, seq: int, squad: str, fact: DareReported) -> None:
        """So much a report, three times a day of the issuer's, once a day for each target."""
        if fact.issuer == fact.target:
            return
        paid_for = self._paid_for[fact.issuer, self._day_of(fact.issuer, fact.arrived_at)]
        if len(paid_for) < ISSUERS_A_DAY and fact.target not in paid_for:
            paid_for.append(fact.target)
            self.entries.append(
                Entry(
                    seq=seq,
                    player=fact.issuer,
                    squad=squad,
                    dare=fact.dare,
                    kind="ISSUER",
                    amount=ISSUER_XP,
                    week=fact.week,
                    board_at=self._on_board(squad, fact),
                )
            )

    def _pay_battle(self, seq: int, squad: str, fact: BattleFinished) -> None:
        for player, amount, at in self._battles.pay(fact, self._day_of):
            self.entries.append(
                Entry(
                    seq=seq,
                    player=player,
                    squad=squad,
                    dare=fact.battle,
                    kind="BATTLE",
                    amount=amount,
                    week=fact.week,
                    board_at=None if (squad, fact.week) in self.closed else at,
                )
            )

    def _on_board(self, squad: str, fact: DareReported) -> Millis | None:
        return None if (squad, fact.week) in self.closed else fact.arrived_at

    def _day_of(self, player: str, at: Millis) -> str:
        """The date where the player is; before the hour at which their day starts, the last one."""
        tz, day_start_hour = self._days.get(player, ("UTC", 0))
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
        return (
            (instant - timedelta(hours=day_start_hour)).astimezone(ZoneInfo(tz)).date().isoformat()
        )


def books_of(log: Iterable[Recorded[Fact]]) -> Books:
    """The books at the end of a log."""
    books = Books()
    for recorded in log:
        books.read(recorded)
    return books


def entries(log: Iterable[Recorded[Fact]]) -> list[Entry]:
    """The ledger that a log amounts to, in the order of the log (rules §5)."""
    return books_of(log).entries


def xp(ledger: Iterable[Entry]) -> dict[str, int]:
    """What everybody has, who has any entry."""
    totals: dict[str, int] = defaultdict(int)
    for entry in ledger:
        totals[entry.player] += entry.amount
    return dict(totals)


def level(xp: int) -> int:
    """The level by climbing."""
    reached = 1
    while 25 * reached * (reached + 3) <= xp:
        reached += 1
    return reached


def boards(ledger: Sequence[Entry]) -> dict[tuple[str, str], list[Line]]:
    """Every board in its order, by squad and week (rules §7).

    A week that was closed gets no entries after it, so this is what it was when it closed.
    """
    taken_back = {entry.reverses for entry in ledger if entry.board_at is not None}
    weeks: dict[tuple[str, str], dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for place, entry in enumerate(ledger):
        if entry.board_at is not None:
            own = weeks[entry.squad, entry.week][entry.player]
            if place not in taken_back and entry.reverses is None:
                own.append(entry)
    return {week: _ordered(players) for week, players in weeks.items()}


def _ordered(players: dict[str, list[Entry]]) -> list[Line]:
    scores = {
        player: (sum(e.amount for e in own), sum(e.is_rejection for e in own))
        for player, own in players.items()
    }
    lines = [
        Line(
            player=player,
            rank=1 + sum(other > scores[player] for other in scores.values()) if score else None,
            score=score,
            rejections=rejections,
            reached_at=max((e.board_at or 0 for e in players[player] if e.amount), default=0),
        )
        for player, (score, rejections) in scores.items()
    ]
    return sorted(lines, key=lambda one: (-one.score, -one.rejections, one.reached_at, one.player))
