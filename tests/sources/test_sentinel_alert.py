from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, File, Host, Ip
from shared.model.event import Event
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events, recording

TRIGGER = "sentinel_alert_trigger"
MDC = "2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"
OWN = "d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e5f6"
ZEROS = "00000000-0000-0000-0000-000000000000"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
OTHER = "11111111-2222-4333-8444-555555555555"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-web-01"
LAW = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law"


def row(**changes: Any) -> dict[str, Any]:
    """A row of data export with other values in some of its columns."""
    (found,) = json.loads(recording("sentinel_alert_row"))["records"]
    return {**found, **changes}


def resource(**changes: Any) -> dict[str, Any]:
    """An alert of an incident with other properties."""
    found: dict[str, Any] = json.loads(recording("sentinel_alert_of_incident"))["value"][0]
    return {**found, "properties": {**found["properties"], **changes}}


def test_one_alert_as_row_as_resource_kept_and_handed_over_is_one_case() -> None:
    found: list[Event] = [
        event("sentinel_alert_row"),
        events("sentinel_alert_of_incident")[0],
        event("sentinel_alert_bookmark"),
        event("sentinel_alert_trigger_defender"),
    ]

    assert {(e.case, e.same, e.id) for e in found} == {(f"alert:{MDC}", (f"alert:{OWN}",), OWN)}
    assert {(e.title, e.severity, e.product, e.kind) for e in found} == {
        ("Successful brute force attack", Severity.HIGH, "Microsoft Defender for Cloud", "VM_LoginBruteForceSuccess")
    }


@pytest.mark.parametrize(
    ("changes", "known", "case", "same"),
    [
        ({"VendorOriginalId": None}, OWN, OWN, ()),
        ({"VendorOriginalId": ZEROS}, OWN, OWN, ()),
        ({"VendorOriginalId": OWN.upper()}, OWN, OWN, ()),
        ({"SystemAlertId": None}, MDC, MDC, ()),
        ({"SystemAlertId": ZEROS}, MDC, MDC, ()),
        ({"ProviderAlertId": "sn" + ZEROS[:-1] + "1"}, OWN, MDC, (f"alert:{ZEROS[:-1]}1", f"alert:{OWN}")),
    ],
)
def test_the_case_is_the_id_at_the_product_or_else_that_in_sentinel(
    changes: dict[str, Any], known: str, case: str, same: tuple[str, ...]
) -> None:
    found = read(row(**changes))

    assert (found.id, found.case, found.same) == (known, f"alert:{case.lower()}", same)


@pytest.mark.parametrize("none", [None, "", ZEROS, "None"])
def test_an_alert_without_an_id_is_unreadable(none: str | None) -> None:
    letter = refused(row(SystemAlertId=none, VendorOriginalId=none))

    assert (letter.reason, letter.where) == ("the alert has no id of its own", "$.SystemAlertId")
    assert letter.source == "sentinel_alert"


def test_the_name_in_a_row_is_no_id_of_the_alert() -> None:
    assert refused(row(SystemAlertId=None, VendorOriginalId=None, Name=OWN)).where == "$.SystemAlertId"


def test_a_resource_without_ids_among_its_facts_has_its_name() -> None:
    assert read(resource(systemAlertId=None, providerAlertId=None)).id == OWN
    assert refused({**resource(systemAlertId=None, providerAlertId=None), "name": "x"}).where == "$.SystemAlertId"


@pytest.mark.parametrize("kind", ["SecurityAlert", "securityalert", None])
def test_a_row_is_known_by_its_table_or_by_its_columns(kind: str | None) -> None:
    assert read(row(Type=kind)).source == "sentinel_alert"
    assert read(row(Type=kind, VendorOriginalId=None)).source == "sentinel_alert"
    assert read(row(Type=kind, SystemAlertId=None)).source == "sentinel_alert"
    assert read({"Type": "SecurityAlert", "SystemAlertId": OWN, "AlertName": "a"}).source == "sentinel_alert"


def test_the_workspace_in_tenant_id_is_never_taken_for_the_tenant() -> None:
    assert [event(name).tenant for name in ("sentinel_alert_row", "sentinel_alert_row_scheduled")] == ["", ""]


def test_the_query_of_a_rule_names_no_entities() -> None:
    found = event("sentinel_alert_row_scheduled")

    assert [e.address for e in found.entities if isinstance(e, Ip)] == ["198.51.100.7"]
    assert read({**body("sentinel_alert_row_scheduled"), "Entities": ""}).entities == ()


@pytest.mark.parametrize(
    ("changes", "product"),
    [
        ({"ProductName": "Azure Sentinel"}, "Microsoft Sentinel"),
        ({"ProductName": ""}, "Microsoft Defender for Cloud"),
        ({"ProductName": None, "ProviderName": "ASI Scheduled Alerts"}, "Microsoft Sentinel"),
        ({"ProductName": None, "ProviderName": "ASI NRT Alerts"}, "Microsoft Sentinel"),
        ({"ProductName": None, "ProviderName": "MDATP"}, "Microsoft Defender for Endpoint"),
        ({"ProductName": "Contoso Watch"}, "Contoso Watch"),
    ],
)
def test_the_product_is_the_one_that_detected_it(changes: dict[str, Any], product: str) -> None:
    assert read(row(**changes)).product == product


@pytest.mark.parametrize(
    ("changes", "subscription"),
    [
        ({"WorkspaceSubscriptionId": OTHER}, SUBSCRIPTION),
        ({"WorkspaceSubscriptionId": OTHER, "ResourceId": ""}, OTHER),
        ({"WorkspaceSubscriptionId": "", "ResourceId": ""}, SUBSCRIPTION),
        ({"WorkspaceSubscriptionId": "<subscription>", "ResourceId": "", "Entities": ""}, ""),
    ],
)
def test_the_subscription_is_that_of_the_resource_before_that_of_the_workspace(
    changes: dict[str, Any], subscription: str
) -> None:
    assert read(row(**changes)).subscription == subscription


