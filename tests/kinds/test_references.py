from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds.references import DEPTH, resolved

HOST = {"$id": "3", "HostName": "vm-web-01", "Type": "host"}


def test_a_reference_stands_for_the_object_with_that_id() -> None:
    assert resolved([HOST, {"$ref": "3"}]) == [HOST, HOST]


def test_a_reference_may_come_before_its_object() -> None:
    assert resolved([{"$ref": "3"}, HOST]) == [HOST, HOST]


def test_a_reference_may_point_into_another_object() -> None:
    cluster = {"$id": "4", "CloudResource": {"$id": "5", "ResourceId": "/x"}, "Type": "K8s-cluster"}

    assert resolved([cluster, {"$ref": "5"}]) == [cluster, cluster["CloudResource"]]


def test_references_inside_of_objects_and_of_what_they_point_to_are_replaced() -> None:
    file = {"$id": "6", "Name": "a.exe"}
    process = {"$id": "7", "ImageFile": {"$ref": "6"}, "Hosts": [{"$ref": "3"}, "text", 1]}

    found = resolved([HOST, file, process, {"Process": {"$ref": "7"}}])

    assert found[3] == {"Process": {"$id": "7", "ImageFile": file, "Hosts": [HOST, "text", 1]}}


@pytest.mark.parametrize("name", ["3", 3, "westeurope_3"])
def test_ids_are_texts_or_numbers(name: Any) -> None:
    assert resolved([{"$id": name, "a": 1}, {"$ref": str(name)}])[1] == {"$id": name, "a": 1}


def test_a_reference_to_nothing_is_left_as_it_is() -> None:
    assert resolved([HOST, {"$ref": "99"}, {"a": {"$ref": None}}]) == [HOST, {"$ref": "99"}, {"a": {"$ref": None}}]


def test_where_an_id_is_used_twice_the_first_object_has_it() -> None:
    first, second = {"$id": "1", "Address": "203.0.113.1"}, {"$id": "1", "Address": "203.0.113.2"}

    assert resolved([first, second, {"$ref": "1"}]) == [first, second, first]


def test_an_object_that_contains_a_reference_to_itself_keeps_it() -> None:
    loop = {"$id": "1", "Inside": [{"$ref": "1"}]}

    assert resolved([loop]) == [loop]


def test_two_objects_that_refer_to_each_other_come_to_an_end() -> None:
    found = resolved([{"$id": "1", "to": {"$ref": "2"}}, {"$id": "2", "to": {"$ref": "1"}}])

    assert found[0] == {"$id": "1", "to": {"$id": "2", "to": {"$ref": "1"}}}


def test_a_reference_that_is_an_object_too_comes_to_an_end() -> None:
    loop = [{"$id": "1", "$ref": "2"}, {"$id": "2", "$ref": "1"}, {"$id": "3", "$ref": "3"}]

    assert resolved(loop)[2] == {"$id": "3", "$ref": "3"}


def test_a_list_without_ids_is_given_back_untouched() -> None:
    values = [{"$ref": "1"}, "text", None]

    assert resolved(values) is values


def test_what_lies_very_deep_is_left_as_it_is() -> None:
    deep: Any = {"$ref": "3"}
    for _ in range(DEPTH + 1):
        deep = {"a": deep}

    assert resolved([HOST, deep]) == [HOST, deep]


def test_a_long_chain_of_references_is_followed_only_so_far() -> None:
    chain = [{"$id": str(i), "next": {"$ref": str(i + 1)}} for i in range(3000)]

    assert len(resolved(chain)) == 3000


def test_references_that_multiply_do_not_multiply_the_work() -> None:
    """Each object refers to the next one ten times: written out, that would be ten to the nineteenth objects."""
    values = [{"$id": str(i), "x": [{"$ref": str(i + 1)}] * 10} for i in range(20)]

    objects: set[int] = set()
    todo: list[Any] = resolved(values)
    while todo:
        value = todo.pop()
        if id(value) not in objects:
            objects.add(id(value))
            todo += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()

    assert len(objects) < 200


def test_references_that_are_woven_all_to_all_come_to_an_end() -> None:
    values = [{"$id": str(i), "x": [{"$ref": str(j)} for j in range(40)]} for i in range(40)]

    assert len(resolved(values)) == 40


NAMES = st.sampled_from(["1", "2", 3, None, "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
        | st.fixed_dictionaries({}, optional={"$id": NAMES, "$ref": NAMES, "a": inner, "b": inner})
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(JSON, max_size=6))
def test_any_list_comes_to_an_end_stays_json_and_keeps_its_length(values: list[Any]) -> None:
    before = copy.deepcopy(values)

    found = resolved(values)

    assert len(found) == len(values)
    assert json.dumps(found)
    assert values == before
