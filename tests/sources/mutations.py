"""A recorded body with fields taken out, emptied, of another type, in another order, or there twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

Place = tuple[Any, Any]
"""An object or list, and a key or index in it."""


def places(value: Any) -> Iterator[Place]:
    """Every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield value, key
        yield from places(item)


def drop(holder: Any, key: Any) -> None:
    del holder[key]


def empty(holder: Any, key: Any) -> None:
    holder[key] = None


def reorder(holder: Any, key: Any) -> None:
    inner = holder[key]
    if isinstance(inner, list):
        inner.reverse()
    elif isinstance(inner, dict):
        turned = dict(reversed(inner.items()))
        inner.clear()
        inner.update(turned)


def duplicate(holder: Any, key: Any) -> None:
    """A list's item comes twice; an object's field comes under its name in capitals, too."""
    again = copy.deepcopy(holder[key])
    if isinstance(holder, list):
        holder.append(again)
    else:
        holder[key.upper() if key != key.upper() else f" {key}"] = again


def retype(to: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        holder[key] = to(holder[key])

    return change


CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "drop": drop,
    "null": empty,
    "reorder": reorder,
    "duplicate": duplicate,
    "to an empty text": retype(lambda _: ""),
    "to the word null": retype(lambda _: "null"),
    "to text": retype(lambda value: value if isinstance(value, str) else str(value)),
    "to JSON text": retype(json.dumps),
    "to cut JSON text": retype(lambda value: json.dumps(value)[:-1]),
    "to a number": retype(lambda _: -(2**53) - 1),
    "to a fraction": retype(lambda _: 1e300),
    "to a boolean": retype(lambda _: True),
    "to a list of it": retype(lambda value: [value]),
    "to an empty list": retype(lambda _: []),
    "to an object of it": retype(lambda value: {"value": value}),
    "to an empty object": retype(lambda _: {}),
    "to itself in blanks": retype(lambda value: f"  {value} " if isinstance(value, str) else value),
    "to capitals": retype(lambda value: value.upper() if isinstance(value, str) else value),
}


def changed(value: Any, changes: list[tuple[int, str]]) -> Any:
    """A value with some changes, one after the other, each at the place with a number."""
    value = copy.deepcopy(value)
    for number, name in changes:
        everywhere = list(places(value))
        if everywhere:
            CHANGES[name](*everywhere[number % len(everywhere)])
    return value


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in a JSON value, and in the JSON inside of its texts."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str):
        yield value
        if value.lstrip()[:1] in ("{", "["):
            try:
                yield from leaves(json.loads(value))
            except ValueError:
                return
    else:
        yield str(value)
