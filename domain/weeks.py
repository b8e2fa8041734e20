"""The squad's week and the player's day, as functions of an instant and a zone (rules §6, §7).

Weeks are ISO weeks in the squad's zone, half-open, from the first instant of Monday to the first
instant of the next; they tile time without a gap, and may last 166 to 170 hours.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo, available_timezones

from domain.ids import HOUR_MS, Millis

WeekId = NewType("WeekId", str)
"""``2026-W48``: ISO year and week; sorts as text."""
NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})
"""Files among the zones that name whatever a machine is set to, or nothing."""
DayId = NewType("DayId", str)
"""``2026-11-23``: a local date."""


@lru_cache(maxsize=4096)
def week_bounds(week: WeekId, tz: str) -> tuple[Millis, Millis]:
    """The first instant of a week, and the first instant after it."""
    monday = _monday(week)
    return _first_instant(monday, tz), _first_instant(monday + timedelta(days=7), tz)


def week_of(at: Millis, tz: str) -> WeekId:
    """The one week of a zone that holds an instant (INV-L2)."""
    week = _iso_week(_local(at, tz).date())
    # A clock set back across midnight shows a date twice; the bounds decide, not the wall.
    starts_at, ends_at = week_bounds(week, tz)
    if at < starts_at:
        return week_before(week)
    return week_after(week) if at >= ends_at else week


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
