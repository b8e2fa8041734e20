"""Weeks of a squad and days of a player (rules §6, §7)."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import DAY_MS, HOUR_MS, Millis
from domain.weeks import (
    WeekId,
    day_of,
    is_zone,
    read_week,
    week_after,
    week_before,
    week_bounds,
    week_of,
)
from tests.examples import MONDAY, NOW, THIS_WEEK, TODAY

ZONES = sorted(available_timezones())
FIRST_WEEK, WEEKS = WeekId("2023-W52"), 211
"""From before 2024 until after 2027."""


def instant(text: str, tz: str = "UTC") -> Millis:
    """An instant from its local time; ``fold`` is 0."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz))
    return int(local.timestamp()) * 1000


def the_weeks(tz: str) -> list[tuple[WeekId, Millis, Millis]]:
    """All weeks of 2024 to 2027 with their bounds."""
    week, answer = FIRST_WEEK, []
    for _ in range(WEEKS):
        answer.append((week, *week_bounds(week, tz)))
        week = week_after(week)
    return answer


def test_the_examples_are_dated_right() -> None:
    assert instant("2026-11-23") == MONDAY
    assert (week_of(NOW, "UTC"), day_of(NOW, "UTC", 0)) == (THIS_WEEK, TODAY)


# Weeks


@pytest.mark.slow
def test_inv_l2_weeks_tile_the_time_line_in_every_zone() -> None:
    """Every bound of every week of every zone, 2024 to 2027, from both sides."""
    for tz in ZONES:
        weeks = the_weeks(tz)
        for (week, starts_at, ends_at), (after, next_starts_at, _) in pairwise(weeks):
            assert (tz, starts_at < ends_at, ends_at) == (tz, True, next_starts_at)
            assert (tz, week_of(ends_at - 1, tz), week_of(ends_at, tz)) == (tz, week, after)


@pytest.mark.parametrize(
    "tz",
    [
        "Africa/Cairo",
        "America/Havana",
        "Asia/Beirut",
        "Atlantic/Azores",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "Pacific/Apia",
        "UTC",
    ],
)
def test_inv_l2_weeks_tile_the_time_line_in_the_awkward_zones(tz: str) -> None:
    for (week, starts_at, ends_at), (after, next_starts_at, _) in pairwise(the_weeks(tz)):
        assert (starts_at < ends_at, ends_at) == (True, next_starts_at)
        assert (week_of(ends_at - 1, tz), week_of(ends_at, tz)) == (week, after)


@given(
    st.sampled_from(ZONES),
    st.integers(instant("2024-01-01"), instant("2028-01-01")),
)
def test_inv_l2_every_instant_lies_within_its_week(tz: str, at: Millis) -> None:
    starts_at, ends_at = week_bounds(week_of(at, tz), tz)

    assert starts_at <= at < ends_at


def test_weeks_of_lord_howe_last_half_hours_more_or_less() -> None:
    lengths = Counter((b - a) / HOUR_MS for _, a, b in the_weeks("Australia/Lord_Howe"))

    assert set(lengths) == {167.5, 168.0, 168.5}


def test_weeks_last_from_166_to_170_hours() -> None:
    lengths = {(b - a) / HOUR_MS for tz in ZONES[::7] for _, a, b in the_weeks(tz)}

    assert 166 <= min(lengths) < 168 < max(lengths) <= 170


def test_a_week_of_berlin_begins_on_monday_at_midnight_there() -> None:
    assert week_bounds(THIS_WEEK, "Europe/Berlin") == (
        instant("2026-11-23", "Europe/Berlin"),
        instant("2026-11-30", "Europe/Berlin"),
    )


def test_the_week_in_which_clocks_go_forward_is_short() -> None:
    starts_at, ends_at = week_bounds(WeekId("2026-W13"), "Europe/Berlin")

    assert ends_at - starts_at == 167 * HOUR_MS


def test_the_week_in_which_clocks_go_back_is_long() -> None:
    starts_at, ends_at = week_bounds(WeekId("2026-W43"), "Europe/Berlin")

    assert ends_at - starts_at == 169 * HOUR_MS


def test_midnight_that_comes_twice_begins_one_day_only() -> None:
    """In Havana clocks go back at one in the morning, to midnight."""
    tz = "America/Havana"
    first = instant("2026-11-01", tz)

    assert [day_of(first + hours * HOUR_MS, tz, 0) for hours in (-1, 0, 1)] == [
        "2026-10-31",
        "2026-11-01",
        "2026-11-01",
    ]


