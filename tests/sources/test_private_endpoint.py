from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Ip
from tests.sources.bodies import body, read
from tests.sources.goldens import SOURCES, event, events

GROUP = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop/providers"
ENDPOINT = f"{GROUP}/Microsoft.Network/privateEndpoints/pe-shop"
SERVICE = f"{GROUP}/Microsoft.Storage/storageAccounts/stcontososhop"
CONNECTION = f"{SERVICE}/privateEndpointConnections/stcontososhop.6f1d2c3b-4a59-4687-9a6b-5c4d3e2f1a0b"
WRITE = "Microsoft.Storage/storageAccounts/privateEndpointConnections/write"


def record(operation: str = WRITE, place: str = CONNECTION, **changes: Any) -> dict[str, Any]:
    said = {"time": "2026-03-02T10:00:00Z", "category": "Administrative", "resultType": "Success"}
    return {**said, "operationName": operation, "resourceId": place, **changes}


def grid(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(json.dumps(body("private_endpoint_cloudevent")))
    given["data"].update(changes)
    return given


def readers(value: Any) -> list[str]:
    found, dead = SOURCES.read(json.dumps(value).encode())
    return [*(each.source for each in found), *(letter.source for letter in dead)]


def resources(value: Any) -> list[str]:
    return [entity.resource_id for entity in read(value).entities if isinstance(entity, AzureResource)]


@pytest.mark.parametrize(
    ("operation", "reader"),
    [
        ("Microsoft.Network/privateEndpoints/write", "private_endpoint"),
        ("MICROSOFT.NETWORK/PRIVATEENDPOINTS/DELETE", "private_endpoint"),
        (WRITE, "private_endpoint"),
        ("Microsoft.KeyVault/vaults/privateEndpointConnectionProxies/validate/action", "private_endpoint"),
        ("Microsoft.Network/virtualNetworks/write", "another"),
        ("Microsoft.Network/privateLinkServices/write", "another"),
    ],
)
def test_exactly_one_source_reads_an_operation_on_every_channel(operation: str, reader: str) -> None:
    others = {"activity_log": record(operation), "resource_manager": grid(operationName=operation)}
    answered = body("private_endpoint_answer")["value"][0]
    row = {**body("private_endpoint_row")["records"][0], "OperationNameValue": operation}

    for another, value in others.items():
        assert readers(value) == [another if reader == "another" else reader]
    for value in ({**answered, "operationName": {"value": operation}}, row):
        assert readers(value) == ["activity_log" if reader == "another" else reader]


def test_the_same_operation_through_event_grid_and_through_the_log_is_one_case_in_every_form() -> None:
    cases = {
        events("private_endpoint_event_grid")[1].case,
        events("private_endpoint_activity_log")[1].case,
        event("private_endpoint_answer").case,
        event("private_endpoint_row").case,
    }

    assert len(cases) == 1


def test_what_one_deployment_does_is_a_case_for_each_operation_resource_and_status() -> None:
    log, grid_events = events("private_endpoint_activity_log"), events("private_endpoint_event_grid")

    assert len({each.case for each in log}) == len(log)
    assert len({each.case for each in grid_events}) == len(grid_events)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("Approved", "approved"),
        ("Rejected", "rejected"),
        ("Pending", "pending"),
        ("Disconnected", "disconnected"),
        (None, "written"),
    ],
)
@pytest.mark.parametrize("name", ["requestbody", "responseBody"])
def test_what_became_of_a_connection_stands_in_the_title(name: str, state: str | None, title: str) -> None:
    sent = json.dumps({"properties": {"privateLinkServiceConnectionState": {"status": state}}})
    found = read(record(properties={name: sent}))

    assert found.title.endswith(f" on stcontososhop {title} (Success)")
    assert found.title.startswith("Private endpoint connection stcontososhop.6f1d2c3b")


@pytest.mark.parametrize(
    ("operation", "place", "title"),
    [
        ("Microsoft.Network/privateEndpoints/write", ENDPOINT, "Private endpoint pe-shop written (Success)"),
        ("Microsoft.Network/privateEndpoints/delete", ENDPOINT, "Private endpoint pe-shop deleted (Success)"),
        (
            "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action",
            SERVICE,
            "Private endpoint connection on stcontososhop approved or rejected (Success)",
        ),
        (
            "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write",
            f"{ENDPOINT}/privateDnsZoneGroups/default",
            "Private endpoint DNS zone group default on pe-shop written (Success)",
        ),
        ("Microsoft.Network/privateEndpoints/write", "nowhere", "Private endpoint written (Success)"),
    ],
)
def test_the_title_says_what_was_done_to_what(operation: str, place: str, title: str) -> None:
    assert read(record(operation, place)).title == title


def test_the_service_the_endpoint_and_the_connection_are_entities() -> None:
    sent = json.dumps({"properties": {"privateEndpoint": {"id": ENDPOINT}}})

    assert resources(record(properties={"responseBody": sent})) == [CONNECTION, SERVICE, ENDPOINT]


@pytest.mark.parametrize("name", ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"])
def test_an_endpoint_names_the_service_that_it_asks_for(name: str) -> None:
    asked = {"properties": {name: [{"properties": {"privateLinkServiceId": SERVICE}}, None, {}]}}
    sent = record("Microsoft.Network/privateEndpoints/write", ENDPOINT, properties={"requestbody": json.dumps(asked)})

    assert resources(sent) == [ENDPOINT, SERVICE]


@pytest.mark.parametrize("sent", [None, "", "not json", "[]", "{}", 7, '{"properties": null}'])
def test_a_log_that_keeps_no_body_says_what_it_can(sent: Any) -> None:
    assert resources(record(properties={"requestbody": sent})) == [CONNECTION, SERVICE]


def test_who_did_it_and_from_where_is_known_on_every_channel() -> None:
    for name in ("private_endpoint_cloudevent", "private_endpoint_answer", "private_endpoint_row"):
        found = event(name)
        (account,) = (entity for entity in found.entities if isinstance(entity, Account))

        assert (account.upn, account.object_id) == ("ada@contoso.example", "b7c1d2e3-4f50-4617-8293-a4b5c6d7e8f9")
        assert Ip(address="198.51.100.40") in found.entities
        assert found.tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
        assert found.subscription == "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"


@pytest.mark.parametrize("placeholder", ["00000000-0000-0000-0000-000000000000", None, "", "n/a"])
def test_an_id_that_is_none_makes_no_case(placeholder: str | None) -> None:
    found = read(record(correlationId=placeholder, eventDataId=placeholder))

    assert (found.id, found.case[:24]) == ("", "record:private_endpoint:")
    assert read(grid(correlationId=placeholder)).case.startswith("object:private_endpoint:5a6b7c8d")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("ResourceWriteSuccess", "Succeeded"), ("ResourceDeleteFailure", "Failed"), ("ResourceActionCancel", "Canceled")],
)
def test_an_event_without_a_status_has_that_of_its_type(kind: str, status: str) -> None:
    found = read({**grid(status=None), "type": f"Microsoft.Resources.{kind}"})

    assert (found.status, found.case) == (status, read(grid(status=status)).case)


def test_nothing_is_rated_and_nobody_attacks() -> None:
    for found in events("private_endpoint_event_grid") + events("private_endpoint_activity_log"):
        assert found.severity is None
        assert {entity.role for entity in found.entities} == {""}
