from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import AnyEntity, AzureResource, Domain, Ip, Url
from tests.sources.bodies import body, read
from tests.sources.goldens import SOURCES, events

PROFILE = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Cdn/profiles/afd-contoso-shop"
)
FACTS = {
    "clientIP": "198.51.100.23",
    "socketIP": "198.51.100.23",
    "ruleName": "NoAdmin",
    "trackingReference": "20260302T08Z-1a",
}


def front_door(**facts: Any) -> dict[str, Any]:
    category = "FrontDoorWebApplicationFirewallLog"
    return {
        "time": "2026-03-02T08:50:00Z",
        "resourceId": PROFILE,
        "category": category,
        "properties": {**FACTS, **facts},
    }


def gateway(**facts: Any) -> dict[str, Any]:
    record = {"category": "ApplicationGatewayFirewallLog", "resourceId": PROFILE, "timeStamp": "2026-03-02T08:50:00Z"}
    return {**record, "properties": {"clientIp": "198.51.100.23", "ruleId": "941100", **facts}}


def roles(entities: tuple[AnyEntity, ...]) -> dict[str, str]:
    return {entity.label: entity.role for entity in entities}


@pytest.mark.parametrize("action", ["Block", "block", "Blocked"])
def test_the_client_of_a_blocked_request_is_the_attacker_and_the_service_its_target(action: str) -> None:
    for record in (front_door(action=action), gateway(action=action)):
        event = read(record)

        assert event.status == action
        assert Ip(address="198.51.100.23", role="attacker") in event.entities
        assert AzureResource(resource_id=PROFILE, role="target") in event.entities


@pytest.mark.parametrize(
    "action", ["Log", "Allow", "AnomalyScoring", "JSChallenge", "Redirect", "Matched", "Detected", "Allowed", "", None]
)
def test_the_client_of_any_other_request_has_no_part(action: str | None) -> None:
    for record in (front_door(action=action), gateway(action=action)):
        assert Ip(address="198.51.100.23") in read(record).entities


@pytest.mark.parametrize("mode", ["Detection", "detection"])
def test_what_a_policy_would_have_blocked_was_not_blocked(mode: str) -> None:
    assert roles(read(front_door(action="Block", policyMode=mode)).entities)["198.51.100.23"] == ""


def test_what_stands_between_client_and_service_is_no_attacker() -> None:
    event = read(front_door(action="Block", socketIP="203.0.113.200"))

    assert roles(event.entities) == {"198.51.100.23": "attacker", "203.0.113.200": "", PROFILE: "target"}


def test_the_address_asked_for_is_ours_and_the_name_that_a_client_claims_is_nothing() -> None:
    event = read(front_door(action="Log", requestUri="https://shop.contoso.example:443/a", host="anything.example"))

    assert Url(url="https://shop.contoso.example:443/a", role="target") in event.entities
    assert not [entity for entity in event.entities if isinstance(entity, Domain)]
    assert not [entity for entity in read(gateway(requestUri="/a")).entities if isinstance(entity, Url)]


def test_rules_that_match_one_request_are_one_case_and_the_decision_is_another() -> None:
    request = {"transactionId": "9d1c2b3a4f5e60718293a4b5c6d7e8f9"}
    first = read(gateway(action="Matched", ruleId="941100", **request))
    second = read(gateway(action="Matched", ruleId="942100", **request))
    decided = read(gateway(action="Blocked", ruleId="949110", **request))

    assert first.case == second.case != decided.case
    assert {first.id, second.id, decided.id} == {request["transactionId"]}


def test_a_row_and_a_record_of_one_decision_are_one_case() -> None:
    columns = {"action_s": "Blocked", "transactionId_g": "9d1c2b3a-4f5e-6071-8293-a4b5c6d7e8f9"}
    row = read({"Type": "AzureDiagnostics", "Category": "ApplicationGatewayFirewallLog", **columns})
    table = read({"Type": "AGWFirewallLogs", "Action": "Blocked", "TransactionId": "9d1c2b3a4f5e60718293a4b5c6d7e8f9"})

    assert row.case == table.case == "object:waf:9d1c2b3a4f5e60718293a4b5c6d7e8f9:blocked"
    assert row.case == events("waf_application_gateway")[1].case


@pytest.mark.parametrize("missing", [None, "", "-", "N/A"])
def test_a_request_without_an_id_is_a_case_by_its_content(missing: str | None) -> None:
    event = read(front_door(trackingReference=missing))

    assert (event.id, event.case[:11]) == ("", "record:waf:")


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ({"details": {"msg": "SQL injection"}, "action": "Block"}, "SQL injection"),
        ({"details": '{"msg": "SQL injection"}'}, "SQL injection"),
        ({"details": {"msg": ""}, "action": "Block"}, "Block NoAdmin"),
        ({"message": "Odd header", "details": {"message": "Warning. Pattern match"}}, "Odd header"),
        ({"details": {"message": "Warning. Pattern match"}}, "Warning. Pattern match"),
        ({"ruleName": None}, "A rule matched"),
    ],
)
def test_the_title_is_what_the_rule_says(facts: dict[str, Any], title: str) -> None:
    assert read(front_door(**facts)).title == title


@pytest.mark.parametrize("key", ["time", "timeStamp", "timestamp", "TimeGenerated"])
def test_the_time_has_many_names(key: str) -> None:
    record = {name: value for name, value in gateway().items() if name != "timeStamp"}

    assert read({**record, key: "2026-03-02T08:50:00+00:00"}).time == "2026-03-02T08:50:00Z"


def test_no_rule_is_rated() -> None:
    assert {event.severity for event in events("waf_front_door") + events("waf_application_gateway")} == {None}


def test_access_logs_are_context_and_name_no_attacker() -> None:
    for event in (events("waf_front_door")[3], events("waf_application_gateway")[3], events("waf_rows")[1]):
        assert event.product in ("Azure Front Door", "Azure Application Gateway")
        assert "attacker" not in roles(event.entities).values()


def test_a_row_without_the_name_of_its_table_is_known_by_its_columns() -> None:
    row = body("waf_rows")["records"][0]
    del row["Type"]

    assert read(row).entities == events("waf_rows")[0].entities


def test_other_logs_are_left_to_others() -> None:
    found, dead = SOURCES.read(json.dumps({**gateway(), "category": "ApplicationGatewayPerformanceLog"}).encode())

    assert "waf" not in [*(event.source for event in found), *(letter.source for letter in dead)]


def test_the_firewall_of_a_content_network_writes_the_same() -> None:
    event = read({**front_door(action="Block"), "category": "WebApplicationFirewallLogs"})

    assert (event.provider, event.product) == ("Azure CDN", "Azure Web Application Firewall")
