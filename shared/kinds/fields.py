"""A JSON object as providers send it: read without regard to letter case, and without trust.

A missing field, null, an empty text and a field of the wrong type all read as "not there".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, KeysView
from functools import lru_cache
from typing import Any

import msgspec

from shared.kinds.times import utc

_NO_TEXT = frozenset({"", "null", "<null>", "none", "n/a", "undefined"})
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_LONGEST = max(map(len, _NO_TEXT))
_MOST_KEPT = 2048
"""Letters in the names of an object whose shape is kept."""


class Fields:
    """A view on a JSON object."""

    __slots__ = ("_shape", "raw")

    def __init__(self, raw: Any) -> None:
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        self._shape = _shape(tuple(self.raw))

    def __contains__(self, name: str) -> bool:
        return any(self.raw[key] is not None for key in self._shape[name,])

    def __bool__(self) -> bool:
        return any(value is not None for value in self.raw.values())

    def keys(self) -> KeysView[str]:
        """The names of all fields in lower case, null ones included."""
        return self._shape.names.keys()

    def value(self, *names: str) -> Any:
        """The first of these fields that is not null, as it is; None if there is none."""
        raw = self.raw
        return next((raw[key] for key in self._shape[names] if raw[key] is not None), None)

    def text(self, *names: str) -> str:
        """The first of these fields that holds text, or a number as text; empty if there is none."""
        raw = self.raw
        for key in self._shape[names]:
            if text := as_text(raw[key]):
                return text
        return ""

    def number(self, *names: str) -> int | None:
        """The first of these fields that holds a whole number, or one as text."""
        for key in self._shape[names]:
            text = as_text(self.raw[key])
            if _WHOLE.fullmatch(text):
                return int(text)
        return None

    def time(self, *names: str) -> str:
        """The first of these fields that holds a time, in UTC; empty if there is none."""
        for key in self._shape[names]:
            if time := utc(as_text(self.raw[key])):
                return time
        return ""

    def fields(self, *names: str) -> Fields:
        """The first of these fields that is an object, or holds one as JSON text; empty if there is none."""
        for key in self._shape[names]:
            found = decoded(self.raw[key])
            if isinstance(found, dict):
                return Fields(found)
        return NOTHING

    def items(self, *names: str) -> list[Any]:
        """The first of these fields that is an array, or holds one as JSON text; empty if there is none."""
        for key in self._shape[names]:
            found = decoded(self.raw[key])
            if isinstance(found, list):
                return found
        return []

    def objects(self, *names: str) -> Iterator[Fields]:
        """The objects in an array."""
        return (Fields(item) for item in self.items(*names) if isinstance(item, dict))

    def texts(self, *names: str) -> list[str]:
        """The texts in an array, or in one text separated by commas."""
        items = self.items(*names) or self.text(*names).split(",")
        return [text for text in map(as_text, items) if text]


class _Shape(dict[tuple[str, ...], tuple[str, ...]]):
    """Where an object has what is asked for: its own names for the names asked, the most wanted first.

    Alert after alert has the same names, so this is worked out once and not for every object.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names: dict[str, tuple[str, ...]] = {}
        for name in names:
            lower = name.strip().lower()
            self.names[lower] = (name, *self.names.get(lower, ()))

    def __missing__(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        found = self[wanted] = tuple(name for one in wanted for name in self.names.get(one.lower(), ()))
        return found


_kept = lru_cache(maxsize=256)(_Shape)


def _shape(names: tuple[str, ...]) -> _Shape:
    return _kept(names) if sum(map(len, names)) <= _MOST_KEPT else _Shape(names)


NOTHING = Fields({})
"""What is not there."""


def as_text(value: Any) -> str:
    """A scalar as text without blanks around it; empty for anything else and for words that mean nothing."""
    if type(value) is str:
        text = value.strip()
        return text if len(text) > _LONGEST or text.lower() not in _NO_TEXT else ""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def decoded(value: Any) -> Any:
    """JSON inside a text, decoded; anything else as it is. Text that is not JSON stays text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (ValueError, RecursionError):  # text that only looks like JSON
            return value
    return value
