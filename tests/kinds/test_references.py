from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kinds.fields import Fields
from shared.kinds.references import LONGEST, References

HOST = {"$id": "3", "HostName": "vm-web-01", "Type": "host"}


def followed(root: list[Any], at: int = -1) -> Any:
    """What stands at a place of a list, references followed."""
    return References(root).follow(root[at])


def objects(*items: Any) -> list[dict[str, Any]]:
    """The objects of a list as a reader sees them."""
    return [fields.raw for fields in Fields({"Entities": list(items)}).objects("entities")]


def test_a_reference_stands_for_the_object_with_that_id() -> None:
    assert followed([HOST, {"$ref": "3"}]) is HOST


def test_a_reference_may_come_before_its_object() -> None:
    assert followed([{"$ref": "3"}, HOST], 0) is HOST


def test_a_reference_may_point_into_another_object() -> None:
    cluster = {"$id": "4", "CloudResource": {"$id": "5", "ResourceId": "/x"}, "Type": "K8s-cluster"}

    assert followed([cluster, {"$ref": "5"}]) is cluster["CloudResource"]


@pytest.mark.parametrize("name", ["3", 3, "westeurope_3"])
def test_ids_are_texts_or_numbers(name: Any) -> None:
    assert followed([{"$id": name, "a": 1}, {"$ref": str(name)}]) == {"$id": name, "a": 1}
    assert followed([{"$id": str(name), "a": 1}, {"$ref": name}])["a"] == 1


@pytest.mark.parametrize("value", [{"$ref": "99"}, {"$ref": None}, {"a": 1}, {"$id": "7", "$ref": "7"}])
def test_what_refers_to_nothing_or_to_itself_is_left_as_it_is(value: dict[str, Any]) -> None:
    assert followed([HOST, value]) is value


def test_where_an_id_is_used_twice_the_first_object_has_it() -> None:
    first, second = {"$id": "1", "Address": "203.0.113.1"}, {"$id": "1", "Address": "203.0.113.2"}

    assert followed([first, second, {"$ref": "1"}]) is first


def test_a_chain_of_references_is_followed_only_so_far() -> None:
    chain = [{"$id": str(i), "$ref": str(i + 1)} for i in range(3000)]

    assert followed(chain, 0) is chain[0]
    assert followed([*chain[: LONGEST - 1], {"$id": str(LONGEST - 1), "end": True}], 0)["end"]


def test_references_in_a_circle_come_to_an_end() -> None:
    loop = [{"$id": "1", "$ref": "2"}, {"$id": "2", "$ref": "1"}]

    assert followed(loop, 0) is loop[0]


def test_an_object_that_is_referred_to_again_is_read_once() -> None:
    assert objects(HOST, {"$ref": "3"}, {"$ref": "3"}, HOST) == [HOST]
    assert objects({"$ref": "3"}, HOST) == [HOST]


def test_references_inside_of_objects_and_of_what_they_point_to_are_followed() -> None:
    file = {"$id": "6", "Name": "a.exe", "Hosts": [{"$ref": "3"}]}
    process = {"$id": "7", "ImageFile": {"$ref": "6"}}

    (*_, last) = Fields({"Entities": [HOST, file, process]}).objects("Entities")
    image = last.fields("ImageFile")

    assert image.raw is file
    assert [host.raw for host in image.objects("Hosts")] == [HOST]


def test_references_in_an_object_from_text_are_looked_for_in_that_text_alone() -> None:
    text = '{"Host": {"$id": "3", "HostName": "inside"}, "Again": {"$ref": "3"}, "Other": {"$ref": "4"}}'
    (_, fields) = Fields({"Entities": [HOST, {"$id": "4", "More": text}]}).objects("Entities")

    assert fields.fields("More").fields("Again").text("HostName") == "inside"
    assert fields.fields("More").fields("Other").raw == {"$ref": "4"}


NAMES = st.sampled_from(["1", "2", 3, None, "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries({}, optional={"$id": NAMES, "$ref": NAMES, "a": inner, "b": inner})
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(JSON, max_size=6))
def test_any_list_comes_to_an_end_with_objects_of_its_own(values: list[Any]) -> None:
    inside: list[Any] = list(values)
    for value in inside:
        inside += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()

    found = objects(*values)

    assert len(found) <= sum(isinstance(value, dict) for value in values)
    assert all(any(one is value for value in inside) for one in found)
