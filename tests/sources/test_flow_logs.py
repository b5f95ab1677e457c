from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import AzureResource, Ip
from shared.model.event import Event
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import SOURCES, events

GROUP = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Network/networkSecurityGroups/nsg-web"
)
DENIED = "1772442000,198.51.100.23,10.20.1.4,44321,22,T,I,D"
ALLOWED = "1772442060,10.20.1.4,203.0.113.99,35620,443,T,O,A"


def record(*tuples: Any, **fields: Any) -> dict[str, Any]:
    flows = [{"rule": "deny-all", "flows": [{"flowTuples": list(tuples)}]}]
    said = {"time": "2026-03-02T09:00:00Z", "category": "NetworkSecurityGroupFlowEvent", "resourceId": GROUP}
    return {**said, "properties": {"Version": 2, "flows": flows}, **fields}


def addresses(event: Event) -> list[str]:
    return [entity.address for entity in event.entities if isinstance(entity, Ip)]


def test_a_record_is_one_event_whatever_it_counts() -> None:
    event = read(record(DENIED, DENIED, ALLOWED))

    assert event.title == "2 flow entries denied from 1 source, most by deny-all; 1 allowed"
    assert (event.status, event.start, event.end) == ("Denied", "2026-03-02T09:00:00Z", "2026-03-02T09:01:00Z")
    assert addresses(event) == ["198.51.100.23", "10.20.1.4", "203.0.113.99"]


@pytest.mark.parametrize(
    ("tuples", "title", "status"),
    [
        ([ALLOWED], "1 flow entry allowed", "Allowed"),
        ([ALLOWED, ALLOWED], "2 flow entries allowed", "Allowed"),
        ([DENIED], "1 flow entry denied from 1 source, most by deny-all; 0 allowed", "Denied"),
        ([], "No flows", ""),
    ],
)
def test_the_title_counts(tuples: list[str], title: str, status: str) -> None:
    event = read({**record(*tuples)}) if tuples else read({**record(), "properties": {"flows": []}})

    assert (event.title, event.status) == (title, status)


def test_no_more_than_fifty_addresses_are_named_and_the_most_frequent_of_them() -> None:
    scanners = [f"1772442000,198.51.{n // 250}.{n % 250 + 1},10.20.1.4,1,22,T,I,D" for n in range(3000)]
    event = read(record(*scanners, DENIED, DENIED))

    assert len(addresses(event)) == 50
    assert addresses(event)[0] == "198.51.100.23"
    assert event.title == "3002 flow entries denied from 3001 sources, most by deny-all; 0 allowed"


def test_nobody_attacks_for_scanners_are_denied_all_day_long() -> None:
    for event in events("flow_logs_security_group") + events("flow_logs_virtual_network"):
        assert {entity.role for entity in event.entities} == {""}
        assert event.severity is None


def test_the_resource_is_the_group_or_what_the_log_is_of() -> None:
    network = events("flow_logs_virtual_network")[0]

    assert AzureResource(resource_id=GROUP) in read(record(DENIED)).entities
    assert [entity.label.rpartition("/microsoft.network")[2] for entity in network.entities[:1]] == [
        "/virtualnetworks/vnet-shop/subnets/web"
    ]
    assert network.subscription == "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"properties": None}, "properties.flows"),
        ({"properties": {}}, "properties.flows"),
        ({"properties": {"flows": [{"flows": [{"flowTuples": ["x"]}]}]}}, "properties.flows"),
        ({"category": "FlowLogFlowEvent", "properties": None, "flowRecords": {}}, "flowRecords.flows"),
    ],
)
def test_a_record_without_a_flow_that_can_be_read_is_unreadable(changes: dict[str, Any], where: str) -> None:
    letter = refused({"records": [record(**changes)]})

    assert letter.reason == "the record has no flow that can be read"
    assert (letter.where, letter.source) == (f"$.records[0].{where}", "flow_logs")


def test_one_broken_flow_does_not_take_the_others_with_it() -> None:
    assert addresses(read(record("x", None, DENIED, 7))) == ["198.51.100.23"]


@pytest.mark.parametrize(
    "fields",
    [
        {f"flow.{number}": part for number, part in enumerate(DENIED.split(","))},
        {f"FLOW.{number}": part for number, part in reversed(list(enumerate(f"{DENIED},B,1,2".split(","))))},
        {"flow.0": DENIED},
        {"properties.flows.0.flows.0.flowTuples.0": DENIED},
        {"sourceAddress": "198.51.100.23", "destinationAddress": "10.20.1.4", "deviceAction": "D"},
    ],
)
def test_a_flow_that_a_shipper_made_fields_of_is_still_one(fields: dict[str, str]) -> None:
    event = read(record(properties=None, rule="deny-all", **fields))

    assert event.title == "1 flow entry denied from 1 source, most by deny-all; 0 allowed"
    assert addresses(event) == ["198.51.100.23"]


def test_traffic_analytics_calls_out_public_addresses_that_are_known_for_malice() -> None:
    malicious, other = events("flow_logs_analytics")
    verdicts = {entity.label: entity.verdict for entity in malicious.entities}

    assert malicious.kind == "MaliciousFlow"
    assert verdicts == {"10.20.1.4": "", "198.51.100.23": "malicious", "198.51.100.24": "malicious"}
    assert {entity.verdict for entity in other.entities} == {""}


@pytest.mark.parametrize(("word", "status"), [("D", "Denied"), ("A", "Allowed"), ("Allowed", "Allowed"), (None, "")])
def test_traffic_analytics_says_what_became_of_a_flow_in_a_letter_or_in_a_word(word: str | None, status: str) -> None:
    row = body("flow_logs_analytics")["records"][0]

    assert read({**row, "FlowStatus": word}).status == status


def test_other_logs_are_left_to_others() -> None:
    found, dead = SOURCES.read(json.dumps(record(DENIED, category="NetworkSecurityGroupEvent")).encode())

    assert "flow_logs" not in [*(event.source for event in found), *(letter.source for letter in dead)]
