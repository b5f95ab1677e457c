r"""The canonical form of a record, which its hash is taken over: the same before Log Analytics and after any export.

The form is a JSON object, and `Hash` the SHA-256 of its bytes in hexadecimal.

1. It holds the columns of the table, except `Hash` and `TimeGenerated`. Other columns, such as those Log Analytics adds, do
   not count. `TimeGenerated` is left out since Azure Monitor puts the time of arrival in its place when it is more than two
   days old or more than a day ahead; `RecordedTime` holds the same time and stays as it was.
2. An empty column is left out: none, an empty text, the number 0, `{}`, `[]`.
3. A `string` is the text as it is.
4. A `datetime` is the text `2026-03-02T09:00:00.123Z`: UTC, three digits, further ones cut off, for the portal's CSV has no
   more. What is no time is left out.
5. An `int` is a whole number.
6. A `dynamic` that is a text and can be read as JSON is what it then holds, as often as that goes, for queries return these
   columns as text. Inside, members of objects that are null are left out; texts in the form of RFC 3339 are written as a
   `datetime` is; whole numbers below 2^63 have no fraction; all other numbers are texts of 15 significant digits, as `%.15g`
   of C writes them.
7. Keys are in the order of their code points, at every depth. There is no white space; of all characters only `"`, `\` and
   those below U+0020 are escaped (`\b \t \n \f \r`, else `\u00` and two digits, small); the bytes are UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from shared.model.record import columns

LEFT_OUT = ("Hash", "TimeGenerated")
_LARGE = 2**63
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)", re.ASCII)
_PORTAL = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}), (\d{1,2})(:\d\d:\d\d)(?:\.(\d{1,9}))?\s(AM|PM)", re.ASCII)
_MAYBE_JSON = tuple('{["-0123456789tfn')


def digest(row: Mapping[str, Any]) -> str:
    """The hash of a record, from a row with its columns."""
    return form_digest(form(row))


def form_digest(found: Mapping[str, Any]) -> str:
    """The hash of a canonical form."""
    try:
        text = msgspec.json.encode(found, order="sorted")
    except UnicodeEncodeError:  # half of a pair of surrogates, which the faster encoder does not take
        plain = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        text = plain.encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()


def form(row: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical form of a row."""
    found: dict[str, Any] = {}
    kinds = _kinds()
    for name, value in row.items():
        kind = kinds.get(name)
        if kind == "string" and type(value) is str:  # nearly all of them
            if value:
                found[name] = value
        elif kind is not None:
            plain = value_of(kind, value)
            if plain not in (None, "", 0, {}, []):
                found[name] = plain
    return found


def value_of(kind: str, value: Any) -> Any:
    """A column's value in the canonical form; None if it is empty.

    Args:
        kind: The column's type.
        value: As it was written, or as an export gives it.
    """
    if value is None or value == "":
        return None
    if kind == "datetime":
        return time_of(str(value)) or None
    if kind == "int":
        return _whole(value)
    if kind == "dynamic":
        return _inner(_unfolded(value))
    return str(value)


@lru_cache(maxsize=4096)
def time_of(text: str) -> str:
    """A time in the canonical form; empty if it is none.

    Read are RFC 3339, and `3/2/2026, 9:00:00.123 AM` as the portal's CSV has it in English (United States).
    """
    iso = _RFC_3339.fullmatch(text)
    if iso:
        day, clock, digits, zone = iso.groups()
        return _time(f"{day}T{clock}", digits, "+00:00" if zone in "Zz" else zone)
    portal = _PORTAL.fullmatch(text.replace("\u202f", " "))
    if portal:
        month, date, year, hour, rest, digits, half = portal.groups()
        hours = int(hour) % 12 + (12 if half == "PM" else 0)
        return _time(f"{year}-{month:0>2}-{date:0>2}T{hours:02}{rest}", digits, "+00:00")
    return ""


def _time(head: str, digits: str | None, zone: str) -> str:
    try:
        time = datetime.fromisoformat(f"{head}{zone}")
        if zone != "+00:00":
            head = f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    except (ValueError, OverflowError):
        return ""
    return f"{head}.{(digits or '')[:3]:0<3}Z"


def _whole(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)
    return int(number) if number.is_integer() else str(value)


def _unfolded(value: Any) -> Any:
    """What a text holds that is JSON, as often as that goes."""
    while isinstance(value, str) and value.lstrip().startswith(_MAYBE_JSON):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            break
    return value


def _inner(value: Any) -> Any:
    if isinstance(value, str):
        return (time_of(value) or value) if value[:1].isdigit() else value  # every time begins with a digit
    if isinstance(value, dict):
        return {str(key): _inner(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_inner(one) for one in value]
    return value if isinstance(value, bool) or value is None else _number(value)


def _number(value: float) -> int | str:
    if abs(value) < _LARGE and value == int(value):
        return int(value)
    try:
        return f"{float(value):.15g}"
    except OverflowError:  # a whole number that no double holds
        return str(value)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return {column["name"]: column["type"] for column in columns() if column["name"] not in LEFT_OUT}
