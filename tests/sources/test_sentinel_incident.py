from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Host
from tests.sources.bodies import body, incident, read, refused
from tests.sources.goldens import SOURCES, recording

TRIGGER = "sentinel_incident_vm"
RESOURCE = "sentinel_incident_resource"
NUMBER = "c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
ZEROS = "00000000-0000-0000-0000-000000000000"


def test_the_trigger_and_the_resource_are_one_case() -> None:
    trigger, resource = read(body(TRIGGER)), read(body(RESOURCE))

    assert trigger.case == resource.case == f"incident:sentinel:{NUMBER}"
    assert (trigger.title, trigger.time, trigger.workspace) == (resource.title, resource.time, resource.workspace)


@pytest.mark.parametrize("name", ["", NUMBER.upper(), "incident-4711", ZEROS])
def test_the_id_is_the_name_or_else_the_end_of_the_resource_id(name: str) -> None:
    assert read(body(RESOURCE, name=name or None)).id == NUMBER


def test_an_incident_that_is_forwarded_in_more_wrapping_is_the_same() -> None:
    trigger = body(TRIGGER)
    wanted = read(trigger)

    for wrapped in (
        {"object": trigger},
        {"object": json.dumps(trigger)},
        {**trigger, "object": json.dumps(trigger["object"])},
    ):
        assert read(wrapped).entities == wanted.entities
        assert read(wrapped).case == wanted.case
        assert read(wrapped).subscription == SUBSCRIPTION


@pytest.mark.parametrize(
    "changes",
    [
        {"objectSchemaType": None},
        {"objectSchemaType": None, "SchemaType": "incident"},
        {"objectSchemaType": "INCIDENT", "object": {"name": NUMBER}},
    ],
)
def test_a_trigger_is_known_by_its_schema_or_by_what_it_carries(changes: dict[str, Any]) -> None:
    assert read(body(TRIGGER, **changes)).id == NUMBER


@pytest.mark.parametrize(
    "changes",
    [
        {"objectSchemaType": "Alert"},
        {"objectSchemaType": "Entity"},
        {"objectSchemaType": None, "object": {"name": NUMBER}},
        {"objectSchemaType": None, "object": "text"},
        {"objectSchemaType": None, "object": None},
    ],
)
def test_a_trigger_on_something_else_is_not_an_incident(changes: dict[str, Any]) -> None:
    assert refused(body(TRIGGER, **changes)).reason.startswith("no source knows it; its fields: ")


@pytest.mark.parametrize("kind", ["comments", "tasks", "relations"])
def test_what_lies_below_an_incident_is_not_an_incident(kind: str) -> None:
    below = {"id": f"{body(RESOURCE)['id']}/{kind}/{SUBSCRIPTION}", "name": SUBSCRIPTION}

    assert (
        "no source knows it"
        in refused(body(RESOURCE, **below, type=f"Microsoft.SecurityInsights/Incidents/{kind}")).reason
    )
    assert "no source knows it" in refused(body(RESOURCE, **below, type=None)).reason


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({**body(RESOURCE, name="x", id="1"), "properties": {"title": "a"}}, "$.name"),
        (body(TRIGGER, object={"name": ZEROS}), "$.object.name"),
        (body(TRIGGER, object="text"), "$.object.name"),
        ({"object": body(TRIGGER, object={"name": "x"})}, "$.object.object.name"),
    ],
)
def test_an_incident_without_an_id_is_unreadable(value: Any, where: str) -> None:
    letter = refused(value)

    assert (letter.reason, letter.where, letter.source) == ("the incident has no id", where, "sentinel_incident")


def alert(**properties: Any) -> dict[str, Any]:
    return {"kind": "SecurityAlert", "properties": properties}


def test_an_incident_is_also_known_by_every_alert_in_it() -> None:
    event = read(
        incident(
            TRIGGER,
            alerts=[
                alert(providerAlertId="B_2", systemAlertId="x"),
                alert(vendorOriginalId="a_1"),
                alert(providerAlertId=None, systemAlertId="c_3"),
                alert(providerAlertId=ZEROS, systemAlertId="c_4"),
                alert(providerAlertId="b_2"),
                alert(),
                "text",
                {"properties": None},
            ],
        )
    )

    assert event.same == ("alert:a_1", "alert:b_2", "alert:c_3", "alert:c_4", "alert:x")