def test_an_instant_belongs_to_the_week_whose_bounds_hold_it_whatever_the_wall_says() -> None:
    """In Toronto of 1919 clocks went from half past eleven on Sunday to half past midnight."""
    tz = "America/Toronto"
    starts_at, _ = week_bounds(WeekId("1919-W14"), tz)

    assert [week_of(starts_at + ms, tz) for ms in (-1, 0)] == ["1919-W13", "1919-W14"]


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("2024-12-30", "2025-W01"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2026-03-01", "2026-W09"),
    ],
)
def test_weeks_are_named_as_iso_names_them(text: str, week: str) -> None:
    assert week_of(instant(text), "UTC") == week


def test_the_names_of_weeks_sort_as_the_weeks_do() -> None:
    names = [week for week, _, _ in the_weeks("UTC")]

    assert names == sorted(names)


@given(st.integers(0, WEEKS * 7))
def test_the_week_before_the_week_after_is_the_week(days: int) -> None:
    week = week_of(instant("2024-01-01") + days * DAY_MS, "UTC")

    assert week_before(week_after(week)) == week == week_after(week_before(week))


@pytest.mark.parametrize(
    ("tz", "week"), [("Pacific/Kiritimati", "2026-W48"), ("Pacific/Niue", "2026-W47")]
)
def test_one_instant_may_lie_in_different_weeks_of_different_zones(tz: str, week: str) -> None:
    assert week_of(instant("2026-11-22T20:00"), tz) == week


# Weeks as people write them


@pytest.mark.parametrize("text", ["2026-W48", "2026-W53", "1970-W01", "2999-W52", "2025-W01"])
def test_a_week_is_read_by_its_name(text: str) -> None:
    assert read_week(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "current",
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "1969-W52",
        "3000-W01",
        "2026-48",
        "2026-W8",
        "2026-W48 ",
        "2026-W48\n",
        "x2026-W48",
    ],
)
def test_what_names_no_week_is_none(text: str) -> None:
    assert read_week(text) is None


@given(st.integers(instant("1971-01-01"), instant("2999-01-01")), st.sampled_from(ZONES))
def test_every_week_of_this_era_can_be_read(at: Millis, tz: str) -> None:
    week = week_of(at, tz)

    assert read_week(week) == week


def test_a_week_has_one_name() -> None:
    assert read_week("2026-W4\N{ARABIC-INDIC DIGIT EIGHT}") is None


# Days


@pytest.mark.parametrize(
    ("tz", "day"),
    [
        ("UTC", "2026-11-23"),
        ("Pacific/Kiritimati", "2026-11-24"),
        ("Pacific/Niue", "2026-11-23"),
    ],
)
def test_a_day_is_the_players_own_date(tz: str, day: str) -> None:
    assert day_of(NOW, tz, 0) == day


@pytest.mark.parametrize(("hour", "day"), [(0, "2026-11-23"), (4, "2026-11-22")])
def test_a_night_owls_day_begins_later(hour: int, day: str) -> None:
    assert day_of(instant("2026-11-23T03:59"), "UTC", hour) == day


def test_a_day_that_starts_at_four_starts_at_four() -> None:
    assert day_of(instant("2026-11-23T04:00"), "UTC", 4) == "2026-11-23"


@given(st.sampled_from(ZONES), st.integers(instant("2024-01-01"), instant("2028-01-01")))
def test_a_day_is_what_the_wall_calendar_says(tz: str, at: Millis) -> None:
    wall = datetime.fromtimestamp(at // 1000, UTC).astimezone(ZoneInfo(tz))

    assert day_of(at, tz, 0) == wall.strftime("%Y-%m-%d")


def test_a_millisecond_before_midnight_is_still_today() -> None:
    """Whole milliseconds: a float would round up to tomorrow."""
    assert day_of(MONDAY + DAY_MS - 1, "UTC", 0) == TODAY


# Zones


@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_a_zone_is_known_by_its_iana_name(tz: str) -> None:
    assert is_zone(tz)


@pytest.mark.parametrize("tz", ["", "utc", "Berlin", "Europe/berlin", "CEST", "/etc/localtime"])
def test_anything_else_is_no_zone(tz: str) -> None:
    assert not is_zone(tz)


@pytest.mark.parametrize("tz", ["localtime", "posixrules", "Factory"])
def test_whatever_the_servers_own_machine_is_set_to_is_no_zone(tz: str) -> None:
    """They lie among the zones of many a machine, and mean another thing on each."""
    assert not is_zone(tz)
