"""Battles as facts: one told in a line, and logs full of them by chance.

Few people in two squads, several battles a day: won, shared, drawn, called off, put right, after
their week was closed, and with people who move in between.
"""

from collections.abc import Iterable, Mapping, Sequence

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.battles.events import BattleFact, BattleFinished, BattleGraceStarted, BattleMode
from domain.dares.events import DareReported
from domain.facts import Fact, Recorded
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    BattleId,
    CardId,
    Fingerprint,
    Millis,
    PlayerId,
)
from domain.players.events import PlayerRegistered, TimezoneChanged
from domain.room import RoomFact
from domain.scoring import Outcome
from domain.weeks import WeekId, calendar_of, day_of
from tests.domain.histories import SQUADS, ZONES
from tests.examples import (
    NOW,
    OWN_TERMS,
    PEOPLE,
    battle_cancelled,
    battle_finished,
    battle_joined,
    battle_opened,
    corrected,
    countdown_started,
    grace_started,
    id_of,
    log_of,
    moved,
    registered,
    reported,
    self_dare,
    week_closed,
    went_live,
)
from tests.projections.folding import renumbered

LENGTH_MS = 10 * MINUTE_MS
DEADLINE_MS = 5 * SECOND_MS + LENGTH_MS + MINUTE_MS
"""From the start of the countdown to the end of grace."""
CARDS = tuple(CardId(f"card-{n}") for n in range(3))
PAUSES = (15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 20 * HOUR_MS, 2 * DAY_MS, 7 * DAY_MS)
Log = list[Recorded[Fact]]


def battle_id(number: int) -> BattleId:
    """A battle's id."""
    return BattleId(id_of("Y", number))


def begun(
    number: int,
    reports: Mapping[PlayerId, Sequence[Outcome]],
    *,
    at: Millis = NOW,
    mode: BattleMode = BattleMode.NO_RACE,
    tz: str = "UTC",
) -> list[RoomFact]:
    """A battle up to its last report: these people, and what each of them told in it."""
    battle = battle_id(number)
    cards = () if mode is BattleMode.NO_RACE else CARDS
    facts: list[RoomFact] = [
        battle_opened(at=at, battle=battle, mode=mode, duration_ms=LENGTH_MS, cards=cards),
        *(battle_joined(player, battle=battle, at=at) for player in reports),
        countdown_started(battle=battle, at=at),
        went_live(battle=battle, at=at + 5 * SECOND_MS, duration_ms=LENGTH_MS),
    ]
    for seat, (player, outcomes) in enumerate(reports.items()):
        for place, outcome in enumerate(outcomes):
            told_at = at + 5 * SECOND_MS + place * 3 * MINUTE_MS
            unique = number * 100 + seat * 10 + place
            terms = replace(OWN_TERMS, fingerprint=Fingerprint(f"words:{unique}"))
            offer, agreed = self_dare(unique, player, at=told_at, terms=terms)
            facts += [replace(offer, battle=battle), replace(agreed, battle=battle)]
            is_doubled = outcome is Outcome.MIXED
            report = reported(agreed, outcome, at=told_at, battle=battle, doubled=is_doubled)
            facts.append(replace(report, week=calendar_of(tz).week_of(told_at)))
    return facts


def ended(number: int, *, at: Millis = NOW, tz: str = "UTC") -> tuple[BattleFact, ...]:
    """Its end by time alone, in a squad that lives in this zone."""
    battle, deadline = battle_id(number), at + DEADLINE_MS
    calendar = calendar_of(tz)
    return (
        grace_started(battle=battle, at=deadline - MINUTE_MS),
        replace(
            battle_finished(battle=battle, at=deadline + 5 * SECOND_MS),
            week=calendar.week_of(deadline),
            day=calendar.day_of(deadline),
        ),
    )


def fought(
    number: int,
    reports: Mapping[PlayerId, Sequence[Outcome]],
    *,
    at: Millis = NOW,
    mode: BattleMode = BattleMode.NO_RACE,
    tz: str = "UTC",
) -> list[RoomFact]:
    """A whole battle."""
    return [*begun(number, reports, at=at, mode=mode, tz=tz), *ended(number, at=at, tz=tz)]


def battling_logs(*, max_battles: int = 12) -> st.SearchStrategy[Log]:
    """Such a log. Treat it as read-only."""
    chances = st.lists(st.binary(min_size=9, max_size=9), max_size=max_battles)
    return chances.map(_log)


def _log(chances: Iterable[bytes]) -> Log:
    at: Millis = NOW
    log: Log = []
    closed: set[tuple[str, WeekId]] = set()
    for hour, player in enumerate(PEOPLE):
        log += log_of(registered(player, tz=ZONES[player], day_start_hour=hour, at=at))
    for number, chance in enumerate(chances, 1):
        # Mostly short pauses: a day has room for many battles.
        at += PAUSES[chance[0] % (len(PAUSES) if chance[0] % 4 == 0 else 2)]
        squad = tuple(SQUADS)[chance[1] % 2]
        facts = _battle(number, at, SQUADS[squad], chance)
        week = calendar_of(SQUADS[squad]).week_of(at)
        if chance[2] % 6 == 0 and (squad, week) not in closed:
            closed.add((squad, week))
            facts = [week_closed(week, at=at), *facts]
        log += log_of(*facts, squad=squad)
        if chance[2] % 5 == 0:
            log += log_of(moved(PEOPLE[chance[3] % 3], tz=ZONES[PEOPLE[chance[4] % 5]], at=at))
    return renumbered(log)


def _battle(number: int, at: Millis, tz: str, chance: bytes) -> list[RoomFact]:
    mode = BattleMode.DUEL if chance[3] % 3 == 0 else BattleMode.NO_RACE
    size = 2 if mode is BattleMode.DUEL else 2 + chance[4] % 3
    first = chance[4] % 7 == 0
    people = PEOPLE[first : first + size]
    outcomes = list(Outcome)
    told = {
        player: [outcomes[chance[5 + seat % 3] >> (2 * place) & 3] for place in range(count)]
        for seat, player in enumerate(people)
        for count in (chance[5 + seat % 3] % 4,)
    }
    facts = begun(number, told, at=at, mode=mode, tz=tz)
    if chance[8] % 8 == 0:
        return [*facts, battle_cancelled(battle=battle_id(number), by=None, at=at + MINUTE_MS)]
    reports = [fact for fact in facts if isinstance(fact, DareReported)]
    if reports and chance[8] % 3 == 0:
        # Now and then only when its time is over, which changes no score.
        told_at = at + DEADLINE_MS - (chance[8] % 2) * MINUTE_MS
        facts.append(corrected(reports[-1], Outcome.GRANTED, at=told_at))
    return [*facts, *ended(number, at=at, tz=tz)]


def days_of(log: Log) -> dict[tuple[BattleId, PlayerId], str]:
    """The day on which each battle ended for each player, by their own zone as it was then."""
    zones: dict[PlayerId, tuple[str, int]] = {}
    deadlines: dict[BattleId, Millis] = {}
    days: dict[tuple[BattleId, PlayerId], str] = {}
    for recorded in log:
        match recorded.fact:
            case PlayerRegistered(player=player, tz=tz, day_start_hour=hour):
                zones[player] = (tz, hour)
            case TimezoneChanged(player=player, tz=tz):
                zones[player] = (tz, zones[player][1])
            case BattleGraceStarted(battle=battle, until=until):
                deadlines[battle] = until
            case BattleFinished(battle=battle):
                for player, (tz, hour) in zones.items():
                    days[battle, player] = day_of(deadlines[battle], tz, hour)
            case _:
                pass
    return days
