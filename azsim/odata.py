"""The part of OData's `$filter` that Table storage knows: comparisons, `and`, `or`, `not` and parentheses.

https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from azsim.problem import bad_request

Predicate = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<typed>(?:datetime|guid|X|binary)'[^']*')|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?L?)"
    r"|(?P<paren>[()])|(?P<word>[A-Za-z_]\w*))",
)
_IN_PARTITION = re.compile(r"\s*PartitionKey eq '((?:[^']|'')*)'")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


@lru_cache(maxsize=256)
def compile_filter(text: str) -> Predicate:
    """A predicate over an entity's values; a comparison with a property that is missing or of another type is false.

    Raises:
        Problem: 400 if the expression is not understood.
    """
    parser = _Parser(_tokens(text), text)
    predicate = parser.any_of()
    parser.end()
    return predicate


def only_partition(text: str) -> str | None:
    """The one partition that a filter can hold in, if it is made of comparisons that all must hold; None if not."""
    match = _IN_PARTITION.match(text)
    words = {found["word"] for found in _TOKEN.finditer(text)}
    return None if match is None or words & {"or", "not"} else match[1].replace("''", "'")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _invalid(text)
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self._tokens = tokens
        self._text = text

    def any_of(self) -> Predicate:
        left = self._all_of()
        while self._take("word", "or"):
            left = _either(left, self._all_of())
        return left

    def end(self) -> None:
        if self._tokens:
            raise _invalid(self._text)

    def _all_of(self) -> Predicate:
        left = self._one()
        while self._take("word", "and"):
            left = _both(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._take("word", "not"):
            inner = self._one()
            return lambda entity: not inner(entity)
        if self._take("paren", "("):
            inside = self.any_of()
            if not self._take("paren", ")"):
                raise _invalid(self._text)
            return inside
        name = self._next("word")
        compare = _COMPARE.get(self._next("word"))
        if compare is None:
            raise _invalid(self._text)
        return _comparison(name, compare, self._literal())

    def _literal(self) -> Any:
        if not self._tokens:
            raise _invalid(self._text)
        kind, text = self._tokens.pop(0)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "typed":
            name, _, value = text[:-1].partition("'")
            try:
                return _TYPED[name](value)
            except ValueError:
                raise _invalid(self._text) from None
        if kind == "number":
            return int(text.rstrip("L")) if text.rstrip("L").lstrip("-").isdecimal() else float(text)
        if text in ("true", "false"):
            return text == "true"
        raise _invalid(self._text)

    def _take(self, kind: str, text: str) -> bool:
        if self._tokens and self._tokens[0] == (kind, text):
            self._tokens.pop(0)
            return True
        return False

    def _next(self, kind: str) -> str:
        if not self._tokens or self._tokens[0][0] != kind:
            raise _invalid(self._text)
        return self._tokens.pop(0)[1]


def _comparison(name: str, compare: Callable[[Any, Any], bool], wanted: Any) -> Predicate:
    def holds(entity: Mapping[str, Any]) -> bool:
        value = entity.get(name)
        return (type(value) is type(wanted) or (_is_number(value) and _is_number(wanted))) and compare(value, wanted)

    return holds


def instant(text: str) -> datetime:
    """A point in time; in UTC if it does not say otherwise.

    Raises:
        ValueError: If it is none.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


_TYPED: dict[str, Callable[[str], Any]] = {
    "datetime": instant,
    "guid": UUID,
    "X": bytes.fromhex,
    "binary": bytes.fromhex,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _either(left: Predicate, right: Predicate) -> Predicate:
    return lambda entity: left(entity) or right(entity)


def _both(left: Predicate, right: Predicate) -> Predicate:
    return lambda entity: left(entity) and right(entity)


def _invalid(text: str) -> Exception:
    return bad_request("InvalidInput", f"One of the request inputs is not valid: $filter={text}")
