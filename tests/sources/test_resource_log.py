from __future__ import annotations

from typing import Any

import pytest

from shared.kinds.azure_services import product_of
from shared.model.entity import Account, AzureResource, Ip, KubernetesObject
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

GATEWAY = "resource_log_gateway"


def record(name: str = GATEWAY, /, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = body(name)["records"][0]
    return {**given, **changes}


@pytest.mark.parametrize(
    ("kind", "product"),
    [
        ("Microsoft.ApiManagement/GatewayLogs", "Azure API Management"),
        ("MICROSOFT.NETWORK/APPLICATIONGATEWAYS/x", "Azure Application Gateway"),
        ("microsoft.web/sites", "Azure App Service"),
        ("Microsoft.Network/unheard", ""),
        ("Microsoft.Unheard/things", ""),
        ("", ""),
    ],
)
def test_the_product_is_the_service_of_the_provider_if_that_is_certain(kind: str, product: str) -> None:
    assert product_of(kind) == product


def test_a_placeholder_is_no_resource() -> None:
    assert event(GATEWAY).entities == (Ip(address="203.0.113.54"),)
    assert event(GATEWAY).subscription == ""


@pytest.mark.parametrize(
    ("level", "severity"),
    [("Informational", Severity.INFORMATIONAL), ("Error", None), ("Critical", None), (4, None), (None, None)],
)
def test_a_level_is_no_severity_but_for_what_only_informs(level: Any, severity: Severity | None) -> None:
    found = read(record(Level=level))

    assert (found.severity, found.severity_word) == (severity, str(level or ""))


def test_two_records_of_one_request_are_two_cases() -> None:
    first, second = read(record()), read(record(durationMs=1))

    assert first.id == second.id
    assert first.case != second.case


def test_the_audit_log_of_kubernetes_names_who_did_what_to_which_object() -> None:
    by_service, by_person = events("resource_log_kubernetes")
    kinds = [entity.object_type for entity in by_service.entities if isinstance(entity, KubernetesObject)]

    assert kinds == ["service_account", "secret"]
    assert by_service.title == "get secrets shop db"
    assert Account(upn="ada@contoso.example") in by_person.entities


@pytest.mark.parametrize("log", ["{broken", "", "plain text", None, "[]"])
def test_a_log_of_kubernetes_that_is_no_event_leaves_the_cluster(log: Any) -> None:
    found = read(record("resource_log_kubernetes", properties={"log": log}))

    assert [type(entity) for entity in found.entities] == [AzureResource]


def test_a_component_of_kubernetes_is_no_account() -> None:
    log = {
        "auditID": "a",
        "user": {"username": "system:apiserver"},
        "sourceIPs": ["::1"],
        "objectRef": {"resource": "x"},
    }

    assert [type(entity) for entity in read(record("resource_log_kubernetes", properties={"log": log})).entities] == [
        AzureResource
    ]


def test_a_principal_of_sql_is_an_account_by_name_or_by_address() -> None:
    rows = events("resource_log_row")

    assert Account(name="sa") in event("resource_log_sql").entities
    assert Account(upn="bo@contoso.example") in rows[2].entities


def test_a_record_may_have_no_category() -> None:
    assert read(record(category=None)).kind == "Microsoft.ApiManagement/GatewayLogs"


@pytest.mark.parametrize(
    "changes",
    [
        {"time": None},
        {"resourceId": None, "operationName": "Do"},
        {"specversion": "1.0"},
        {"eventType": "Contoso.Unheard"},
    ],
)
def test_what_is_no_record_of_a_resource_is_left_to_others(changes: dict[str, Any]) -> None:
    assert refused(record(**changes)).reason.startswith("no source knows it")


def test_a_record_that_has_a_source_of_its_own_is_left_to_it() -> None:
    assert read(record(category="StorageRead", operationName="GetBlob")).source == "storage_log"
