"""The squad's week and the player's day, as functions of an instant and a zone (rules §6, §7).

Weeks are ISO weeks in the squad's zone, half-open, from the first instant of Monday to the first
instant of the next; they tile time without a gap, and may last 166 to 170 hours.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from domain.ids import HOUR_MS, Millis

WeekId = NewType("WeekId", str)
"""``2026-W48``: ISO year and week; sorts as text."""
NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})
"""Files among the zones that name whatever a machine is set to, or nothing."""
DayId = NewType("DayId", str)
"""``2026-11-23``: a local date."""


SETTLES_AFTER_MS = 60 * HOUR_MS
"""How long after its end a week is closed: 12 h in which to witness and 48 h to dispute."""


class Calendar(Struct, frozen=True):
    """A squad's weeks: every boundary lies in the zone that was in force for it.

    ``zones`` holds (week, zone), in order of weeks: the zone names the starts of that week and of
    all after it. The first pair names the empty week, which comes before all others.
    """

    zones: tuple[tuple[WeekId, str], ...]

    @property
    def tz(self) -> str:
        """The zone of the weeks to come."""
        return self.zones[-1][1]

    def starts_at(self, week: WeekId) -> Millis:
        """The first instant of a week."""
        return _first_instant(_monday(week), self._zone_of(week))

    def bounds(self, week: WeekId) -> tuple[Millis, Millis]:
        """The first instant of a week, and the first instant after it."""
        return self.starts_at(week), self.starts_at(week_after(week))

    def closes_at(self, week: WeekId) -> Millis:
        """When a week's board becomes final."""
        return self.starts_at(week_after(week)) + SETTLES_AFTER_MS

    def week_of(self, at: Millis) -> WeekId:
        """The one week that holds an instant (INV-L2)."""
        # The bounds decide, not the wall: a clock set back shows a date twice, and a change of
        # zone makes one week shorter or longer.
        week = _iso_week(_local(at, self.tz).date())
        while at < self.starts_at(week):
            week = week_before(week)
        while at >= self.starts_at(week_after(week)):
            week = week_after(week)
        return week

    def day_of(self, at: Millis) -> DayId:
        """The squad's day that holds an instant, in the zone of its week."""
        return day_of(at, self._zone_of(self.week_of(at)), 0)

    def moved_by(self, at: Millis, tz: str) -> WeekId:
        """The first week whose start another zone would move, if it were chosen at an instant.

        The next one (rules §7); the one after it where the next has begun in that zone already,
        so that no instant that has passed changes its week.
        """
        week = week_after(self.week_of(at))
        return week if _first_instant(_monday(week), tz) > at else week_after(week)

    def changed(self, since: WeekId, tz: str) -> "Calendar":
        """The calendar in which the starts from a week on lie in another zone."""
        return Calendar((*((week, zone) for week, zone in self.zones if week < since), (since, tz)))

    def _zone_of(self, week: WeekId) -> str:
        return next(tz for since, tz in reversed(self.zones) if since <= week)


@lru_cache(maxsize=1024)
def calendar_of(tz: str) -> Calendar:
    """The calendar of a squad that has always been in one zone."""
    return Calendar(((WeekId(""), tz),))


def week_before(week: WeekId) -> WeekId:
    """The week that ends where this one starts."""
    return _iso_week(_monday(week) - timedelta(days=7))


def week_after(week: WeekId) -> WeekId:
    """The week that starts where this one ends."""
    return _iso_week(_monday(week) + timedelta(days=7))


def day_of(at: Millis, tz: str, day_start_hour: int) -> DayId:
    """The player's day: the local date of an instant, ``day_start_hour`` hours earlier."""
    return DayId(_local(at - day_start_hour * HOUR_MS, tz).date().isoformat())


def _monday(week: WeekId) -> date:
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _iso_week(day: date) -> WeekId:
    year, number, _ = day.isocalendar()
    return WeekId(f"{year}-W{number:02d}")


def _local(at: Millis, tz: str) -> datetime:
    # Whole milliseconds by timedelta: a float timestamp would round.
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(ZoneInfo(tz))


@lru_cache(maxsize=8192)
def _first_instant(day: date, tz: str) -> Millis:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz), fold=0)
    since = midnight.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def read_week(text: str) -> WeekId | None:
    """The week that a text names, None if it names none: ``2026-W48``, of this era."""
    if re.fullmatch(r"(19[7-9][0-9]|2[0-9]{3})-W[0-9]{2}", text) is None:
        return None
    try:
        _monday(WeekId(text))
    except ValueError:
        return None
    return WeekId(text)


def is_zone(tz: str) -> bool:
    """Whether a name is an IANA time zone."""
    return tz in _zones()


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - NOT_ZONES
