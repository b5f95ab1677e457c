from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.quiet_hours import DAYS, QuietHours

BERLIN = "Europe/Berlin"
EVERY = frozenset(range(7))


def quiet(begin: str, end: str, zone: str = BERLIN, days: frozenset[int] = EVERY) -> QuietHours:
    return QuietHours(
        begin=time.fromisoformat(begin), end=time.fromisoformat(end), zone=ZoneInfo(zone), days=days, then="hold"
    )


def over(hours: QuietHours, now: str) -> str:
    """When they are over, in UTC; empty if it is not quiet."""
    found = hours.over(datetime.fromisoformat(now))
    assert found is None or found.tzinfo is UTC
    return f"{found:%Y-%m-%d %H:%M}" if found else ""


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-01-14T20:59:59+00:00", ""),
        ("2026-01-14T21:00:00+00:00", "2026-01-15 05:00"),  # 22:00 in Berlin
        ("2026-01-14T23:30:00+00:00", "2026-01-15 05:00"),
        ("2026-01-15T04:59:59+00:00", "2026-01-15 05:00"),
        ("2026-01-15T05:00:00+00:00", ""),
        ("2026-01-15T12:00:00+09:00", "2026-01-15 05:00"),
        ("2026-07-14T20:00:00+00:00", "2026-07-15 04:00"),  # in summer an hour earlier
        ("2026-07-14T19:59:59+00:00", ""),
    ],
)
def test_over_midnight(now: str, wanted: str) -> None:
    assert over(quiet("22:00", "06:00"), now) == wanted


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-01-14T10:59:00+00:00", ""),
        ("2026-01-14T11:00:00+00:00", "2026-01-14 12:00"),
        ("2026-01-14T12:00:00+00:00", ""),
    ],
)
def test_within_a_day(now: str, wanted: str) -> None:
    assert over(quiet("12:00", "13:00"), now) == wanted


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-01-16T23:00:00+00:00", "2026-01-17 05:00"),  # Friday's, on Saturday
        ("2026-01-17T04:00:00+00:00", "2026-01-17 05:00"),
        ("2026-01-17T22:00:00+00:00", ""),  # Saturday has none
        ("2026-01-18T04:00:00+00:00", ""),
    ],
)
def test_a_day_is_the_one_on_which_they_begin(now: str, wanted: str) -> None:
    assert over(quiet("22:00", "06:00", days=frozenset({DAYS.index("friday")})), now) == wanted


def test_from_one_day_to_nearly_the_same_time_of_the_next() -> None:
    hours = quiet("06:00", "05:00", "UTC")

    assert over(hours, "2026-01-15T05:30:00+00:00") == ""
    assert over(hours, "2026-01-15T04:59:00+00:00") == "2026-01-15 05:00"
    assert over(hours, "2026-01-15T06:00:00+00:00") == "2026-01-16 05:00"


@pytest.mark.parametrize(
    ("begin", "end", "now", "wanted"),
    [
        # 29 March 2026: 02:00 is followed by 03:00, and the night has seven hours.
        ("22:00", "06:00", "2026-03-28T21:00:00+00:00", "2026-03-29 04:00"),
        ("22:00", "06:00", "2026-03-29T04:00:00+00:00", ""),
        ("22:00", "02:30", "2026-03-29T01:29:00+00:00", "2026-03-29 01:30"),  # 02:30 never comes: the later reading
        ("02:30", "06:00", "2026-03-29T00:30:00+00:00", "2026-03-29 04:00"),  # and the earlier one
        # 25 October 2026: 02:00 to 03:00 comes twice, and the night has nine hours.
        ("22:00", "06:00", "2026-10-25T04:59:00+00:00", "2026-10-25 05:00"),
        ("22:00", "02:30", "2026-10-25T01:29:00+00:00", "2026-10-25 01:30"),  # the second 02:30
        ("02:30", "06:00", "2026-10-25T00:30:00+00:00", "2026-10-25 05:00"),  # the first
    ],
)
def test_when_clocks_are_changed_the_longer_span_counts(begin: str, end: str, now: str, wanted: str) -> None:
    assert over(quiet(begin, end), now) == wanted


def test_the_zone_is_the_playbooks_and_not_the_machines() -> None:
    assert over(quiet("22:00", "06:00", "Pacific/Auckland"), "2026-01-14T09:00:00+00:00") == "2026-01-14 17:00"


def test_they_say_themselves_in_words() -> None:
    assert str(quiet("22:00", "06:00")) == "22:00 to 06:00 Europe/Berlin"
    assert str(quiet("22:00", "06:00", days=frozenset({4, 0}))) == "22:00 to 06:00 Europe/Berlin on monday, friday"


@given(
    st.integers(0, 2 * 366 * 24 * 3600).map(
        lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    st.times(),
    st.times(),
    st.sampled_from([BERLIN, "UTC", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_when_it_is_over_it_is_over_and_until_then_it_is_not(now: datetime, begin: time, end: time, zone: str) -> None:
    if begin == end:
        return
    hours = QuietHours(begin=begin, end=end, zone=ZoneInfo(zone), days=EVERY, then="wait")

    found = hours.over(now)

    if found is None:
        return
    assert now < found <= now + timedelta(hours=26)
    assert hours.over(found - timedelta(microseconds=1)) is not None
    again = hours.over(found)
    assert again is None or again > found
