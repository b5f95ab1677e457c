"""A JSON object as providers send it: read without regard to letter case, and without trust.

A missing field, null, an empty text and a field of the wrong type all read as "not there".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.kinds.times import utc

_NOTHING = frozenset({"", "null", "<null>", "none", "n/a", "undefined"})
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_LONGEST = max(map(len, _NOTHING))


class Fields:
    """A view on a JSON object."""

    __slots__ = ("_values", "raw")

    def __init__(self, raw: Any) -> None:
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        self._values = {key.strip().lower(): value for key, value in self.raw.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def keys(self) -> set[str]:
        """The names of all fields that are not null, in lower case."""
        return set(self._values)

    def value(self, *names: str) -> Any:
        """The first of these fields that is not null, as it is; None if there is none."""
        return next((self._values[name] for name in map(str.lower, names) if name in self._values), None)

    def text(self, *names: str) -> str:
        """The first of these fields that holds text, or a number as text; empty if there is none."""
        for name in names:
            value = self._values.get(name.lower())
            if value is not None and (found := as_text(value)):
                return found
        return ""

    def number(self, *names: str) -> int | None:
        """The first of these fields that holds a whole number, or one as text."""
        for name in names:
            text = self.text(name)
            if _WHOLE.fullmatch(text):
                return int(text)
        return None

    def time(self, *names: str) -> str:
        """The first of these fields that holds a time, in UTC; empty if there is none."""
        return next((time for time in (utc(self.text(name)) for name in names) if time), "")

    def fields(self, *names: str) -> Fields:
        """The first of these fields that is an object, or holds one as JSON text; empty if there is none."""
        for name in names:
            found = decoded(self._values.get(name.lower()))
            if isinstance(found, dict):
                return Fields(found)
        return Fields({})

    def items(self, *names: str) -> list[Any]:
        """The first of these fields that is an array, or holds one as JSON text; empty if there is none."""
        for name in names:
            found = decoded(self._values.get(name.lower()))
            if isinstance(found, list):
                return found
        return []

    def objects(self, *names: str) -> Iterator[Fields]:
        """The objects in an array."""
        return (Fields(item) for item in self.items(*names) if isinstance(item, dict))

    def texts(self, *names: str) -> list[str]:
        """The texts in an array, or in one text separated by commas."""
        items = self.items(*names)
        if not items:
            items = self.text(*names).split(",")
        return [text for text in map(as_text, items) if text]


def as_text(value: Any) -> str:
    """A scalar as text without blanks around it; empty for anything else and for words that mean nothing."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
    text = value.strip()
    return "" if len(text) <= _LONGEST and text.lower() in _NOTHING else text


def decoded(value: Any) -> Any:
    """JSON inside a text, decoded; anything else as it is. Text that is not JSON stays text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (ValueError, RecursionError):  # text that only looks like JSON
            return value
    return value
