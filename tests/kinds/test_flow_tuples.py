"""Flows are counted alike in all versions of the flow logs."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds.flow_tuples import Flow, Sum, flows, is_public, seconds, texts

ONE = "1772442000,198.51.100.23,10.20.1.4,44321,22,T,I,D"
WANTED = Flow(seconds=1772442000, source="198.51.100.23", destination="10.20.1.4", denied=True, rule="deny")


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"{ONE},B,,,,",
        "1772442000123,198.51.100.23,10.20.1.4,44321,22,6,I,D,NX,0,0,0,0",
        " 1772442000 , 198.51.100.23 , 10.20.1.4 ,44321,22,T,i,d",
    ],
)
def test_a_flow_is_the_same_in_every_version(text: str) -> None:
    assert list(flows([("deny", text)])) == [WANTED]


@pytest.mark.parametrize("decision", ["A", "B", "C", "E", ""])
def test_only_the_letter_of_denial_denies(decision: str) -> None:
    (flow,) = flows([("", ONE[:-1] + decision)])

    assert not flow.denied


@pytest.mark.parametrize("text", ["", "x", "1,2,3", ONE[:-2], ONE.replace(",I,", ",?,")])
def test_what_is_no_flow_is_left_out(text: str) -> None:
    assert list(flows([("deny", text)])) == []


def test_a_machine_without_an_address_is_counted_and_not_named() -> None:
    total = added(ONE.replace("198.51.100.23", "0.0.0.0"))  # noqa: S104

    assert (total.denied, total.addresses(9)) == (1, [])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1772442000", 1772442000),
        ("1772442000123", 1772442000),
        (" 1772442000.5", 1772442000),
        ("", 0),
        ("-1", 0),
        ("never", 0),
        ("9" * 30, 0),
        ("٣", 0),
    ],
)
def test_times_are_counted_in_seconds_or_in_milliseconds(text: str, count: int) -> None:
    assert seconds(text) == count


@pytest.mark.parametrize(
    "node",
    [
        {"flows": [{"rule": "deny", "flows": [{"mac": "1", "flowTuples": [ONE]}]}]},
        {"flows": [{"aclID": "1", "flowGroups": [{"rule": "deny", "flowTuples": [ONE]}]}]},
        {"flows": {"rule": "deny", "flows": {"mac": "1", "flowTuples": ONE}}},
        {"Flows": [{"Rule": "deny", "FLOWS": [{"FlowTuples": [ONE, None, {}, ""]}]}, None, 7]},
        '{"flows": [{"rule": "deny", "flows": [{"flowTuples": ["' + ONE + '"]}]}]}',
        {"rule": "deny", "flowTuples": [ONE]},
        {"rule": "deny", "flow.0": ONE},
        {"rule": "deny", "flow_0": {"flows_0": {"flowTuples_0": ONE}}},
        {"rule": "deny", "flows.0.flows.0.flowTuples.0": ONE},
        {"rule": "deny", "properties.flows.flows.flowTuples": [ONE]},
    ],
)
def test_flows_are_found_with_their_rule_however_the_record_was_split(node: Any) -> None:
    assert list(texts(node)) == [("deny", ONE)]


def test_what_is_nested_without_end_is_not_followed() -> None:
    node: dict[str, Any] = {"flowTuples": [ONE]}
    for _ in range(100):
        node = {"flows": [node]}

    assert list(texts(node)) == []


@pytest.mark.parametrize("node", [None, 7, "x", [], {}, {"flows": None}, {"flows": [None]}])
def test_a_record_without_flows_has_none(node: Any) -> None:
    assert list(texts(node)) == []


def test_denied_public_sources_come_first_and_of_them_the_most_frequent() -> None:
    total = added(
        "1,10.20.2.9,10.20.1.4,1,2,T,I,D",
        "2,10.20.2.9,10.20.1.4,1,2,T,I,D",
        "3,10.20.2.9,10.20.1.4,1,2,T,I,D",
        "4,198.51.100.24,10.20.1.4,1,2,T,I,D",
        "5,198.51.100.23,10.20.1.4,1,2,T,I,D",
        "6,198.51.100.23,10.20.1.4,1,2,T,I,D",
        "7,10.20.1.4,203.0.113.99,1,2,T,O,A",
        "8,203.0.113.77,10.20.1.4,1,2,T,I,A",
    )

    assert total.addresses(9) == [
        "198.51.100.23", "198.51.100.24", "10.20.2.9", "203.0.113.77", "10.20.1.4", "203.0.113.99",
    ]  # fmt: skip
    assert total.addresses(2) == ["198.51.100.23", "198.51.100.24"]
    assert (total.denied, total.allowed, total.first, total.last) == (6, 2, 1, 8)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("198.51.100.23", True),
        ("2001:db8::1", True),
        ("10.0.0.4", False),
        ("172.16.0.1", False),
        ("172.32.0.1", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("fd00::1", False),
        ("fe80::1", False),
    ],
)
def test_private_addresses_and_that_of_the_platform_are_not_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def added(*found: str) -> Sum:
    total = Sum()
    for flow in flows(("rule", text) for text in found):
        total.add(flow)
    return total
