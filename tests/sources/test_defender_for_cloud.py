from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Host, Ip
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused

NAME = "defender_vm_bruteforce"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-web-01"


def test_an_alert_names_its_machine_account_and_attacker_each_once() -> None:
    assert read(body(NAME)).entities == (
        Host(azure_id=VM, name="vm-web-01", agent_id="8f0c2d4e-6a1b-4c3d-9e5f-7b8a9c0d1e2f", os="Linux"),
        Ip(address="203.0.113.54"),
        Account(name="shopadmin"),
        AzureResource(resource_id=VM),
    )


@pytest.mark.parametrize("alert_id", ["", "null", "00000000-0000-0000-0000-000000000000", {"id": 1}, True])
def test_an_alert_without_an_id_of_its_own_is_unreadable(alert_id: Any) -> None:
    letter = refused([body(NAME, SystemAlertId=alert_id)])

    assert (letter.reason, letter.where) == ("the alert has no id of its own", "$[0].SystemAlertId")
    assert letter.source == "defender_for_cloud"


@pytest.mark.parametrize("name", ["SystemAlertId", "AlertType", "VendorName", "Severity"])
def test_a_body_without_what_every_alert_has_is_not_taken_for_one(name: str) -> None:
    assert refused(body(NAME, **{name: None})).reason.startswith("no source knows it; its fields: ")


def test_a_row_of_log_analytics_is_not_taken_for_an_export() -> None:
    assert refused(body(NAME, AlertSeverity="High")).reason.startswith("no source knows it; its fields: ")


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("High", Severity.HIGH),
        ("informational", Severity.INFORMATIONAL),
        ("Critical", Severity.CRITICAL),
        ("Sev1", None),
    ],
)
def test_a_severity_that_is_not_known_keeps_its_word(word: str, severity: Severity | None) -> None:
    event = read(body(NAME, Severity=word))

    assert (event.severity, event.severity_word) == (severity, word)


@pytest.mark.parametrize(
    ("changes", "time"),
    [
        ({}, "2026-03-02T08:55:03.117Z"),
        ({"TimeGenerated": "soon"}, "2026-03-02T08:55:03.0048812Z"),
        ({"TimeGenerated": None, "ProcessingEndTime": "0001-01-01T00:00:00"}, "2026-03-02T08:52:37.9911223Z"),
        ({"TimeGenerated": 5, "ProcessingEndTime": "", "EndTimeUtc": None}, "2026-03-02T08:41:10.2233445Z"),
        ({"TimeGenerated": "", "ProcessingEndTime": "", "EndTimeUtc": "", "StartTimeUtc": ""}, ""),
    ],
)
def test_the_time_is_the_first_that_can_be_read(changes: dict[str, Any], time: str) -> None:
    assert read(body(NAME, **changes)).time == time


NOWHERE: dict[str, Any] = {
    "AzureResourceId": None,
    "ResourceIdentifiers": [],
    "Entities": [],
    "CompromisedEntity": None,
    "AlertUri": None,
}


@pytest.mark.parametrize(
    "place",
    [
        {"AzureResourceId": f"/subscriptions/{SUBSCRIPTION.upper()}"},
        {"AzureResourceId": VM},
        {"ResourceIdentifiers": [{"AadTenantId": TENANT}, {"AzureResourceId": f"/subscriptions/{SUBSCRIPTION}"}]},
        {"Entities": [{"Type": "host", "AzureID": VM}]},
        {"Entities": [{"Type": "azure-resource", "ResourceId": VM}]},
        {"CompromisedEntity": f"/subscriptions/{SUBSCRIPTION}"},
        {"AlertUri": f"https://portal.azure.com/#blade/x/alertId/1/subscriptionId/{SUBSCRIPTION}/resourceGroup/rg"},
    ],
)
def test_the_subscription_is_found_wherever_it_stands(place: dict[str, Any]) -> None:
    assert read(body(NAME, **NOWHERE)).subscription == ""
    assert read(body(NAME, **(NOWHERE | place))).subscription == SUBSCRIPTION


def test_a_redacted_subscription_is_none() -> None:
    event = read(body(NAME, **(NOWHERE | {"AzureResourceId": VM.replace(SUBSCRIPTION, "<REDACTED>")})))

    assert event.subscription == ""


@pytest.mark.parametrize(
    ("identifiers", "tenant"),
    [
        ([{"AadTenantId": TENANT.upper()}], TENANT),
        ([{"AzureResourceTenantId": TENANT}], TENANT),
        ([{"AadTenantId": "00000000-0000-0000-0000-000000000000"}, {"AadTenantId": TENANT}], TENANT),
        ([{"AadTenantId": "String"}], ""),
        ("text", ""),
    ],
)
def test_the_tenant_is_the_first_that_is_one(identifiers: Any, tenant: str) -> None:
    assert read(body(NAME, ResourceIdentifiers=identifiers)).tenant == tenant


@pytest.mark.parametrize(
    ("changes", "techniques"),
    [
        ({}, ("T1110.001", "T1078")),
        ({"Techniques": ["T1059"], "SubTechniques": ["T1059.004"], "ExtendedProperties": None}, ("T1059", "T1059.004")),
        ({"ExtendedProperties": '{"MitreTechniques": "T1133"}'}, ("T1133",)),
        ({"ExtendedProperties": "{'single': 'quotes'}"}, ()),
    ],
)
def test_techniques_stand_in_several_places(changes: dict[str, Any], techniques: tuple[str, ...]) -> None:
    assert read(body(NAME, **changes)).techniques == techniques


def test_a_compromised_entity_is_a_target_only_if_it_is_a_resource_id() -> None:
    event = read(body(NAME, **(NOWHERE | {"CompromisedEntity": VM})))

    assert event.entities == (AzureResource(resource_id=VM),)
    assert read(body(NAME, **(NOWHERE | {"CompromisedEntity": "vm-web-01"}))).entities == ()
