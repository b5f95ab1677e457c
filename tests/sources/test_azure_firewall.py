from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Domain, Ip, Url
from shared.model.event import Event
from shared.model.severity import Severity
from tests.sources.bodies import read, refused
from tests.sources.goldens import SOURCES, events

FIREWALL = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-hub"
    "/providers/Microsoft.Network/azureFirewalls/afw-contoso-hub"
)
ENDS = {"SourceIp": "10.20.1.4", "DestinationIp": "198.51.100.77", "Protocol": "TCP"}


def structured(category: str, **facts: Any) -> dict[str, Any]:
    return {"category": category, "time": "2026-03-02T08:40:00Z", "resourceId": FIREWALL, "properties": facts}


def legacy(category: str, message: Any) -> dict[str, Any]:
    return structured(category, msg=message)


def parties(event: Event) -> list[tuple[str, str]]:
    """Addresses and their parts."""
    return [(entity.address, entity.role) for entity in event.entities if isinstance(entity, Ip)]


@pytest.mark.parametrize(
    ("given", "severity"),
    [(1, Severity.HIGH), ("2", Severity.MEDIUM), (3, Severity.LOW), ("High", Severity.HIGH), (4, None), (None, None)],
)
def test_the_severity_of_a_signature_counts_down_from_high(given: Any, severity: Severity | None) -> None:
    assert read(structured("AZFWIdpsSignature", **ENDS, Severity=given)).severity == severity


@pytest.mark.parametrize("category", ["AZFWThreatIntel", "AZFWNetworkRule", "AZFWApplicationRule", "AZFWNatRule"])
def test_a_log_that_rates_nothing_has_no_severity(category: str) -> None:
    event = read(structured(category, **ENDS, Severity=1, ThreatDescription="Port Scan"))

    assert (event.severity, event.severity_word) == (None, "")


@pytest.mark.parametrize("category", ["AZFWThreatIntel", "AZFWIdpsSignature", "AZFWNetworkRule"])
def test_nobody_is_called_the_attacker_for_the_log_does_not_say_who_it_is(category: str) -> None:
    assert parties(read(structured(category, **ENDS))) == [("10.20.1.4", ""), ("198.51.100.77", "")]


def test_where_a_destination_is_translated_it_and_what_stands_behind_it_are_ours() -> None:
    wanted = [("198.51.100.23", ""), ("203.0.113.5", "target"), ("10.20.1.9", "target")]

    assert parties(events("azure_firewall_structured")[2]) == wanted
    assert parties(events("azure_firewall_legacy")[1]) == wanted


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("TCP request from 10.0.0.4:1 to 10.0.0.5:2. Action: Deny", "AZFWNetworkRule"),
        ("TCP request from 10.0.0.4:1 to 10.0.0.5:2 was DNAT'ed to 10.0.0.6:2", "AZFWNatRule"),
        ("TCP request from 10.0.0.4:1 to 10.0.0.5:2. Action: Deny. ThreatIntel: Bots", "AZFWThreatIntel"),
        ("TCP request from 10.0.0.4:1 to 10.0.0.5:2. Action: Deny. Signature: 1. IDS: x", "AZFWIdpsSignature"),
        ("HTTPS request from 10.0.0.4:1 to a.contoso.example:443. Action: Deny", "AZFWApplicationRule"),
        ("Nothing of the kind", "AzureFirewallNetworkRule"),
    ],
)
def test_a_legacy_record_has_the_kind_of_the_structured_log_that_says_the_same(message: str, kind: str) -> None:
    assert read(legacy("AzureFirewallNetworkRule", message)).kind == kind


def test_a_sentence_in_no_known_form_is_the_title_and_names_nobody() -> None:
    event = read(legacy("AzureFirewallNetworkRule", "TCP traffic of 10.0.0.4 was odd"))

    assert (event.title, parties(event)) == ("TCP traffic of 10.0.0.4 was odd", [])


@pytest.mark.parametrize("message", [None, "", " ", {"a": 1}])
def test_a_legacy_record_without_its_message_is_unreadable(message: Any) -> None:
    letter = refused({"records": [legacy("AzureFirewallDnsProxy", message)]})

    assert letter.reason == "the record has no message"
    assert (letter.where, letter.source) == ("$.records[0].properties.msg", "azure_firewall")


def test_names_and_addresses_on_the_web_are_what_the_firewall_saw() -> None:
    event = read(structured("AZFWApplicationRule", Fqdn="a.contoso.example", TargetUrl="a.contoso.example/b", **ENDS))

    assert Domain(name="a.contoso.example") in event.entities
    assert Url(url="a.contoso.example/b") in event.entities


@pytest.mark.parametrize("text", ["", None, "-1", "X.X.X.X", "127.0.0.1", "::", "999.1.1.1", ["10.0.0.1"], "n/a"])
def test_what_is_no_address_is_left_out(text: Any) -> None:
    assert parties(read(structured("AZFWNetworkRule", SourceIp=text, DestinationIp=text))) == []


def test_a_row_says_the_same_as_the_record_it_came_from() -> None:
    record = read(structured("AZFWThreatIntel", **ENDS, ThreatDescription="Port Scan", Action="Alert"))
    row = {"Type": "AZFWThreatIntel", "TimeGenerated": "2026-03-02T08:40:00Z", "_ResourceId": FIREWALL, **ENDS}
    found = read({**row, "ThreatDescription": "Port Scan", "Action": "Alert", "TenantId": "not the tenant"})

    for name in ("kind", "title", "status", "time", "subscription", "tenant", "entities"):
        assert getattr(found, name) == getattr(record, name)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"SignatureId": "1", "Category": "Misc"}, "AZFWIdpsSignature"),
        ({"ThreatDescription": "Bots"}, "AZFWThreatIntel"),
        ({"TranslatedIp": "10.0.0.9"}, "AZFWNatRule"),
        ({"RuleCollectionGroup": "", "Fqdn": "a.contoso.example"}, "AZFWApplicationRule"),
        ({"RuleCollectionGroup": ""}, "AZFWNetworkRule"),
        ({"QueryName": "a.contoso.example.", "QueryClass": "IN"}, "AZFWDnsQuery"),
    ],
)
def test_a_row_without_the_name_of_its_table_is_known_by_its_columns(columns: dict[str, str], kind: str) -> None:
    assert read({"TimeGenerated": "2026-03-02T08:40:00Z", **ENDS, **columns}).kind == kind


def test_other_logs_are_left_to_others() -> None:
    found, dead = SOURCES.read(json.dumps(structured("AZFWSomethingElse", **ENDS)).encode())

    assert "azure_firewall" not in [*(event.source for event in found), *(letter.source for letter in dead)]
