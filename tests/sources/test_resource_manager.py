from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Ip, ServicePrincipal
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import SOURCES, event

ROLE = "resource_manager_role_assignment"
LOCK = "resource_manager_lock_deleted_cloudevent"
KEYS = "resource_manager_list_keys_refused"
TEXT = "resource_manager_text_odd"
VM = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)


def with_data(name: str, **changes: Any) -> dict[str, Any]:
    given = body(name)
    return {**given, "data": {**given["data"], **changes}}


@pytest.mark.parametrize(
    ("name", "operation", "status"),
    [
        (ROLE, "Microsoft.Authorization/roleAssignments/write", "Succeeded"),
        (LOCK, "Microsoft.Authorization/locks/delete", "Succeeded"),
        (KEYS, "Microsoft.Storage/storageAccounts/listKeys/action", "Failed"),
        (TEXT, "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE", "Canceled"),
    ],
)
def test_the_operation_is_the_kind_so_that_playbooks_can_ask_for_it(name: str, operation: str, status: str) -> None:
    found = event(name)

    assert (found.kind, found.title, found.status, found.severity) == (operation, operation, status, None)


def test_a_user_is_known_by_the_full_names_of_the_claims() -> None:
    (user,) = (entity for entity in event(ROLE).entities if isinstance(entity, Account))

    assert (user.upn, user.object_id) == ("adele.vance@contoso.example", "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f")


def test_an_application_that_speaks_for_itself_is_known_by_claims_in_a_text() -> None:
    assert ServicePrincipal(
        object_id="6c1d2e3f-4051-4627-8839-4a5b6c7d8e9f", app_id="3a4b5c6d-7e8f-4901-a2b3-c4d5e6f70819"
    ) in (event(LOCK).entities)


def test_the_resource_that_a_lock_is_on_is_named_too() -> None:
    places = [entity.resource_id for entity in event(LOCK).entities if isinstance(entity, AzureResource)]

    assert places == [f"{VM}/providers/Microsoft.Authorization/locks/keep", VM]


@pytest.mark.parametrize(
    ("request_", "address"),
    [
        ({"clientIpAddress": "203.0.113.9"}, "203.0.113.9"),
        ('{"clientIpAddress": "203.0.113.9"}', "203.0.113.9"),
        ({"clientIpAddress": "{IP-address}"}, "198.51.100.23"),
        ({}, "198.51.100.23"),
        ("", "198.51.100.23"),
        (None, "198.51.100.23"),
        ("{request-operation}", "198.51.100.23"),
        (17, "198.51.100.23"),
    ],
)
def test_the_address_is_that_of_the_request_and_else_of_the_token(request_: Any, address: str) -> None:
    found = read(with_data(ROLE, httpRequest=request_))

    assert [entity.address for entity in found.entities if isinstance(entity, Ip)] == [address]


@pytest.mark.parametrize("claims", [None, "", {}, "{azure_resource_manager_claims}", {"appid": "{ID}", "name": "{n}"}])
def test_without_certain_claims_nobody_is_named(claims: Any) -> None:
    found = read(with_data(KEYS, claims=claims))

    assert [type(entity) for entity in found.entities] == [AzureResource]


def test_the_resource_is_looked_for_in_all_places() -> None:
    scope = {"scope": VM, "action": "Microsoft.Compute/virtualMachines/deallocate/action"}
    found = read({**with_data(KEYS, resourceUri=None, operationName=None, authorization=scope), "subject": ""})

    assert found.entities[0] == AzureResource(resource_id=VM)
    assert found.kind == "Microsoft.Compute/virtualMachines/deallocate/action"


@pytest.mark.parametrize(
    ("word", "status"),
    [("ResourceWriteSuccess", "Succeeded"), ("ResourceDeleteFailure", "Failed"), ("ResourceActionCancel", "Canceled")],
)
def test_the_type_tells_the_result_if_the_data_does_not(word: str, status: str) -> None:
    assert read({**with_data(ROLE, status=None), "eventType": f"Microsoft.Resources.{word}"}).status == status


def test_events_of_a_batch_that_share_an_id_are_cases_of_their_own() -> None:
    other = with_data(ROLE, resourceUri=VM)

    assert read(other).id == event(ROLE).id
    assert read(other).case != event(ROLE).case
    assert (
        read(with_data(ROLE, operationName="Microsoft.Authorization/roleAssignments/delete")).case != event(ROLE).case
    )


def test_an_event_that_comes_twice_is_one_case() -> None:
    assert read(body(ROLE, eventTime="2026-03-02T10:09:00Z")).case == event(ROLE).case


@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Network/privateEndpoints/write",
        "MICROSOFT.STORAGE/STORAGEACCOUNTS/PRIVATEENDPOINTCONNECTIONS/WRITE",
    ],
)
def test_private_endpoints_are_left_to_another_source(operation: str) -> None:
    events, _ = SOURCES.read(json.dumps(with_data(ROLE, operationName=operation)).encode())

    assert "resource_manager" not in {found.source for found in events}


def test_an_event_that_says_nothing_is_unreadable() -> None:
    letter = refused(body(LOCK, data="{}"))

    assert (letter.reason, letter.where, letter.source) == ("the event says nothing", "$.data", "resource_manager")


def test_an_event_is_one_case_in_both_schemas() -> None:
    given = body(ROLE)
    renamed = {"topic": "source", "eventType": "type", "eventTime": "time"}
    cloud = {renamed.get(name, name): value for name, value in given.items()} | {"specversion": "1.0"}

    assert read(cloud).case == event(ROLE).case
    assert read(cloud).entities == event(ROLE).entities
