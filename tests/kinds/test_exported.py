from __future__ import annotations

from typing import Any

import pytest

from shared.kinds.exported import cause, export, status, subscription, tenant
from shared.kinds.fields import Fields

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({}, "Unhealthy"),
        ({"securityEventDataEnrichment": {"action": "Insert", "isSnapshot": False}}, "Unhealthy"),
        ({"securityEventDataEnrichment": {"action": "Delete"}}, "Deleted"),
        ({"SubAssessmentEventDataEnrichment": '{"Action": "delete"}'}, "Deleted"),
        ({"assessmentEventDataEnrichment": {"action": "Insert"}, "securityEventDataEnrichment": {"action": "Delete"}}, "Deleted"),
        ({"regulatoryComplianceEventDataEnrichment": {"isSnapshot": True}}, "Snapshot"),
        ({"IsSnapshot": "True"}, "Snapshot"),
        ({"isSnapshot": 0}, "Unhealthy"),
        ({"isSnapshot": "no", "securityEventDataEnrichment": {"isSnapshot": 1}}, "Snapshot"),
        ({"isSnapshot": True, "securityEventDataEnrichment": {"action": "Delete"}}, "Deleted"),
    ],
)  # fmt: skip
def test_the_status_says_what_is_gone_and_what_is_repeated(record: dict[str, Any], found: str) -> None:
    assert status(Fields(record), "Unhealthy") == found


def test_what_is_gone_is_another_case_and_what_is_repeated_is_not() -> None:
    assert cause("Unhealthy", "Unhealthy", "") == cause("Snapshot", "Unhealthy", "") == "unhealthy"
    assert cause("Deleted", "Unhealthy", "3") == "deleted"
    assert cause("Failed", "Failed", "3") == "failed:3"


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"tenantId": TENANT.upper()}, TENANT),
        ({"TenantId": TENANT, "TimeGenerated": "2026-03-02T09:10:00Z"}, ""),
        ({"TenantId": TENANT, "TimeGenerated": None}, TENANT),
        ({"tenantId": "xxxx"}, ""),
        ({}, ""),
    ],
)
def test_only_outside_of_a_row_is_the_tenant_one(record: dict[str, Any], found: str) -> None:
    assert tenant(Fields(record)) == found


def test_the_subscription_is_that_of_the_first_id_that_lies_in_one() -> None:
    assert subscription("", "text", "/subscriptions/<id>", f"/subscriptions/{TENANT}/x", "/subscriptions/1") == TENANT
    assert subscription("text") == ""


def test_the_way_to_export_names_the_data_type_as_the_portal_does() -> None:
    (carrier,) = export("Secure score")

    assert carrier.what.endswith(": secure score")
    assert any("Choose Secure score," in step for step in carrier.steps)
