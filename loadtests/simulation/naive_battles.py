"""What battles pay a second time: plain, straight from the facts and rules §8.

Knows nothing of ``domain.battles`` but the names of its facts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from domain.battles.events import (
    BattleCountdownStarted,
    BattleFinished,
    BattleJoined,
    BattleLeft,
    BattleOpened,
)
from domain.dares.events import DareCorrected, DareReported
from domain.facts import Fact
from domain.ids import Millis

POINTS = {"REJECTED": 3, "IGNORED": 2, "MIXED": 2, "GRANTED": 1}
PLAYED, DRAWN, WON = 10, 20, 30
A_DAY = 3
"""Rated battles: of a player, and of the same people."""
DayOf = Callable[[str, Millis], str]


@dataclass
class Told:
    """A report that counts, as told last."""

    dare: str
    outcome: str
    doubled: bool


@dataclass
class Fought:
    """What the facts say of one battle."""

    opened: BattleOpened
    starts_at: Millis = 0
    told: dict[str, list[Told]] = field(default_factory=dict)

    @property
    def deadline(self) -> Millis:
        """When its last minute is over; in ruleset 0 its last three seconds."""
        grace = 60_000 if self.opened.ruleset else 3_000
        return self.starts_at + self.opened.duration_ms + grace

    def score(self, player: str) -> tuple[int, int, int]:
        """Points, noes, and the fewer reports the better."""
        told = [one.outcome for one in self.told[player]]
        points = sum(one.doubled for one in self.told[player])
        for place, outcome in enumerate(told):
            is_hot = place > 1 and set(told[place - 2 : place]) <= {"REJECTED", "IGNORED"}
            points += POINTS[outcome] * (2 if is_hot and self.opened.heat else 1)
        return points, told.count("REJECTED"), -len(told)


class Battles:
    """Reads facts, and says what each battle that finishes pays to whom."""

    def __init__(self) -> None:
        self._fought: dict[str, Fought] = {}
        self._rated: Counter[tuple[str, str]] = Counter()
        self._rated_sets: dict[str, list[frozenset[str]]] = defaultdict(list)

    def read(self, fact: Fact) -> None:
        """Take in one more fact."""
        match fact:
            case BattleOpened():
                self._fought[fact.battle] = Fought(fact)
            case BattleJoined():
                self._fought[fact.battle].told.setdefault(fact.player, [])
            case BattleCountdownStarted():
                self._fought[fact.battle].starts_at = fact.starts_at
            case BattleLeft():
                battle = self._fought[fact.battle]
                if not battle.starts_at or fact.at < battle.starts_at:
                    del battle.told[fact.player]
            case DareReported(battle=str(name)):
                told = Told(fact.dare, fact.outcome, fact.doubled)
                self._fought[name].told[fact.target].append(told)
            case DareCorrected():
                self._correct(fact)
            case _:
                pass

    def pay(self, fact: BattleFinished, day_of: DayOf) -> Iterator[tuple[str, int, Millis]]:
        """Player, amount and instant of each entry, by player."""
        battle = self._fought[fact.battle]
        scores = {player: battle.score(player) for player, told in battle.told.items() if told}
        people = frozenset(battle.told)
        if len(scores) < 2 or self._rated_sets[fact.day].count(people) >= A_DAY:  # noqa: PLR2004
            return
        self._rated_sets[fact.day].append(people)
        best = max(scores.values())
        is_draw = battle.opened.mode == "DUEL" and list(scores.values()).count(best) > 1
        for player in sorted(scores):
            today = (player, day_of(player, battle.deadline))
            if self._rated[today] < A_DAY:
                self._rated[today] += 1
                won = WON if scores[player] == best else PLAYED
                yield player, DRAWN if is_draw else won, battle.deadline

    def _correct(self, fact: DareCorrected) -> None:
        for battle in self._fought.values():
            for one in battle.told.get(fact.target, []):
                if one.dare == fact.dare and fact.at < battle.deadline:
                    one.outcome = fact.outcome
