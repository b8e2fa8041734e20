"""Logs in which everything happens that scoring reads, also long after its time.

People dare each other in two squads, put reports right, move to other zones, and weeks are closed
with things still to come for them: more than the rules would let happen in a year.
"""

from collections.abc import Iterable

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, SECOND_MS, Fingerprint, Millis, PlayerId, SquadId
from domain.scoring import Outcome
from domain.weeks import WeekId, calendar_of, day_of
from tests.domain.histories import SQUADS, ZONES
from tests.examples import (
    NOW,
    OWN_TERMS,
    PEOPLE,
    corrected,
    moved,
    registered,
    reported,
    self_dare,
    week_closed,
)

PAUSES = (SECOND_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS, 9 * DAY_MS, 28 * DAY_MS)
Log = list[Recorded[Fact]]


def eventful_logs(*, max_reports: int = 40) -> st.SearchStrategy[Log]:
    """Such a log. Treat it as read-only."""
    chances = st.lists(st.binary(min_size=9, max_size=9), max_size=max_reports)
    return chances.map(_log)


class _Writer:
    """Writes a log fact by fact, and knows what can still be put right or closed."""

    def __init__(self) -> None:
        self.log: Log = []
        self.zones = dict(ZONES)
        self.reports: list[tuple[SquadId, DareReported]] = []
        self.weeks: dict[tuple[SquadId, WeekId], bool] = {}
        self._heads: dict[str, int] = {}

    def write(self, stream: str, fact: Fact) -> None:
        """The next fact of a stream."""
        n = self._heads[stream] = self._heads.get(stream, 0) + 1
        self.log.append(Recorded(len(self.log) + 1, stream, n, fact, None))


def _log(chances: Iterable[bytes]) -> Log:
    writer, at = _Writer(), NOW
    for hour, player in enumerate(PEOPLE):
        writer.write(
            f"player-{player}", registered(player, tz=ZONES[player], day_start_hour=hour, at=at)
        )
    for number, chance in enumerate(chances, 1):
        # Mostly short pauses: a day has room for many grants.
        at += PAUSES[chance[0] % (len(PAUSES) if chance[0] % 3 == 0 else 3)]
        _report(writer, number, at, chance)
        if chance[6] % 3 == 0:
            _correct(writer, chance[6])
        if chance[7] % 4 == 0:
            _close(writer, chance[7])
        if chance[8] % 5 == 0:
            _move(writer, PEOPLE[chance[8] % 3], ZONES[PEOPLE[chance[8] % len(PEOPLE)]], at)
    return writer.log


def _report(writer: _Writer, number: int, at: Millis, chance: bytes) -> None:
    squad = tuple(SQUADS)[chance[1] % 2]
    issuer, target = PEOPLE[chance[2] % 3], PEOPLE[chance[3] % len(PEOPLE)]
    terms = replace(
        OWN_TERMS, difficulty=1 + chance[4] % 5, fingerprint=Fingerprint(f"words:{chance[4] % 3}")
    )
    _, agreed = self_dare(number, target, at=at, terms=terms)
    report: DareReported = replace(
        reported(agreed, tuple(Outcome)[chance[5] % 4], at=at),
        issuer=issuer,
        week=calendar_of(SQUADS[squad]).week_of(at),
        xp_day=day_of(at, writer.zones[target], PEOPLE.index(target)),
        tz=writer.zones[target],
    )
    writer.write(f"squad-{squad}", report)
    writer.reports.append((squad, report))
    writer.weeks.setdefault((squad, report.week), True)


def _correct(writer: _Writer, chance: int) -> None:
    """Put a report right, once, however long ago it was."""
    if writer.reports:
        squad, report = writer.reports.pop(chance % len(writer.reports))
        fact = corrected(report, tuple(Outcome)[chance % 4], at=writer.log[-1].fact.at)
        writer.write(f"squad-{squad}", fact)


def _close(writer: _Writer, chance: int) -> None:
    """Close a week, once, perhaps with reports still to come for it."""
    waiting = [week for week, is_open in writer.weeks.items() if is_open]
    if waiting:
        squad, week = waiting[chance % len(waiting)]
        writer.weeks[squad, week] = False
        writer.write(f"squad-{squad}", week_closed(week, at=writer.log[-1].fact.at))


def _move(writer: _Writer, player: PlayerId, tz: str, at: Millis) -> None:
    """Let somebody live by another zone."""
    writer.zones[player] = tz
    writer.write(f"player-{player}", moved(player, tz=tz, at=at))
