from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds.times import from_epoch, instant, utc

FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.1Z", "2026-03-02T09:00:00.1Z"),
        ("2026-03-02T09:00:00.12Z", "2026-03-02T09:00:00.12Z"),
        ("2026-03-02T09:00:00.117Z", "2026-03-02T09:00:00.117Z"),
        ("2026-03-02T09:00:00.12345Z", "2026-03-02T09:00:00.12345Z"),
        ("2026-03-02T09:00:00.123456Z", "2026-03-02T09:00:00.123456Z"),
        ("2026-03-02T09:00:00.1234567Z", "2026-03-02T09:00:00.1234567Z"),
        ("2026-03-02T09:00:00.123456789Z", "2026-03-02T09:00:00.123456789Z"),
        ("2026-03-02T09:00:00,117Z", "2026-03-02T09:00:00.117Z"),
        ("2026-03-02T09:00:00+00:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.5+0200", "2026-03-02T07:00:00.5Z"),
        ("2026-03-01T23:30:00-05:30", "2026-03-02T05:00:00Z"),
        ("2026-03-02 09:00:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02 09:00:00+00:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.117", "2026-03-02T09:00:00.117Z"),
        ("2026-03-02t09:00:00z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T5:32:08.107Z", "2026-03-02T05:32:08.107Z"),
        ("2026-03-02T07: 45: 44", "2026-03-02T07:45:44Z"),
        (" 2026-03-02T09:00:00Z ", "2026-03-02T09:00:00Z"),
        ("3/2/2026 2:42:35 PM", "2026-03-02T14:42:35Z"),
        ("03/02/2026 12:00:01 AM", "2026-03-02T00:00:01Z"),
        ("3/2/2026 12:00:01 PM", "2026-03-02T12:00:01Z"),
        ("3/2/2026 8:40:06 pm +00:00", "2026-03-02T20:40:06Z"),
        ("3/2/2026 8:40:06 PM -01:00", "2026-03-02T21:40:06Z"),
        ("3/2/2026 20:40:06", "2026-03-02T20:40:06Z"),
        ("2026-03-02", "2026-03-02T00:00:00Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
    ],
)
def test_a_time_is_written_in_utc_with_the_digits_that_were_given(text: str, time: str) -> None:
    assert utc(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "String (timestamp)",
        "0001-01-01",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "1/1/0001 12:00:00 AM",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "13/2/2026 8:00:00 AM",
        "2026-03-02T24:00:00Z",
        "2026-03-02T25:00:00Z",
        "2026-03-02T09:60:00Z",
        "2026-03-02T09:00:61Z",
        "2026-03-02T09:00:00+24:00",
        "2026-03-02T09:00:00+99:99",
        "2026-03-02T09:00:00-0700725Z",
        "2026-03-02T09:00:00.1234567890Z",
        "2026-03-02T09:00Z",
        "2026-03-02T09:00:00Zulu",
        "2026-03-02T09:00:0٣Z",
        "1774602000",
        "1774602000000",
        "638766936000000000",
        f"2026-03-02{' ' * 100}09:00:00Z",
    ],
)
def test_what_is_no_time_or_means_never_is_empty(text: str) -> None:
    assert utc(text) == ""


def test_an_instant_is_cut_to_microseconds() -> None:
    assert instant("2026-03-02T09:00:00.1234567Z") == datetime(2026, 3, 2, 9, 0, 0, 123456, UTC)
    assert instant("2026-03-02T09:00:00.1Z") == datetime(2026, 3, 2, 9, 0, 0, 100000, UTC)
    assert instant("2026-03-02T09:00:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "2026-03-02T09:00:00.xZ"])
def test_an_instant_of_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        instant(text)


def test_seconds_since_1970_are_a_time_within_the_calendar() -> None:
    assert from_epoch(0) == "1970-01-01T00:00:00Z"
    assert from_epoch(1774602000) == "2026-03-27T09:00:00Z"
    assert from_epoch(-62135596800) == "0001-01-01T00:00:00Z"
    assert from_epoch(253402300799) == "9999-12-31T23:59:59Z"
    assert from_epoch(253402300800) == from_epoch(-62135596801) == from_epoch(10**30) == ""


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001
SEPARATORS = st.sampled_from(["T", " ", "t"])


@settings(deadline=None, max_examples=200)
@given(TIMES, st.integers(0, 6), SEPARATORS)
def test_every_moment_in_every_zone_is_read_as_that_moment(time: datetime, digits: int, between: str) -> None:
    fraction = f"{time.microsecond:06}"[:digits]
    text = time.replace(microsecond=0, tzinfo=None).isoformat(between) + f".{fraction}" * bool(fraction)
    zone = time.isoformat()[-6:]

    found = utc(text + zone)

    assert FORM.fullmatch(found)
    kept = time.replace(microsecond=int(fraction.ljust(6, "0")))
    assert instant(found) == kept
    assert utc(found) == found


@settings(deadline=None, max_examples=100)
@given(TIMES)
def test_every_moment_in_the_american_form_is_read_as_that_moment(time: datetime) -> None:
    hour, half = time.hour % 12 or 12, "AM" if time.hour < 12 else "PM"
    text = f"{time.month}/{time.day}/{time.year:04} {hour}:{time:%M}:{time:%S} {half} {time.isoformat()[-6:]}"

    assert instant(utc(text)) == time.replace(microsecond=0)


PIECES = st.lists(
    st.sampled_from([*"0123456789", "2026", "-", "/", ":", ".", "T", "Z", " ", "+", "AM", "PM", "\n", "٣"])
)


@settings(deadline=None, max_examples=300)
@given(st.text() | PIECES.map("".join))
def test_no_text_is_too_odd_to_be_asked_for_a_time(text: str) -> None:
    found = utc(text)

    assert not found or FORM.fullmatch(found)
    assert not found or instant(found).year > 0
