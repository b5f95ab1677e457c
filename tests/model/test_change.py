from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from shared.model.change import Difference, differences, state_digest


class Inner(Struct, frozen=True):
    group: str | None = None
    rules: tuple[str, ...] = ()


class State(Struct, frozen=True):
    enabled: bool = True
    inner: Inner = Inner()
    tags: dict[str, Any] = {}


def test_equal_states_do_not_differ() -> None:
    assert differences(State(), State()) == ()


def test_a_difference_names_the_path_and_both_values() -> None:
    found = differences(State(inner=Inner("nsg-web")), State(enabled=False, inner=Inner("nsg-quarantine")))

    assert found == (Difference("enabled", True, False), Difference("inner.group", "nsg-web", "nsg-quarantine"))


def test_what_was_not_there_and_what_is_no_longer_there_reads_as_none() -> None:
    found = differences(State(tags={"old": "1", "same": "2"}), State(tags={"same": "2", "new": {"a": "3"}}))

    assert found == (Difference("tags.old", "1", None), Difference("tags.new", None, {"a": "3"}))


def test_a_list_differs_as_a_whole() -> None:
    found = differences(State(inner=Inner(rules=("a", "b"))), State(inner=Inner(rules=("b", "a"))))

    assert found == (Difference("inner.rules", ("a", "b"), ("b", "a")),)


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference("group", None, "nsg"), "group: none -> nsg"),
        (Difference("group", "nsg", ""), "group: nsg -> none"),
        (Difference("rules", (), ["a"]), "rules: none -> ['a']"),
        (Difference("enabled", True, False), "enabled: True -> False"),
        (Difference("count", 0, 1), "count: 0 -> 1"),
    ],
)
def test_a_difference_reads_as_a_line(difference: Difference, text: str) -> None:
    assert str(difference) == text


def test_a_digest_tells_states_apart_but_not_the_order_of_their_keys() -> None:
    assert state_digest(State(tags={"a": 1, "b": 2})) == state_digest(State(tags={"b": 2, "a": 1}))
    assert state_digest(State(tags={"a": 1})) != state_digest(State(tags={"a": 2}))
    assert len(state_digest(State())) == 64