def test_the_analyst_who_owns_an_incident_is_never_one_of_its_accounts() -> None:
    owner = {
        "objectId": SUBSCRIPTION,
        "email": "analyst@contoso.example",
        "userPrincipalName": "analyst@contoso.example",
    }
    event = read(incident("sentinel_incident_session", owner=owner))

    assert [e.upn for e in event.entities if isinstance(e, Account)] == ["adele.vance@contoso.example"]


def test_entities_are_read_with_their_properties_or_flat() -> None:
    related = [
        {"kind": "Host", "properties": {"hostName": "vm-a"}},
        {"kind": "host", "HostName": "vm-b"},
        None,
        {"a": 1},
    ]

    assert read(incident(TRIGGER, relatedEntities=related, alerts=[])).entities == (
        Host(name="vm-a"),
        Host(name="vm-b"),
    )


def test_the_resources_of_the_alerts_are_entities_too() -> None:
    vm = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
    alerts = [alert(resourceIdentifiers=[{"resourceId": vm}, {"workspaceId": "x"}, {"azureResourceId": "vm"}])]

    assert read(incident(TRIGGER, relatedEntities=None, alerts=alerts)).entities == (AzureResource(resource_id=vm),)


@pytest.mark.parametrize(
    ("changes", "products"),
    [
        ({}, ("Microsoft Defender for Cloud",)),
        ({"additionalData": {"alertProductNames": ["Azure Sentinel"]}, "alerts": None}, ("Microsoft Sentinel",)),
        ({"additionalData": None}, ("Microsoft Defender for Cloud",)),
        ({"additionalData": None, "alerts": [alert(), alert(productName="Contoso Watch")]}, ("Contoso Watch",)),
        ({"additionalData": None, "alerts": None}, ()),
    ],
)
def test_an_incident_is_sentinels_and_names_the_products_of_its_alerts(
    changes: dict[str, Any], products: tuple[str, ...]
) -> None:
    found = read(incident(TRIGGER, **changes))

    assert (found.product, found.products) == ("Microsoft Sentinel", products)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "VM_LoginBruteForceSuccess"),
        ({"alerts": [alert(alertType=""), alert(alertType="second")]}, "second"),
        ({"alerts": []}, "7a6b5c4d-3e2f-4a1b-9c0d-8e7f6a5b4c3d"),
        ({"alerts": [], "relatedAnalyticRuleIds": []}, "incident"),
    ],
)
def test_the_kind_is_what_fired(changes: dict[str, Any], kind: str) -> None:
    assert read(incident(TRIGGER, **changes)).kind == kind


def test_tactics_and_techniques_come_from_the_incident_and_its_alerts() -> None:
    event = read(
        incident(
            TRIGGER,
            additionalData={"tactics": ["PreAttack", "InitialAccess"], "techniques": ["T1110"]},
            alerts=[alert(tactics=["Execution"], techniques=["T1059"], subTechniques=["T1059.004"])],
        )
    )

    assert event.tactics == ("InitialAccess", "Execution")
    assert event.techniques == ("T1110", "T1059", "T1059.004")


def test_where_the_resource_id_is_redacted_the_workspace_or_the_link_tells_the_subscription() -> None:
    trigger = body(TRIGGER)
    redacted = {"id": trigger["object"]["id"].replace(SUBSCRIPTION, "<REDACTED>")}
    trigger["object"].update(redacted)
    link = trigger["object"]["properties"]["incidentUrl"]

    assert read(trigger).subscription == SUBSCRIPTION
    assert read({**trigger, "workspaceInfo": None}).subscription == SUBSCRIPTION
    trigger["object"]["properties"]["incidentUrl"] = link.replace(SUBSCRIPTION, "<REDACTED>")
    assert read({**trigger, "workspaceInfo": None}).subscription == ""
    assert read(trigger).workspace == ""


def test_a_list_gives_every_incident_in_it_and_passes_nothing_over() -> None:
    found, dead = SOURCES.read(recording("sentinel_incident_list"))

    assert [event.title for event in found] == ["Opened by hand", "Without a type", ""]
    assert [letter.where for letter in dead] == ["$.value[3]", "$.value[4].name"]
