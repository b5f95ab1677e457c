from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, Ip, ServicePrincipal
from tests.sources.bodies import read
from tests.sources.goldens import SOURCES, event, events, recording

ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
APP = "3a4b5c6d-7e8f-4901-a2b3-c4d5e6f70819"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
PROVIDER = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.Attestation/attestationProviders/attshop"
)


def record(**changes: Any) -> dict[str, Any]:
    return {**json.loads(recording("attestation_operational").splitlines()[0]), **changes}


@pytest.mark.parametrize(
    ("signature", "word", "status"),
    [
        ("200", "Succeeded", "Succeeded"),
        ("400", "Succeeded", "Failed"),
        (401, "Succeeded", "Failed"),
        ("", "Succeeded", "Succeeded"),
        ("Bad Request", "Failed", "Failed"),
        (None, None, ""),
    ],
)
def test_the_http_status_and_not_the_word_says_whether_a_request_failed(signature: Any, word: Any, status: str) -> None:
    found = read(record(resultSignature=signature, resultType=word))

    assert (found.status, found.severity) == (status, None)


def test_the_provider_the_caller_and_its_address_are_named() -> None:
    assert read(record()).entities == (
        AzureResource(resource_id=PROVIDER),
        Account(upn="adele.vance@contoso.example", object_id=ADELE),
        Ip(address="203.0.113.81"),
    )


def test_a_request_is_told_by_its_operation_at_its_own_time() -> None:
    found = read(record())

    assert (found.kind, found.title, found.product) == ("AttestSgxEnclave", "AttestSgxEnclave", "Azure Attestation")
    assert (found.id, found.time) == ("", "2026-03-02T10:30:00.3318081Z")


def test_what_could_not_be_processed_is_told_by_its_log() -> None:
    found = event("attestation_not_processed_odd")

    assert (found.kind, found.status, len(found.entities)) == ("NotProcessed", "Failed", 1)


@pytest.mark.parametrize(
    ("identity", "wanted", "tenant"),
    [
        ({"callerAadObjectId": ADELE, "callerAadAppId": APP}, ServicePrincipal(object_id=ADELE, app_id=APP), ""),
        ({"callerAadObjectId": ADELE, "callerAadTenantId": TENANT}, Account(object_id=ADELE, tenant=TENANT), TENANT),
        ({"callerAadUPN": "ANONYMIZED", "callerId": "x"}, None, ""),
        ("", None, ""),
        (None, None, ""),
    ],
)
def test_the_caller_is_named_as_far_as_it_is_certain(identity: Any, wanted: Any, tenant: str) -> None:
    for written in (identity, json.dumps(identity)):
        found = read(record(identity=written, callerIpAddress="::ffff:"))

        assert [*found.entities[1:]] == ([wanted] if wanted else [])
        assert found.tenant == tenant


@pytest.mark.parametrize("category", ["Operational", "NotProcessed", "AuditEvent", "auditevent"])
def test_all_its_logs_are_read(category: str) -> None:
    assert read(record(category=category)).source == "attestation"


def test_a_row_of_its_table_is_read_too() -> None:
    (row,) = events("attestation_table")

    assert (row.source, row.status, row.tenant) == ("attestation", "Failed", TENANT)
    assert row.subscription == "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"


@pytest.mark.parametrize(
    "place",
    [
        "/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
        "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Search/searchServices/s",
    ],
)
def test_records_of_other_services_under_the_same_category_are_left_to_others(place: str) -> None:
    for category in ("Operational", "AuditEvent"):
        found, _ = SOURCES.read(json.dumps(record(category=category, resourceId=place)).encode())
        assert "attestation" not in {event.source for event in found}


def test_a_record_is_known_by_the_address_if_the_resource_was_left_out() -> None:
    assert read(record(resourceId=None)).source == "attestation"
