"""Logs full of reports: few people, two squads, few things asked, from seconds to weeks apart."""

from collections.abc import Iterable

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, SECOND_MS, Fingerprint, Millis
from domain.room import RoomFact
from domain.scoring import Outcome
from domain.weeks import calendar_of, day_of
from tests.domain.histories import SQUADS, ZONES
from tests.examples import NOW, OWN_TERMS, PEOPLE, log_of, reported, self_dare
from tests.projections.folding import renumbered

PAUSES = (0, SECOND_MS, 10 * SECOND_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS, 9 * DAY_MS, 28 * DAY_MS)
Log = list[Recorded[Fact]]


def logs(*, max_reports: int = 40) -> st.SearchStrategy[Log]:
    """Self-dares and their reports, as a log. Treat it as read-only."""
    chances = st.lists(st.binary(min_size=6, max_size=6), max_size=max_reports)
    return chances.map(_log)


def _log(chances: Iterable[bytes]) -> Log:
    at: Millis = NOW
    log: Log = []
    for number, chance in enumerate(chances, 1):
        # Mostly short pauses: a day has room for many grants.
        at += PAUSES[chance[0] % len(PAUSES)] if chance[0] % 3 == 0 else PAUSES[chance[0] % 4]
        squad = tuple(SQUADS)[chance[1] % 2]
        log += log_of(*_reported(number, at, squad, chance), squad=squad)
    return renumbered(log)


def _reported(number: int, at: Millis, squad: str, chance: bytes) -> tuple[RoomFact, ...]:
    player = PEOPLE[chance[2] % 3]
    terms = replace(
        OWN_TERMS, difficulty=1 + chance[3] % 5, fingerprint=Fingerprint(f"words:{chance[4] % 3}")
    )
    offer, agreed = self_dare(number, player, at=at, terms=terms, ruleset=chance[3] % 2)
    zone = next(tz for name, tz in SQUADS.items() if name == squad)
    report: DareReported = replace(
        reported(agreed, tuple(Outcome)[chance[5] % 4], at=at),
        week=calendar_of(zone).week_of(at),
        xp_day=day_of(at, ZONES[player], 0),
        tz=ZONES[player],
    )
    return offer, agreed, report