@pytest.mark.parametrize(
    ("tactics", "found"),
    [
        ("InitialAccess, CredentialAccess", ("InitialAccess", "CredentialAccess")),
        ("PreAttack", ()),
        ("Unknown", ()),
        ("", ()),
        ('["Impact"]', ("Impact",)),
    ],
)
def test_only_tactics_are_tactics(tactics: str, found: tuple[str, ...]) -> None:
    assert read(row(Tactics=tactics)).tactics == found


def test_the_machine_that_is_called_compromised_is_named_where_its_resource_is_known() -> None:
    machine = Host(azure_id=VM, name="vm-web-01")

    assert read(row(Entities="")).entities == (machine, AzureResource(resource_id=VM))
    assert read(row(Entities="", CompromisedEntity="another")).entities == (AzureResource(resource_id=VM),)
    assert read(row(Entities="", ResourceId="")).entities == ()
    assert read(row(Entities="", ResourceId="", CompromisedEntity=VM)).entities == (AzureResource(resource_id=VM),)
    assert [e.name for e in read(row()).entities if isinstance(e, Host)] == ["vm-web-01"]


def test_the_workspace_is_no_resource_that_an_alert_is_about() -> None:
    assert read(row(Entities="", ResourceId=LAW)).entities == ()


def test_entities_that_a_client_put_under_their_kinds_are_read() -> None:
    assert event("sentinel_alert_row_odd").entities == (
        Host(name="vm-web-01", mde_device_id="0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
        File(name="invoice.exe", directory="C:\\Users\\adele\\Downloads"),
    )


@pytest.mark.parametrize("entities", ["not JSON", "[", "[null, 1, {}]", 17, {"host": 1}, [["x"]]])
def test_entities_that_are_none_are_left_out(entities: Any) -> None:
    assert read(row(Entities=entities, ResourceId="", CompromisedEntity="")).entities == ()


def test_references_in_the_text_of_entities_are_followed() -> None:
    session = [{"$id": "2", "SessionId": "s-1", "Account": {"$ref": "3"}, "Type": "cloud-logon-session"}]
    session += [{"$id": "3", "Name": "shopadmin", "Type": "account"}]

    assert Account(name="shopadmin") in read(row(Entities=json.dumps(session))).entities


def test_an_alert_that_groups_others_is_also_known_as_these() -> None:
    inside = [{"$id": "2", "SystemAlertId": ZEROS[:-1] + "7", "VendorOriginalId": "x_7", "Type": "SecurityAlert"}]
    inside.append({"$id": "3", "SystemAlertId": OWN, "VendorOriginalId": MDC, "Type": "alert"})

    assert read(row(IsIncident="True", Entities=json.dumps(inside))).same == (
        f"alert:{ZEROS[:-1]}7",
        f"alert:{OWN}",
        "alert:x_7",
    )


def test_only_secure_links_are_kept() -> None:
    assert event("sentinel_alert_row_scheduled").links == ("https://law.contoso.example/rows/17",)
    assert read(row(ExtendedLinks="not JSON")).links == (row()["AlertLink"],)


@pytest.mark.parametrize(
    "changes",
    [
        {"ProductName": "Azure Security Center", "ProviderAlertId": MDC},
        {"ProductName": None, "ProviderName": "ASI Scheduled Alerts"},
        {"VendorOriginalId": MDC},
        {"Severity": None},
        {"Entities": []},
    ],
)
def test_what_the_alert_trigger_hands_over_is_not_taken_for_an_export_of_defender(changes: dict[str, Any]) -> None:
    assert read(body(TRIGGER, **changes)).source == "sentinel_alert"


def test_an_alert_that_an_automation_rule_hands_over_is_the_alert() -> None:
    handed = {"objectSchemaType": "Alert", "objectEventType": "Create", "workspaceInfo": {}, "object": resource()}

    assert read(handed).case == f"alert:{MDC}"
    assert read(handed).workspace == events("sentinel_alert_of_incident")[0].workspace


def test_a_row_with_underscores_in_its_names_is_read() -> None:
    found = read({"system_alert_id": OWN, "alert_severity": "Low", "display_name": "a", "provider_alert_id": MDC})

    assert (found.case, found.severity, found.title) == (f"alert:{MDC}", Severity.LOW, "a")


def test_a_resource_that_a_client_has_flattened_is_not_taken_for_an_export_either() -> None:
    given = resource(providerAlertId=None)

    assert read({**given.pop("properties"), **given}).source == "sentinel_alert"


@pytest.mark.parametrize("name", ["defender_vm_bruteforce", "defender_odd"])
def test_an_export_of_defender_is_left_to_it(name: str) -> None:
    assert {found.source for found in events(name)} == {"defender_for_cloud"}


def test_a_bookmark_among_the_entities_of_an_incident_is_the_alert_that_it_keeps() -> None:
    kept = body("sentinel_alert_bookmark", kind="Bookmark", type="Microsoft.SecurityInsights/Entities")

    assert read(kept).case == f"alert:{MDC}"


def test_a_bookmark_of_anything_else_is_not_an_alert() -> None:
    kept = body("sentinel_alert_bookmark")
    for other in ({"Type": "SigninLogs"}, {"Type": "BehaviorAnalytics", "SystemAlertId": OWN}):
        kept["properties"]["queryResult"] = json.dumps(other)
        assert refused(kept).reason.startswith("no source knows it; its fields: ")
