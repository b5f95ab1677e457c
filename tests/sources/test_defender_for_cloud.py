from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Host, Ip
from shared.model.severity import Severity
from tests.sources.bodies import body, read, readers, refused
from tests.sources.goldens import event

NAME = "defender_vm_bruteforce"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-web-01"


def test_an_alert_names_its_machine_account_and_attacker_each_once() -> None:
    assert read(body(NAME)).entities == (
        Host(azure_id=VM, name="vm-web-01", agent_id="8f0c2d4e-6a1b-4c3d-9e5f-7b8a9c0d1e2f", os="Linux"),
        Ip(address="203.0.113.54", role="attacker"),
        Account(name="shopadmin"),
        AzureResource(resource_id=VM),
    )


@pytest.mark.parametrize("alert_id", ["", "null", "00000000-0000-0000-0000-000000000000", {"id": 1}, True])
def test_an_alert_without_an_id_of_its_own_is_unreadable(alert_id: Any) -> None:
    letter = refused([body(NAME, SystemAlertId=alert_id)])

    assert (letter.reason, letter.where) == ("the alert has no id of its own", "$[0].SystemAlertId")
    assert letter.source == "defender_for_cloud"


@pytest.mark.parametrize("missing", [("SystemAlertId",), ("AlertType", "AlertDisplayName")])
def test_a_body_without_what_every_alert_has_is_not_taken_for_one(missing: tuple[str, ...]) -> None:
    assert "defender_for_cloud" not in readers(body(NAME, **dict.fromkeys(missing)))


@pytest.mark.parametrize("missing", ["AlertType", "AlertDisplayName", "VendorName", "Severity", "ProductName"])
def test_what_is_missing_in_an_alert_does_not_make_it_another_thing(missing: str) -> None:
    event = read(body(NAME, **{missing: None}))

    assert event.source == "defender_for_cloud"
    assert event.product == "Microsoft Defender for Cloud"


@pytest.mark.parametrize("name", ["AlertSeverity", "VendorOriginalId", "ProviderName"])
def test_an_alert_as_sentinel_keeps_it_is_not_taken_for_an_export(name: str) -> None:
    assert readers(body(NAME, **{name: "High"})) == {"sentinel_alert"}


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
    bare = NOWHERE | {"ExtendedProperties": None}

    assert read(body(NAME, **(bare | {"CompromisedEntity": VM}))).entities == (AzureResource(resource_id=VM),)
    assert read(body(NAME, **(bare | {"CompromisedEntity": "vm-web-01"}))).entities == ()


@pytest.mark.parametrize(
    ("compromised", "place", "named"),
    [
        ("VM-WEB-01", VM, True),
        ("vm-web-01", VM.replace("Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"), True),
        ("vm-web-02", VM, False),
        ("vm-web-01", VM.replace("Microsoft.Compute/virtualMachines", "Microsoft.Sql/servers"), False),
        ("<name>", VM.replace("vm-web-01", "<name>"), False),
        (None, VM, False),
    ],
)
def test_a_short_name_is_a_machine_only_if_the_alert_names_its_resource(
    compromised: str | None, place: str, named: bool
) -> None:
    changes = {"CompromisedEntity": compromised, "ExtendedProperties": None, "AzureResourceId": place}
    event = read(body(NAME, **(NOWHERE | changes)))

    hosts = [entity for entity in event.entities if isinstance(entity, Host)]
    assert hosts == ([Host(azure_id=place, name=compromised or "")] if named else [])


def test_a_machine_that_is_already_named_is_not_named_again() -> None:
    hosts = [entity for entity in read(body(NAME)).entities if isinstance(entity, Host)]

    assert [host.agent_id for host in hosts] == ["8f0c2d4e-6a1b-4c3d-9e5f-7b8a9c0d1e2f"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("attacker source IP", "203.0.113.54", [Ip(address="203.0.113.54", role="attacker")]),
        ("AttackerSourceIP", "IP Address: 203.0.113.54", [Ip(address="203.0.113.54", role="attacker")]),
        ("attackers", ["203.0.113.54", "x"], [Ip(address="203.0.113.54", role="attacker")]),
        ("client IP address", "203.0.113.54:1433", [Ip(address="203.0.113.54")]),
        ("clientIPAddress", "203.0.113.54", [Ip(address="203.0.113.54")]),
        ("Client IP Addresses", '["203.0.113.54", "198.51.100.23"]',
            [Ip(address="203.0.113.54"), Ip(address="198.51.100.23")]),
        ("source_ip", "2001:db8::7", [Ip(address="2001:db8::7")]),
        ("Compromised Host", "10.20.1.4", [Ip(address="10.20.1.4", role="target")]),
        ("Compromised Host", "vm-web-01", []),
        ("Attacked IP", "192.0.2.10", [Ip(address="192.0.2.10", role="target")]),
        ("number of IP addresses", "12", []),
        ("client IP address", "127.0.0.1, X.X.X.X, 123.456.7.89, <null>", []),
        ("client application", "4.0.0.1", []),
        ("description", "203.0.113.54", []),
        ("zip", "203.0.113.54", []),
        ("client IP address", {"ip": "203.0.113.54"}, []),
        ("client IP address", None, []),
    ],
)  # fmt: skip
def test_an_extended_property_holds_addresses_if_its_name_says_so(name: str, value: Any, found: list[Ip]) -> None:
    event = read(body(NAME, **(NOWHERE | {"ExtendedProperties": {"resourceType": "x", name: value}})))

    assert list(event.entities) == found


@pytest.mark.parametrize(
    ("kind", "name", "account"),
    [
        ("SQL.DB_BruteForce", "shopadmin@sql-contoso-shop", Account(name="shopadmin")),
        ("SIMULATED_SQL.VM_BruteForce", "sa@local", Account(name="sa")),
        ("SQL.DB_BruteForce", "sa", Account(name="sa")),
        ("SQL.DB_BruteForce", "adele.vance@contoso.example",
            Account(name="adele.vance", upn="adele.vance@contoso.example")),
        ("VM_LoginBruteForceSuccess", "shopadmin@host", Account(name="shopadmin", upn="shopadmin@host")),
    ],
)  # fmt: skip
def test_a_login_at_a_database_server_is_no_user_principal_name(kind: str, name: str, account: Account) -> None:
    item = {"Type": "account", "Name": name}
    event = read(body(NAME, **(NOWHERE | {"ExtendedProperties": None, "AlertType": kind, "Entities": [item]})))

    assert event.entities == (account,)


def test_the_host_of_an_alert_on_a_database_is_the_clients() -> None:
    found = event("defender_sql_login").entities

    assert found[:3] == (Host(name="DESKTOP-7Q2"), Account(name="shopadmin"), Ip(address="203.0.113.54"))
