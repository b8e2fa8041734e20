"""Weeks of a squad and days of a player (rules §6, §7)."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from domain.ids import DAY_MS, HOUR_MS, Millis
from domain.weeks import (
    Calendar,
    WeekId,
    calendar_of,
    day_of,
    is_zone,
    read_week,
    week_after,
    week_before,
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
    return the_weeks_of(calendar_of(tz))


def the_weeks_of(calendar: Calendar) -> list[tuple[WeekId, Millis, Millis]]:
    """The same, of a squad that may have moved."""
    week, answer = FIRST_WEEK, []
    for _ in range(WEEKS):
        answer.append((week, *calendar.bounds(week)))
        week = week_after(week)
    return answer


def test_the_examples_are_dated_right() -> None:
    assert instant("2026-11-23") == MONDAY
    assert (calendar_of("UTC").week_of(NOW), day_of(NOW, "UTC", 0)) == (THIS_WEEK, TODAY)


# Weeks


@pytest.mark.slow
def test_inv_l2_weeks_tile_the_time_line_in_every_zone() -> None:
    """Every bound of every week of every zone, 2024 to 2027, from both sides."""
    for tz in ZONES:
        weeks = the_weeks(tz)
        for (week, starts_at, ends_at), (after, next_starts_at, _) in pairwise(weeks):
            assert (tz, starts_at < ends_at, ends_at) == (tz, True, next_starts_at)
            assert (tz, calendar_of(tz).week_of(ends_at - 1), calendar_of(tz).week_of(ends_at)) == (
                tz,
                week,
                after,
            )


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
        assert (calendar_of(tz).week_of(ends_at - 1), calendar_of(tz).week_of(ends_at)) == (
            week,
            after,
        )


@given(
    st.sampled_from(ZONES),
    st.integers(instant("2024-01-01"), instant("2028-01-01")),
)
def test_inv_l2_every_instant_lies_within_its_week(tz: str, at: Millis) -> None:
    starts_at, ends_at = calendar_of(tz).bounds(calendar_of(tz).week_of(at))

    assert starts_at <= at < ends_at


def test_weeks_of_lord_howe_last_half_hours_more_or_less() -> None:
    lengths = Counter((b - a) / HOUR_MS for _, a, b in the_weeks("Australia/Lord_Howe"))

    assert set(lengths) == {167.5, 168.0, 168.5}


def test_weeks_last_from_166_to_170_hours() -> None:
    lengths = {(b - a) / HOUR_MS for tz in ZONES[::7] for _, a, b in the_weeks(tz)}

    assert 166 <= min(lengths) < 168 < max(lengths) <= 170


def test_a_week_of_berlin_begins_on_monday_at_midnight_there() -> None:
    assert calendar_of("Europe/Berlin").bounds(THIS_WEEK) == (
        instant("2026-11-23", "Europe/Berlin"),
        instant("2026-11-30", "Europe/Berlin"),
    )


def test_the_week_in_which_clocks_go_forward_is_short() -> None:
    starts_at, ends_at = calendar_of("Europe/Berlin").bounds(WeekId("2026-W13"))

    assert ends_at - starts_at == 167 * HOUR_MS


def test_the_week_in_which_clocks_go_back_is_long() -> None:
    starts_at, ends_at = calendar_of("Europe/Berlin").bounds(WeekId("2026-W43"))

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
    starts_at, _ = calendar_of(tz).bounds(WeekId("1919-W14"))

    assert [calendar_of(tz).week_of(starts_at + ms) for ms in (-1, 0)] == ["1919-W13", "1919-W14"]


def test_a_week_begins_when_its_midnight_comes_for_the_first_time() -> None:
    """In Jerusalem of 2001 clocks went from one on Monday morning back to midnight."""
    starts_at, _ = calendar_of("Asia/Jerusalem").bounds(WeekId("2001-W39"))

    assert starts_at == instant("2001-09-23T21:00")


def test_a_week_whose_midnight_never_comes_begins_with_the_first_minute_that_does() -> None:
    """In Tehran of 2021 clocks went from midnight before Monday to one in the morning."""
    starts_at, _ = calendar_of("Asia/Tehran").bounds(WeekId("2021-W12"))

    assert starts_at == instant("2021-03-22T01:00", "Asia/Tehran")


def test_the_bounds_of_a_week_are_whole_milliseconds() -> None:
    bounds = calendar_of("Europe/Berlin").bounds(THIS_WEEK)

    assert [type(bound) for bound in bounds] == [int, int]


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
    assert calendar_of("UTC").week_of(instant(text)) == week


def test_the_names_of_weeks_sort_as_the_weeks_do() -> None:
    names = [week for week, _, _ in the_weeks("UTC")]

    assert names == sorted(names)


@given(st.integers(0, WEEKS * 7))
def test_the_week_before_the_week_after_is_the_week(days: int) -> None:
    week = calendar_of("UTC").week_of(instant("2024-01-01") + days * DAY_MS)

    assert week_before(week_after(week)) == week == week_after(week_before(week))


@pytest.mark.parametrize(
    ("tz", "week"), [("Pacific/Kiritimati", "2026-W48"), ("Pacific/Niue", "2026-W47")]
)
def test_one_instant_may_lie_in_different_weeks_of_different_zones(tz: str, week: str) -> None:
    assert calendar_of(tz).week_of(instant("2026-11-22T20:00")) == week


# A squad that moves


class Move(Struct, frozen=True):
    """A squad chooses another zone, so long after the move before."""

    after_ms: Millis
    tz: str


SUNDAY_NIGHTS = [7 * DAY_MS + hours * HOUR_MS for hours in (-30, -14, -5, -1, 0, 1, 11)]
moves = st.builds(
    Move,
    st.integers(0, 20 * DAY_MS) | st.sampled_from([0, 1, *SUNDAY_NIGHTS]),
    st.sampled_from(ZONES),
)


def calendars(tz: str, moves: list[Move]) -> list[tuple[Millis, Calendar]]:
    """The calendar of a squad since its first instant, and after each of its moves."""
    at = instant("2026-01-05", tz)
    calendar = calendar_of(tz)
    answer = [(at, calendar)]
    for move in moves:
        at += move.after_ms
        calendar = calendar.changed(calendar.moved_by(at, move.tz), move.tz)
        answer.append((at, calendar))
    return answer


def weeks_around(calendar: Calendar, at: Millis, count: int) -> list[WeekId]:
    """So many weeks before an instant and after it."""
    weeks = [calendar.week_of(at)]
    for _ in range(count):
        weeks = [week_before(weeks[0]), *weeks, week_after(weeks[-1])]
    return weeks


@given(st.sampled_from(ZONES), st.lists(moves, max_size=6))
def test_inv_l2_weeks_tile_the_time_line_however_often_a_squad_moves(
    tz: str, moves: list[Move]
) -> None:
    at, calendar = calendars(tz, moves)[-1]
    for week, after in pairwise(weeks_around(calendar, at, 12)):
        starts_at, ends_at = calendar.bounds(week)

        assert starts_at < ends_at == calendar.starts_at(after)
        assert [calendar.week_of(ms) for ms in (starts_at, ends_at - 1, ends_at)] == [
            week,
            week,
            after,
        ]


@given(st.sampled_from(ZONES), st.lists(moves, min_size=1, max_size=4), st.data())
def test_inv_l2_no_instant_that_has_passed_changes_its_week(
    tz: str, moves: list[Move], data: st.DataObject
) -> None:
    (_, before), (at, after) = calendars(tz, moves)[-2:]
    past = at - data.draw(st.integers(0, 40 * DAY_MS))

    assert (before.week_of(past), before.week_of(at)) == (after.week_of(past), after.week_of(at))


@given(st.sampled_from(ZONES), st.lists(moves, min_size=1, max_size=4))
def test_inv_l2_another_zone_counts_from_the_next_week_that_can_still_begin_there(
    tz: str, moves: list[Move]
) -> None:
    (_, before), (at, after) = calendars(tz, moves)[-2:]
    next_week = week_after(before.week_of(at))
    there = calendar_of(moves[-1].tz)
    has_begun_there = there.starts_at(next_week) <= at
    moved = week_after(next_week) if has_begun_there else next_week

    assert before.moved_by(at, moves[-1].tz) == moved
    assert after.starts_at(moved) == there.starts_at(moved)
    assert after.starts_at(week_before(moved)) == before.starts_at(week_before(moved))


@pytest.mark.parametrize("hours", [1, 100, 145, 154, 160, 167])
def test_inv_l2_a_move_from_berlin_to_any_zone_at_any_hour_leaves_no_gap(hours: int) -> None:
    home = calendar_of("Europe/Berlin")
    at = home.starts_at(THIS_WEEK) + hours * HOUR_MS
    for tz in ZONES:
        calendar = home.changed(home.moved_by(at, tz), tz)
        weeks = weeks_around(calendar, at, 3)
        ends = [(calendar.bounds(a)[1], calendar.bounds(b)[0]) for a, b in pairwise(weeks)]

        assert (tz, calendar.week_of(at)) == (tz, THIS_WEEK)
        assert [(tz, end) for end, _ in ends] == [(tz, start) for _, start in ends]
        assert (tz, sorted(set(ends))) == (tz, ends)


def test_a_squad_that_flies_east_has_a_short_week() -> None:
    calendar = calendar_of("America/Los_Angeles")
    moved = calendar.changed(calendar.moved_by(NOW, "Asia/Tokyo"), "Asia/Tokyo")
    starts_at, ends_at = moved.bounds(THIS_WEEK)

    assert ends_at - starts_at == (168 - 17) * HOUR_MS


def test_a_squad_that_flies_west_has_a_long_week() -> None:
    calendar = calendar_of("Asia/Tokyo")
    moved = calendar.changed(calendar.moved_by(NOW, "America/Los_Angeles"), "America/Los_Angeles")
    starts_at, ends_at = moved.bounds(THIS_WEEK)

    assert ends_at - starts_at == (168 + 17) * HOUR_MS


def test_a_squad_that_changes_its_mind_within_the_week_has_not_moved() -> None:
    calendar = calendar_of("Asia/Tokyo")
    away = calendar.changed(calendar.moved_by(NOW, "Europe/Berlin"), "Europe/Berlin")
    back = away.changed(away.moved_by(NOW + 1, "Asia/Tokyo"), "Asia/Tokyo")

    assert the_weeks_of(back) == the_weeks_of(calendar)


def test_a_zone_that_was_chosen_and_never_came_leaves_no_trace() -> None:
    calendar = calendar_of("Asia/Tokyo")
    once = calendar.changed(THIS_WEEK, "UTC")
    twice = calendar.changed(THIS_WEEK, "Europe/Berlin").changed(THIS_WEEK, "UTC")

    assert once == twice


def test_a_weeks_board_closes_sixty_hours_after_its_end() -> None:
    calendar = calendar_of("Europe/Berlin")

    assert calendar.closes_at(THIS_WEEK) == calendar.bounds(THIS_WEEK)[1] + 60 * HOUR_MS


def test_the_zone_of_a_calendar_is_that_of_the_weeks_to_come() -> None:
    calendar = calendar_of("Asia/Tokyo")

    assert calendar.changed(THIS_WEEK, "Europe/Berlin").tz == "Europe/Berlin"


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
    week = calendar_of(tz).week_of(at)

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


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose own clock shows the time of Tokyo."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_where_the_server_stands_makes_no_difference() -> None:
    at = instant("2026-11-23T03:00")
    calendar = calendar_of("UTC")

    assert (day_of(at, "UTC", 0), calendar.week_of(at), calendar.starts_at(THIS_WEEK)) == (
        TODAY,
        THIS_WEEK,
        MONDAY,
    )


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
