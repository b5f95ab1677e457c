"""Log records of Azure Monitor and rows of Log Analytics give the same answers."""

from __future__ import annotations

import pytest

from shared.kinds import diagnostics
from shared.kinds.fields import Fields

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
WORKSPACE = "5e8c0f13-7a2b-4d64-91c3-0b9f2e7d6a58"


def test_the_columns_of_the_table_that_all_services_share_lose_their_types() -> None:
    row = Fields({"Type": "AzureDiagnostics", "clientIP_s": "203.0.113.7", "STATUS_D": 403, "transactionId_g": TENANT})

    found = diagnostics.properties(row)

    assert (found.text("clientIp"), found.number("status"), found.text("transactionId")) == ("203.0.113.7", 403, TENANT)


def test_a_column_without_a_type_counts_before_one_with_it() -> None:
    row = Fields({"message_s": "second", "Message": "first", "Category": None, "Category_s": "third"})

    assert diagnostics.plain(row).text("message") == "first"
    assert diagnostics.plain(row).text("category") == "third"


def test_a_row_of_a_table_of_its_own_stays_as_it_is() -> None:
    row = Fields({"Type": "AZFWNetworkRule", "SourceIp": "10.0.0.4", "_ResourceId": "x"})

    assert diagnostics.properties(row) is row


@pytest.mark.parametrize(
    ("record", "log"),
    [
        ({"category": "AuditEvent", "properties": {"a": 1}}, "AuditEvent"),
        ({"category": "AuditEvent", "type": "Something", "properties": {"a": 1}}, "AuditEvent"),
        ({"Category": "AuditEvent", "Type": "AzureDiagnostics"}, "AuditEvent"),
        ({"Category": "Attempted Information Leak", "Type": "AZFWIdpsSignature"}, "AZFWIdpsSignature"),
        ({"Category": "AuditEvent"}, "AuditEvent"),
        ({}, ""),
    ],
)
def test_which_log_it_is_of_stands_in_the_category_or_in_the_name_of_the_table(
    record: dict[str, object], log: str
) -> None:
    assert diagnostics.log(Fields(record)) == log


def test_the_tenant_of_a_row_is_not_the_id_of_its_workspace() -> None:
    assert diagnostics.tenant(Fields({"tenantId": TENANT, "properties": {"a": 1}})) == TENANT
    assert diagnostics.tenant(Fields({"TenantId": WORKSPACE, "Type": "AZFWNetworkRule"})) == ""
    assert diagnostics.tenant(Fields({"TenantId": WORKSPACE, "AADTenantId": TENANT})) == TENANT
