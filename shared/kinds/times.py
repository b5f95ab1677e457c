"""Times as providers write them, in one form: UTC, RFC 3339, with the digits that were given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_LONGEST = 64
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ]\s*(\d{1,2}):\s*(\d{2}):\s*(\d{2})(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)
_US = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})\s*(AM|PM)?\s*([+-]\d{2}:\d{2})?",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(
    r"(?!0001)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?Z", re.ASCII
)
"""What most times look like, and what `utc` makes of all: days that every month has."""
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def utc(text: str) -> str:
    """The time in UTC as `2026-03-02T09:00:00.1234567Z`; empty if the text is no time, or means "never".

    A time without a zone is taken as UTC, as Microsoft's services mean it. US order (month first) is understood.
    """
    if len(text) <= _LONGEST and _PLAIN.fullmatch(text):
        return text
    text = text.strip()
    return _read(text) if len(text) <= _LONGEST else ""


@lru_cache(maxsize=4096)
def _read(text: str) -> str:
    iso = _ISO.fullmatch(text)
    if iso:
        year, month, day, hour, minute, second, digits, zone = iso.groups()
        return _utc((year, month, day), (hour, minute, second), digits, zone)
    us = _US.fullmatch(text)
    if us:
        month, day, year, hour, minute, second, half, zone = us.groups()
        if half:
            hour = str(int(hour) % 12 + (12 if half.upper() == "PM" else 0))
        return _utc((year, month, day), (hour, minute, second), None, zone)
    date = _DATE.fullmatch(text)
    return _utc(date.groups(), ("0", "0", "0"), None, None) if date else ""


def from_epoch(seconds: int) -> str:
    """Seconds since 1970 as a time; empty for what lies outside the calendar."""
    try:
        return _text(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), None)
    except OverflowError:
        return ""


def instant(time: str) -> datetime:
    """A time written by `utc` as a `datetime`, cut to microseconds.

    Raises:
        ValueError: For anything else.
    """
    head, _, digits = time.removesuffix("Z").partition(".")
    return datetime.fromisoformat(head).replace(microsecond=int(digits[:6].ljust(6, "0")) if digits else 0, tzinfo=UTC)


def _utc(date: tuple[str, ...], clock: tuple[str, str, str], digits: str | None, zone: str | None) -> str:
    try:
        local = datetime(*map(int, date), *map(int, clock), tzinfo=_zone(zone))  # type: ignore[arg-type, misc]
        return "" if local.year == 1 else _text(local.astimezone(UTC), digits)
    except (ValueError, OverflowError):  # 31 February, hour 25, a year outside the calendar
        return ""


def _text(time: datetime, digits: str | None) -> str:
    return f"{time.replace(tzinfo=None).isoformat(timespec='seconds')}{f'.{digits}' if digits else ''}Z"


def _zone(zone: str | None) -> timezone:
    if zone is None or zone in "Zz":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))
