"""The same figures a second time: slow, plain, straight from the facts and the rulebook's tables.

Knows nothing of ``domain.scoring`` or of any projection.
"""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import Millis

BASE = {1: 20, 2: 35, 3: 55, 4: 80, 5: 110}
OUT = {"GRANTED": 100, "MIXED": 110, "IGNORED": 120, "REJECTED": 150}
WINDOW_MS = 28 * 24 * 60 * 60 * 1000


class Granted(Struct, frozen=True, kw_only=True):
    """One main grant."""

    player: str
    squad: str
    dare: str
    week: str
    at: Millis
    xp: int
    is_rejection: bool


def grants(log: Sequence[Recorded[Fact]]) -> list[Granted]:
    """Every main grant in the order of the log (rules §5)."""
    reports = [(r.stream, r.fact) for r in log if isinstance(r.fact, DareReported)]
    answer = []
    for index, (stream, fact) in enumerate(reports):
        before = [f for _, f in reports[:index] if f.target == fact.target]
        k = sum(
            f.fingerprint == fact.fingerprint and fact.arrived_at - f.arrived_at < WINDOW_MS
            for f in before
        )
        n = sum(f.xp_day == fact.xp_day for f in before)
        cap = 100 if n < 5 else 25 if n < 8 else 0
        xp = BASE[fact.difficulty] * OUT[fact.outcome] * max(40, 100 - 20 * k) * cap // 1_000_000
        answer.append(
            Granted(
                player=fact.target,
                squad=stream.removeprefix("squad-"),
                dare=fact.dare,
                week=fact.week,
                at=fact.arrived_at,
                xp=xp,
                is_rejection=fact.outcome == "REJECTED",
            )
        )
    return answer


def level(xp: int) -> int:
    """The level by climbing."""
    reached = 1
    while 25 * reached * (reached + 3) <= xp:
        reached += 1
    return reached


def boards(log: Sequence[Recorded[Fact]]) -> dict[tuple[str, str], dict[str, tuple[int, int, int]]]:
    """By squad and week: each player's score, rejections and when the score was reached."""
    answer: dict[tuple[str, str], dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for grant in grants(log):
        board = answer[grant.squad, grant.week]
        score, rejections, reached_at = board.get(grant.player, (0, 0, 0))
        board[grant.player] = (
            score + grant.xp,
            rejections + grant.is_rejection,
            max(reached_at, grant.at) if grant.xp else reached_at,
        )
    return answer
