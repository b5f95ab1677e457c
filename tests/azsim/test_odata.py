"""`$filter` as Table storage understands it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azsim.odata import compile_filter, instant
from azsim.problem import Problem

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROW: dict[str, Any] = {
    "text": "b",
    "quoted": "it's 'so'",
    "count": 5,
    "big": 2**40,
    "ratio": 2.5,
    "whole": 5.0,
    "small": 1e-07,
    "on": True,
    "at": NOON,
    "id": UUID("c9da6455-213d-42c9-9a79-3e9149a57833"),
    "raw": b"\x00\xff",
    "and_more": "x",
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("text eq 'b'", True),
        ("text eq 'B'", False),
        ("text ne 'a'", True),
        ("text gt 'a'", True),
        ("text ge 'b'", True),
        ("text lt 'b'", False),
        ("text le 'b'", True),
        ("quoted eq 'it''s ''so'''", True),
        ("quoted eq ' and '' or '", False),
        ("count eq 5", True),
        ("count eq 5L", True),
        ("count gt -6", True),
        ("count lt 5.5", True),
        ("count eq '5'", False),
        ("text eq 5", False),
        ("text ne 5", False),
        ("big eq 1099511627776L", True),
        ("big gt 1099511627775", True),
        ("ratio eq 2.5", True),
        ("ratio gt 2", True),
        ("whole eq 5", True),
        ("small eq 1e-07", True),
        ("small lt 1.5E+3", True),
        ("on eq true", True),
        ("on ne false", True),
        ("on eq 1", False),
        ("count eq true", False),
        ("at eq datetime'2026-03-02T12:00:00Z'", True),
        ("at eq datetime'2026-03-02T12:00:00.0000000Z'", True),
        ("at lt datetime'2026-03-02T12:00:00.0000010Z'", True),
        ("at gt datetime'2026-03-02T13:00:00+02:00'", True),
        ("at eq datetime'2026-03-02T12:00:00'", True),
        ("at eq '2026-03-02T12:00:00Z'", False),
        ("id eq guid'C9DA6455-213D-42C9-9A79-3E9149A57833'", True),
        ("raw eq X'00ff'", True),
        ("raw eq binary'00FF'", True),
        ("missing eq 'x'", False),
        ("missing ne 'x'", False),
        ("not missing eq 'x'", True),
        ("not text eq 'b'", False),
        ("not not text eq 'b'", True),
        ("text eq 'a' or text eq 'b'", True),
        ("text eq 'b' and count eq 6", False),
        ("text eq 'b' or text eq 'b' and count eq 6", True),
        ("(text eq 'b' or text eq 'b') and count eq 6", False),
        ("not text eq 'a' and count eq 5", True),
        ("not (text eq 'a' or count eq 5)", False),
        ("((text eq 'b'))", True),
        ("  text   eq\t'b'  ", True),
        ("and_more eq 'x' and on eq true", True),
        ("not(text eq 'a')and(text eq 'b')", True),
    ],
)
def test_an_expression_holds_or_not(text: str, *, holds: bool) -> None:
    assert compile_filter(text)(ROW) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "text eq",
        "text eq b",
        "text is 'b'",
        "text eq 'b",
        "text eq 'b' text eq 'b'",
        "text eq 'b' and",
        "and text eq 'b'",
        "(text eq 'b'",
        "text eq 'b')",
        "()",
        "not",
        "'b' eq text",
        "text = 'b'",
        "text eq True",
        "text eq null",
        "startswith(text, 'b')",
        "at eq datetime'yesterday'",
        "id eq guid'1'",
        "raw eq X'0'",
        "raw eq Y'00'",
        "text eq 'b' & on eq true",
        "text EQ 'b'",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        compile_filter(text)
    assert (caught.value.status, caught.value.code) == (400, "InvalidInput")


def test_an_instant_without_an_offset_is_utc() -> None:
    assert instant("2026-03-02T12:00:00") == instant("2026-03-02T12:00:00Z") == NOON
    assert instant("2026-03-02T14:00:00+02:00") == NOON


# An expression together with what Python makes of it.

Row = Mapping[str, Any]
Rule = tuple[str, Callable[[Row], bool]]

NAMES = ("a", "b", "eq", "or_", "Timestamp")
OPERATORS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
KINDS: dict[type, str] = {str: "text", bool: "flag", int: "number", float: "number", datetime: "time", bytes: "bytes"}

values = st.one_of(
    st.text(st.sampled_from("ab' ()é\U0001f600"), max_size=4),
    st.booleans(),
    st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
    st.floats(-3, 3, allow_subnormal=False) | st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001 - set apart
    st.uuids(),
    st.binary(max_size=3),
)
rows = st.dictionaries(st.sampled_from(NAMES), values)


def literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return f"datetime'{value.astimezone(timezone(timedelta(hours=5))).isoformat()}'"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, UUID):
        return f"guid'{value}'"
    return f"{value}L" if isinstance(value, int) and abs(value) > 2**31 else str(value)


def comparison(name: str, how: str, wanted: Any) -> Rule:
    def holds(row: Row) -> bool:
        if name not in row or KINDS.get(type(row[name]), "id") != KINDS.get(type(wanted), "id"):
            return False
        return bool(OPERATORS[how](row[name], wanted))

    return f"{name} {how} {literal(wanted)}", holds


def negation(inner: Rule) -> Rule:
    return f"not ({inner[0]})", lambda row: not inner[1](row)


def joined(word: str, left: Rule, right: Rule) -> Rule:
    # In parentheses on one side only: what stands first binds as the grammar says.
    both = f"{left[0]} {word} ({right[0]})" if word == "or" else f"({left[0]}) {word} ({right[0]})"
    if word == "or":
        return both, lambda row: left[1](row) or right[1](row)
    return both, lambda row: left[1](row) and right[1](row)


comparisons = st.builds(comparison, st.sampled_from(NAMES), st.sampled_from(sorted(OPERATORS)), values)
rules = st.recursive(
    comparisons,
    lambda inner: st.builds(negation, inner) | st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
    max_leaves=6,
)


@settings(deadline=None, database=None, max_examples=200)
@given(rules, st.lists(rows, min_size=1, max_size=4))
def test_a_filter_means_what_python_makes_of_it(rule: Rule, several: list[Row]) -> None:
    text, holds = rule
    compiled = compile_filter(text)
    assert [compiled(row) for row in several] == [holds(row) for row in several]


@settings(deadline=None, database=None, max_examples=200)
@given(st.lists(comparisons, min_size=1, max_size=5), st.lists(st.sampled_from(["and", "or"]), min_size=4), rows)
def test_and_binds_tighter_than_or_without_parentheses(parts: list[Rule], words: list[str], row: Row) -> None:
    text, alternatives = parts[0][0], [[parts[0]]]
    for word, part in zip(words, parts[1:], strict=False):
        text += f" {word} {part[0]}"
        if word == "or":
            alternatives.append([])
        alternatives[-1].append(part)
    assert compile_filter(text)(row) is any(all(holds(row) for _, holds in group) for group in alternatives)


@settings(deadline=None, database=None, max_examples=100)
@given(values, rows)
def test_every_value_equals_itself(value: Any, others: dict[str, Any]) -> None:
    assert compile_filter(f"a eq {literal(value)}")({**others, "a": value})


@settings(deadline=None, database=None, max_examples=200)
@given(st.text(st.sampled_from("ab '()0.-eqandornotXdatetime,=\n"), max_size=20))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found: bool | int = compile_filter(text)({"a": "b"})
    except Problem as problem:
        found = problem.status
    assert isinstance(found, bool) or found == 400
