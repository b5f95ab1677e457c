"""A JSON object as providers send it: read without regard to letter case, and without trust.

A missing field, null, an empty text and a field of the wrong type all read as "not there".
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, KeysView
from typing import Any

import msgspec

from shared.kinds.quotes import json_of
from shared.kinds.references import References
from shared.kinds.times import utc

_NO_TEXT = frozenset({"", "null", "<null>", "none", "n/a", "na", "undefined"})
_WHOLE = re.compile(r"-?[0-9]{1,19}")
LONGEST_OF_NOTHING = max(map(len, _NO_TEXT))
"""Letters in the words that mean nothing, at most."""
_LONGEST_QUOTED = 32 * 1024
"""Of a text in single quotes: taking one apart is slow, and one field may be asked for more than once."""
_SHAPES = 1024
_MOST_NAMES, _LONGEST_NAME = 128, 128
"""Of an object whose shape is kept."""


class Fields:
    """A view on a JSON object.

    Args:
        raw: The object; anything else reads as an object without fields.
        references: What the references in it stand for; None if it is the root itself.
    """

    __slots__ = ("_references", "raw", "shape")

    def __init__(self, raw: Any, references: References | None = None) -> None:
        if not isinstance(raw, dict):
            raw = {}
        self.raw: dict[str, Any] = raw
        names = tuple(raw)
        self.shape = _kept.get(names) or shape_of(names)
        self._references = references

    def __contains__(self, name: str) -> bool:
        for key in self.shape[name,]:  # noqa: SIM110 - asked many times for every record
            if self.raw[key] is not None:
                return True
        return False

    def __bool__(self) -> bool:
        return bool(self.raw) and any(value is not None for value in self.raw.values())

    def keys(self) -> KeysView[str]:
        """The names of all fields in lower case, null ones included."""
        return self.shape.names.keys()

    def value(self, *names: str) -> Any:
        """The first of these fields that is not null, as it is; None if there is none."""
        raw = self.raw
        return next((raw[key] for key in self.shape[names] if raw[key] is not None), None)

    def text(self, *names: str) -> str:
        """The first of these fields that holds text, or a number as text; empty if there is none."""
        for key in self.shape[names]:
            value = self.raw[key]
            if type(value) is str:  # as `as_text` does, without the call: this is asked more than anything else
                text = value.strip()
                if len(text) > LONGEST_OF_NOTHING or text.lower() not in _NO_TEXT:
                    return text
            elif value is not None and (text := as_text(value)):
                return text
        return ""

    def number(self, *names: str) -> int | None:
        """The first of these fields that holds a whole number, or one as text."""
        for key in self.shape[names]:
            text = as_text(self.raw[key])
            if _WHOLE.fullmatch(text):
                return int(text)
        return None

    def truth(self, *names: str) -> bool:
        """Whether the first of these fields that says so, says yes: true, 1 or "True"."""
        for key in self.shape[names]:
            value = self.raw[key]
            if value is not None:
                return value is True or as_text(value).lower() in ("true", "1", "yes")
        return False

    def time(self, *names: str) -> str:
        """The first of these fields that holds a time, in UTC; empty if there is none."""
        for key in self.shape[names]:
            if time := utc(as_text(self.raw[key])):
                return time
        return ""

    def fields(self, *names: str) -> Fields:
        """The first of these fields that is an object, or holds one as JSON text; empty if there is none.

        References in an object from text are looked for in that text alone.
        """
        for key in self.shape[names]:
            value = self.raw[key]
            found = decoded(value)
            if isinstance(found, dict):
                references = self._references if found is value else References(found)
                if references and "$ref" in found:
                    found = references.follow(found)
                return Fields(found, references)
        return NOTHING

    def items(self, *names: str) -> list[Any]:
        """The first of these fields that is an array, or holds one as JSON text; empty if there is none."""
        for key in self.shape[names]:
            found = decoded(self.raw[key])
            if isinstance(found, list):
                return found
        return []

    def objects(self, *names: str) -> Iterator[Fields]:
        """The objects in an array, each once, with those that are referred to in the place of the references."""
        items = self.items(*names)
        if not items:
            return
        references = self._references or References(items)
        told: set[int] = set()
        for item in items:
            if isinstance(item, dict):
                found = references.follow(item) if "$ref" in item else item
                if id(found) not in told:
                    told.add(id(found))
                    yield Fields(found, references)

    def links(self, *names: str) -> tuple[str, ...]:
        """The web addresses in these fields, in order, each once; what is none, or not secure, is left out."""
        found = {as_text(self.raw[key]): None for key in self.shape[names]}
        return tuple([text for text in found if text[:8].lower() == "https://"])

    def texts(self, *names: str) -> list[str]:
        """The texts in an array, or in one text separated by commas."""
        plain = ""
        for key in self.shape[names]:
            value = self.raw[key]
            found = decoded(value)
            if isinstance(found, list):
                if texts := [text for text in map(as_text, found) if text]:
                    return texts
            elif not plain:
                plain = as_text(value)
        return [text for text in map(as_text, plain.split(",")) if text]


class Shape(dict[Hashable, Any]):
    """What can be said of an object by the names of its fields alone.

    Alert after alert has the same names, so this is worked out once and not for every object. By the names that are
    asked for, in the order of preference, it holds the object's own names for them.
    """

    __slots__ = ("kept", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.kept: dict[Any, Any] = {}
        """What others worked out from the names, by who did."""
        self.names: dict[str, tuple[str, ...]] = {}
        for name in names:
            lower = name.strip().lower()
            self.names[lower] = (name, *self.names.get(lower, ()))

    def __missing__(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        found = self[wanted] = tuple(name for one in wanted for name in self.names.get(one.lower(), ()))
        return found


_kept: dict[tuple[str, ...], Shape] = {}


def shape_of(names: tuple[str, ...]) -> Shape:
    """The shape of an object with these names. Those of odd objects are not kept, nor more than so many."""
    shape = _kept.get(names)
    if shape is None:
        shape = Shape(names)
        if len(names) <= _MOST_NAMES and max(map(len, names), default=0) <= _LONGEST_NAME:
            if len(_kept) >= _SHAPES:
                _kept.clear()
            _kept[names] = shape
    return shape


NOTHING = Fields({})
"""What is not there."""


def as_text(value: Any) -> str:
    """A scalar as text without blanks around it; empty for anything else and for words that mean nothing."""
    kind = type(value)
    if kind is str:
        text: str = value.strip()
        return text if len(text) > LONGEST_OF_NOTHING or text.lower() not in _NO_TEXT else ""
    return str(value) if kind is int or kind is float else ""


def decoded(value: Any) -> Any:
    """JSON inside a text, decoded, single-quoted JSON too; anything else as it is. Other text stays text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (ValueError, RecursionError):  # text that only looks like JSON, or is quoted another way
            text = json_of(value) if len(value) <= _LONGEST_QUOTED else None
            return value if text is None else decoded(text)
    return value
