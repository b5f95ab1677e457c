from __future__ import annotations

import json
from typing import Any

import pytest

from shared.kinds import entra
from shared.kinds.fields import Fields
from shared.model.severity import Severity

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
WORKSPACE = "0f9e8d7c-6b5a-4039-8271-605f4e3d2c1b"


@pytest.mark.parametrize(
    ("record", "tenant"),
    [
        ({"tenantId": TENANT}, TENANT),
        ({"TENANTID": TENANT.upper(), "properties": {}}, TENANT),
        ({"TimeGenerated": "2026-03-02T09:00:00Z", "TenantId": WORKSPACE}, ""),
        ({"TimeGenerated": "2026-03-02T09:00:00Z", "TenantId": WORKSPACE, "AADTenantId": TENANT}, TENANT),
        ({"TimeGenerated": "2026-03-02T09:00:00Z", "TenantId": TENANT, "properties": {}}, TENANT),
        ({"TimeGenerated": "", "ResourceId": f"/TENANTS/{TENANT.upper()}/providers/Microsoft.aadiam"}, TENANT),
        ({"resourceId": f"/tenants/{TENANT}"}, TENANT),
        ({"resourceId": f"/subscriptions/{TENANT}"}, ""),
        ({"tenantId": "REDACTED"}, ""),
        ({}, ""),
    ],
)
def test_a_row_s_tenant_is_not_its_workspace(record: dict[str, Any], tenant: str) -> None:
    assert entra.tenant(Fields(record)) == tenant


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("plain", ("plain",)),
        ('"quoted"', ("quoted",)),
        (json.dumps(json.dumps(json.dumps("thrice"))), ("thrice",)),
        (json.dumps(["one", json.dumps("two")]), ("one", "two")),
        (json.dumps(json.dumps([["deep"], 7, None, {}])), ("deep", "7")),
        ('"["quoted badly"]"', ("quoted badly",)),
        ('"a "b" c"', ('a "b" c',)),
        ("[not JSON either]", ("[not JSON either]",)),
        ('""', ()),
        ('"null"', ()),
        ("[]", ()),
        (None, ()),
        ({"an": "object"}, ()),
        (5, ("5",)),
    ],
)
def test_values_are_freed_of_their_quotes(value: Any, texts: tuple[str, ...]) -> None:
    assert entra.unquoted(value) == texts


def test_what_is_nested_without_end_is_given_up() -> None:
    value: Any = "deep"
    for _ in range(50):
        value = [value]

    assert entra.unquoted(value) == ()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([{"key": "ipaddr", "value": "203.0.113.5"}, {"key": "ipaddr", "value": "other"}], "203.0.113.5"),
        ('[{"Key":"IPAddr","Value":"203.0.113.5"}]', "203.0.113.5"),
        ({"ipaddr": "203.0.113.5"}, "203.0.113.5"),
        ([{"value": "203.0.113.5"}, {"key": None}, 5, None], ""),
        ("none", ""),
        (None, ""),
    ],
)
def test_a_list_of_keys_and_values_is_read_as_one_object(given: Any, found: str) -> None:
    assert entra.pairs(Fields({"details": given}), "details").text("ipaddr") == found


@pytest.mark.parametrize(
    ("level", "state", "severity"),
    [
        ("medium", "atRisk", Severity.MEDIUM), ("medium", "confirmedCompromised", Severity.MEDIUM),
        ("", "confirmedCompromised", Severity.HIGH), ("high", "remediated", Severity.HIGH), ("hidden", "", None),
    ],
)  # fmt: skip
def test_a_risk_is_as_bad_as_its_level_and_high_if_it_was_confirmed_without_one(
    level: str, state: str, severity: Severity | None
) -> None:
    assert entra.risk(level, state) is severity
