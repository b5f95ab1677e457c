"""Lists that come page by page, filtered and in order, as Resource Manager's and Graph's own OData has them.

Of `$filter` comparisons that are joined by `and` are known here, no more.
https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from azsim.call import Call
from azsim.odata import instant
from azsim.problem import bad_request

_COMPARISON = re.compile(r"\s*([\w/]+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[\w.:+-]+)\s*")
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)")
"""An `and` outside quotes: the quotes after it are even in number."""
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")
}

Item = Mapping[str, Any]


def kept(items: Sequence[Item], expression: str | None, known: Collection[str]) -> list[Item]:
    """The items that a `$filter` keeps.

    Args:
        items: The items.
        expression: The filter; None: all.
        known: The paths that it may speak of.

    Raises:
        Problem: 400 if it cannot be understood.
    """
    if expression is None:
        return list(items)
    terms = [_COMPARISON.fullmatch(term) for term in _AND.split(expression)]
    tests: list[tuple[str, Callable[[Any, Any], bool], Any]] = []
    for term in terms:
        if term is None or term[1] not in known:
            raise bad_request("BadRequest", f"Invalid filter clause: {expression}")
        tests.append((term[1], _COMPARE[term[2]], _literal(term[3], expression)))
    return [item for item in items if all(_holds(_value(item, path), test, wanted) for path, test, wanted in tests)]


def ordered(items: Sequence[Item], expression: str | None, known: Collection[str]) -> list[Item]:
    """The items in the order of an `$orderby` with one path.

    Raises:
        Problem: 400 if it cannot be understood.
    """
    if expression is None:
        return list(items)
    path, _, direction = expression.strip().partition(" ")
    if path not in known or direction.strip().lower() not in ("", "asc", "desc"):
        raise bad_request("BadRequest", f"Invalid orderby clause: {expression}")
    return sorted(items, key=lambda item: _comparable(_value(item, path)), reverse=direction.strip().lower() == "desc")


def page(call: Call, items: Sequence[Item], size: int, token: str) -> tuple[list[Item], str]:
    """One page, and the address of the next; empty after the last.

    Args:
        call: The call, whose query says where the page begins.
        items: All items.
        size: The items of a page.
        token: What the query parameter is called that says it, such as `$skiptoken`.

    Raises:
        Problem: 400 if it says nothing of the kind.
    """
    text = call.query.get(token.lower(), "0")
    if not text.isdecimal():
        raise bad_request("BadRequest", f"Invalid {token}: {text}")
    start = int(text)
    if start + size >= len(items):
        return list(items[start:]), ""
    query = {name: value for name, value in call.query.items() if name != token.lower()} | {token: str(start + size)}
    return list(items[start : start + size]), f"https://{call.host}{call.path}?{urlencode(query)}"


def top(call: Call, usual: int, most: int) -> int:
    """The items of a page: what `$top` says, or the usual number.

    Raises:
        Problem: 400 if it says more than there may be.
    """
    text = call.query.get("$top", str(usual))
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise bad_request("BadRequest", f"Invalid $top: {text}; it may be {most} at most.")
    return int(text)


def _literal(text: str, expression: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    try:
        return int(text) if text.isdecimal() else instant(text)
    except ValueError:
        raise bad_request("BadRequest", f"Invalid filter clause: {expression}") from None


def _value(item: Item, path: str) -> Any:
    value: Any = item
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _holds(value: Any, test: Callable[[Any, Any], bool], wanted: Any) -> bool:
    if isinstance(wanted, datetime):
        value = instant(value) if isinstance(value, str) else None
    return type(value) is type(wanted) and test(value, wanted)


def _comparable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, str):
        try:
            return True, instant(value).timestamp()
        except ValueError:
            return True, value
    return value is not None, value
