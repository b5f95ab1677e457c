from __future__ import annotations

from typing import Any

import pytest

from azsim import pages
from azsim.call import Call, parse
from azsim.messages import Request
from azsim.problem import Problem
from azsim.world import World

ITEMS: list[dict[str, Any]] = [
    {"name": "a", "n": 2, "properties": {"at": "2026-03-02T09:00:00.5Z"}},
    {"name": "b", "n": 1, "properties": {"at": "2026-03-02T09:00:00Z"}},
    {"name": "it's and so", "properties": {}},
]
KNOWN = ("name", "n", "properties/at")


def names(found: list[Any]) -> list[str]:
    return [item["name"] for item in found]


def call(query: str) -> Call:
    return parse(World(), Request("GET", f"https://host/list?{query}", {}, b""), 0)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (None, ["a", "b", "it's and so"]),
        ("properties/at ge 2026-03-02T09:00:00Z", ["a", "b"]),
        ("properties/at gt 2026-03-02T09:00:00Z", ["a"]),
        ("properties/at lt 2026-03-02T10:00:00.5+01:00", ["b"]),
        ("properties/at ge 2026-03-02T09:00:00Z and n eq 1", ["b"]),
        ("name eq 'it''s and so'", ["it's and so"]),
        ("n ne 1", ["a"]),
    ],
)
def test_a_filter_compares_times_texts_and_numbers(expression: str | None, wanted: list[str]) -> None:
    assert names(pages.kept(ITEMS, expression, KNOWN)) == wanted


@pytest.mark.parametrize(
    "expression",
    ["", "name", "other eq 1", "properties/at ge yesterday", "name eq 'a' or n eq 1", "contains(name,'a')"],
)
def test_a_filter_that_cannot_be_understood_is_refused(expression: str) -> None:
    with pytest.raises(Problem, match="Invalid filter"):
        pages.kept(ITEMS, expression, KNOWN)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("properties/at asc", ["it's and so", "b", "a"]),
        ("properties/at", ["it's and so", "b", "a"]),
        ("properties/at desc", ["a", "b", "it's and so"]),
    ],
)
def test_items_come_in_the_order_asked_for(expression: str, wanted: list[str]) -> None:
    assert names(pages.ordered(ITEMS, expression, KNOWN)) == wanted


@pytest.mark.parametrize("expression", ["other", "n upwards", "n asc, name desc"])
def test_an_order_that_cannot_be_understood_is_refused(expression: str) -> None:
    with pytest.raises(Problem, match="Invalid orderby"):
        pages.ordered(ITEMS, expression, KNOWN)


def test_the_link_to_the_next_page_keeps_the_query_and_the_last_page_has_none() -> None:
    value, link = pages.page(call("api-version=1&%24filter=n%20ge%201"), ITEMS, 2, "$skipToken")
    assert names(value) == ["a", "b"]

    following = parse(World(), Request("GET", link, {}, b""), 0)
    assert following.query == {"api-version": "1", "$filter": "n ge 1", "$skiptoken": "2"}
    value, link = pages.page(following, ITEMS, 2, "$skipToken")
    assert (names(value), link) == (["it's and so"], "")


def test_a_page_has_as_many_items_as_asked_for_up_to_the_most() -> None:
    assert (pages.top(call(""), 50, 100), pages.top(call("$top=7"), 50, 100)) == (50, 7)
    for text in ("0", "101", "x", "-1"):
        with pytest.raises(Problem, match="Invalid"):
            pages.top(call(f"$top={text}"), 50, 100)
    with pytest.raises(Problem, match="Invalid"):
        pages.page(call("$skipToken=x"), ITEMS, 2, "$skipToken")
