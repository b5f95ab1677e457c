from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, DirectoryRole, Ip, Other, ServicePrincipal
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

DELETE = "activity_log_delete_vm"
DEFENDER = "activity_log_defender"
ROLE = "activity_log_role_assignment"
ROW = "activity_log_row"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ADA = Account(
    upn="ada@contoso.example", object_id="5a0c7e12-3d4b-4f6a-8b90-1c2d3e4f5a6b", puid="10032000ab12cd34", tenant=TENANT
)
PRINCIPAL = "d4c3b2a1-0f9e-4d8c-8b7a-69584736a5b4"


def record(name: str, /, **changes: Any) -> dict[str, Any]:
    """The first record of a recording, changed here and there."""
    given: dict[str, Any] = body(name)["records"][0]
    return {**given, **changes}


def test_start_and_end_of_an_operation_are_two_cases_and_the_end_is_one_in_all_forms() -> None:
    start, end = events(DELETE)

    assert start.case != end.case
    assert end.case == event("activity_log_rest").case == event(ROW).case
    assert start.id == end.id


def test_what_one_deployment_does_to_two_resources_is_two_cases() -> None:
    assert read(record(DELETE)).case != read(record(DELETE, resourceId="/subscriptions/x/resourceGroups/y")).case


@pytest.mark.parametrize("correlation", ["", None, "00000000-0000-0000-0000-000000000000"])
def test_a_record_without_an_id_is_its_own_case(correlation: str | None) -> None:
    assert read(record(DELETE, correlationId=correlation)).case.startswith("record:activity_log:")


def test_the_caller_and_its_address_are_named_in_every_form() -> None:
    for found in (events(DELETE)[0], event("activity_log_rest"), event(ROW)):
        assert found.entities[:2] == (ADA, Ip(address="203.0.113.54"))
        assert found.tenant == TENANT


@pytest.mark.parametrize(
    ("changes", "caller"),
    [
        ({"Claims": "", "Caller": "ada@contoso.example"}, Account(upn="ada@contoso.example")),
        ({"Claims": None, "Caller": PRINCIPAL}, Account(object_id=PRINCIPAL)),
        ({"Claims": None, "Caller": PRINCIPAL, "Authorization": ""}, None),
        ({"Claims": None, "Caller": "Microsoft.Advisor"}, None),
    ],
)
def test_a_caller_without_a_token_is_named_only_if_it_is_certain_what_it_is(
    changes: dict[str, Any], caller: Account | None
) -> None:
    callers = [entity for entity in read(body(ROW, **changes)).entities if isinstance(entity, (Account, Other))]

    assert callers == ([caller] if caller else [])


@pytest.mark.parametrize("address", ["<null>", "X.X.X.X", "127.0.0.1", "::1", ""])
def test_an_address_that_is_none_gives_way_to_that_of_the_token(address: str) -> None:
    assert Ip(address="203.0.113.54") in read(record(DELETE, callerIpAddress=address)).entities
    assert not [e for e in read(record(DELETE, callerIpAddress=address, identity={})).entities if isinstance(e, Ip)]


def test_a_row_names_its_workspace_where_others_name_the_tenant() -> None:
    assert read(body(ROW, Hierarchy="", Properties="", Claims="")).tenant == ""


def test_who_was_given_a_role_stands_in_the_request_and_what_it_is_in_the_answer() -> None:
    asked, answered = events(ROLE)
    role = DirectoryRole(
        id="8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        scope="/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31",
        role="related",
    )

    assert asked.entities[-2:] == (Other(type="principal", name=PRINCIPAL, role="related"), role)
    assert answered.entities[-2:] == (ServicePrincipal(object_id=PRINCIPAL, role="related"), role)


@pytest.mark.parametrize(
    "request_body", ["", "{broken", "[]", json.dumps({"Properties": {"PrincipalId": "<id>"}}), None]
)
def test_a_request_that_names_nobody_gives_nobody_a_role(request_body: Any) -> None:
    found = read(record(ROLE, properties={"requestbody": request_body}))

    assert [entity for entity in found.entities if entity.role] == []


def test_a_request_that_is_about_no_role_gives_nobody_one() -> None:
    found = read(record(ROLE, operationName="MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE"))

    assert [entity for entity in found.entities if entity.role] == []


@pytest.mark.parametrize("identity", ["ada@contoso.example", '{"upn": "ada@contoso.example"}'])
def test_an_identity_may_be_a_text(identity: str) -> None:
    assert Account(upn="ada@contoso.example") in read(record(DELETE, identity=identity)).entities


def test_the_role_that_allowed_the_caller_is_none_that_was_given() -> None:
    assert not [entity for entity in events(DELETE)[0].entities if isinstance(entity, DirectoryRole)]


def test_a_defender_alert_has_the_case_of_its_export_and_its_severity_stands_among_the_details() -> None:
    found = event(DEFENDER)

    assert found.case == event("defender_vm_bruteforce").case
    assert (found.severity, found.title) == (Severity.HIGH, "Successful brute force attack")
    assert not [entity for entity in found.entities if isinstance(entity, AzureResource)]


@pytest.mark.parametrize(
    ("category", "level", "severity"),
    [
        ("Administrative", "Information", None),
        ("Write", "Informational", None),
        ("Policy", "Warning", None),
        ("Policy", "Informational", Severity.INFORMATIONAL),
        ("Alert", "Information", Severity.INFORMATIONAL),
        ("ResourceHealth", "Critical", None),
        ("Security", "Informational", None),
    ],
)
def test_a_level_is_no_severity_but_for_what_only_informs(category: str, level: str, severity: Severity | None) -> None:
    found = read(record(DELETE, category=category, level=level))

    assert (found.severity, found.severity_word) == (severity, level)


@pytest.mark.parametrize(
    ("category", "product"),
    [
        ("Administrative", "Azure Activity Log"),
        ("Action", "Azure Activity Log"),
        ("Alert", "Azure Monitor"),
        ("Autoscale", "Azure Monitor"),
        ("Policy", "Azure Policy"),
        ("Recommendation", "Azure Advisor"),
        ("ResourceHealth", "Azure Resource Health"),
        ("ServiceHealth", "Azure Service Health"),
        ("Security", "Microsoft Defender for Cloud"),
    ],
)
def test_every_category_is_read_and_says_who_speaks(category: str, product: str) -> None:
    found = read(record(DELETE, category=category))

    assert (found.source, found.product) == ("activity_log", product)


def test_a_rule_that_fired_is_about_what_it_watched() -> None:
    *_, fired = events("activity_log_health")

    assert [getattr(entity, "resource_id", "").rpartition("/")[2] for entity in fired.entities] == ["vm-web-01"]
    assert fired.status == "Succeeded"


def test_operations_on_private_endpoints_are_left_to_their_own_source() -> None:
    for given in (
        record(DELETE, operationName="MICROSOFT.NETWORK/PRIVATEENDPOINTS/WRITE"),
        body(ROW, OperationNameValue="MICROSOFT.NETWORK/PRIVATEENDPOINTS/WRITE"),
    ):
        assert [found.source for found in (read(given),)] != ["activity_log"]


def test_the_audit_log_of_the_directory_is_left_to_others() -> None:
    place = f"/tenants/{TENANT}/providers/Microsoft.aadiam"
    given = {"category": "Policy", "operationName": "Update policy", "resourceId": place, "LoggedByService": "Core"}

    assert refused(given).source != "activity_log"
