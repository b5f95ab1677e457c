from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, CloudApplication, Ip, ServicePrincipal, VaultObject
from shared.model.event import Event
from tests.sources.bodies import read, refused
from tests.sources.goldens import SOURCES, events, recording

RECORDS = "key_vault_audit_records"
HSM = "key_vault_audit_managed_hsm"
VAULT = (
    "/SUBSCRIPTIONS/3C1F5A60-9D2B-4E7C-8A14-6F0B2D9E7A31/RESOURCEGROUPS/RG-SHOP"
    "/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-CONTOSO-SHOP"
)
SECRET = "https://kv-contoso-shop.vault.azure.net/secrets/shop-api-key/8b1f6e5d4c3b42a19087766554433221"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
APP = "3a4b5c6d-7e8f-4901-a2b3-c4d5e6f70819"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"


def record(number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """A recorded call with other values: of `properties` if they have the name, and of the record itself if not."""
    given: dict[str, Any] = json.loads(recording(RECORDS))["records"][number]
    inside = {name: value for name, value in changes.items() if name in given["properties"]}
    outside = {name: value for name, value in changes.items() if name not in inside}
    return {**given, "properties": {**given["properties"], **inside}, **outside}


def who(event: Event) -> list[Any]:
    return [entity for entity in event.entities if isinstance(entity, Account | ServicePrincipal | CloudApplication)]


def sources(value: Any) -> set[str]:
    return {event.source for event in SOURCES.read(json.dumps(value).encode())[0]}


@pytest.mark.parametrize(
    ("code", "word", "status"),
    [
        (200, "Success", "Success"),
        (204, "Success", "Success"),
        (401, "Success", "Failed"),
        (403, "Success", "Failed"),
        ("404", "Success", "Failed"),
        (403.0, "Success", "Failed"),
        (None, "Success", "Success"),
        ("denied", "Failed", "Failed"),
        (None, None, ""),
    ],
)
def test_the_http_status_and_not_the_word_says_whether_a_call_was_refused(code: Any, word: Any, status: str) -> None:
    found = read(record(httpStatusCode=code, resultType=word))

    assert (found.status, found.severity) == (status, None)


def test_the_secret_its_vault_the_caller_and_its_address_are_named() -> None:
    assert read(record()).entities == (
        VaultObject(
            id=SECRET,
            object_type="secret",
            name="shop-api-key",
            version="8b1f6e5d4c3b42a19087766554433221",
            vault_id=VAULT,
        ),
        AzureResource(resource_id=VAULT),
        ServicePrincipal(object_id="6c1d2e3f-4051-4627-8839-4a5b6c7d8e9f", app_id=APP),
        Ip(address="10.20.0.4"),
    )


def test_a_call_is_told_by_its_operation_and_its_own_id() -> None:
    found = read(record())

    assert (found.kind, found.title, found.product) == ("SecretGet", "SecretGet", "Azure Key Vault")
    assert (found.id, found.tenant) == ("6e5d4c3b-2a19-4807-8fc8-b7a695847364", TENANT)


def test_calls_that_share_an_id_are_cases_of_their_own() -> None:
    first, second = events(RECORDS)[:2]

    assert first.id == second.id
    assert first.case != second.case


@pytest.mark.parametrize("call", ["", None, " "])
def test_a_call_without_an_id_is_its_own_case(call: Any) -> None:
    found = read(record(correlationId=call))

    assert found.id == ""
    assert found.case.startswith("record:key_vault_audit:")


def test_the_address_of_the_call_counts_and_not_that_of_the_sign_in() -> None:
    patch = events(RECORDS)[2]

    assert [entity for entity in patch.entities if isinstance(entity, Ip)] == [Ip(address="203.0.113.79")]


@pytest.mark.parametrize("address", ["", None, "<null>", "X.X.X.X", "127.0.0.1", "::"])
def test_what_is_no_address_of_a_caller_is_no_entity(address: Any) -> None:
    assert not any(isinstance(entity, Ip) for entity in read(record(callerIpAddress=address)).entities)


@pytest.mark.parametrize(
    ("identity", "found"),
    [
        ({"claim": {"upn": "live.com#guest@contoso.example"}}, [Account(upn="live.com#guest@contoso.example")]),
        (
            {"claim": {"oid": ADELE, "scp": "user_impersonation", "appid": APP}},
            [Account(object_id=ADELE), CloudApplication(app_id=APP)],
        ),
        (json.dumps({"claim": {"appid": APP, "appidacr": "2"}}), [ServicePrincipal(app_id=APP)]),
        ("adele.vance@contoso.example", [Account(upn="adele.vance@contoso.example")]),
        ("shop", []),
        (ADELE, []),
        ({"claim": {"oid": "d9da5048-2737-4770-bd64-XXXXXXXXXXXX", "upn": "REDACTED", "appid": "<id>"}}, []),
        ({"claim": {}}, []),
        ({}, []),
        (None, []),
    ],
)
def test_the_caller_is_named_as_far_as_the_token_is_certain(identity: Any, found: list[Any]) -> None:
    assert who(read(record(identity=identity))) == found


@pytest.mark.parametrize(
    "name", ["key_vault_audit_shared_table", "key_vault_audit_table", "key_vault_audit_managed_hsm", RECORDS]
)
def test_every_form_names_the_callers(name: str) -> None:
    assert all(who(event) for event in events(name) if event.kind != "Authentication")


def test_rows_of_the_table_that_all_services_share_are_judged_by_their_flattened_columns() -> None:
    listed, missing = events("key_vault_audit_shared_table")

    assert (listed.status, missing.status) == ("Success", "Failed")
    assert who(listed)[0] == Account(upn="adele.vance@contoso.example", object_id=ADELE)
    assert isinstance(who(missing)[0], ServicePrincipal)


def test_the_workspace_of_a_row_is_not_its_tenant() -> None:
    assert [event.tenant for event in events("key_vault_audit_shared_table")] == ["", ""]


def test_an_hsm_is_a_product_of_its_own() -> None:
    assert {event.product for event in events(HSM)} == {"Azure Key Vault Managed HSM"}
    assert [event.status for event in events(HSM)] == ["Success", "Failed", "Success"]


@pytest.mark.parametrize("operation", ["", None, "null", {"value": "SecretGet"}])
def test_a_record_that_does_not_say_what_was_done_is_unreadable(operation: Any) -> None:
    letter = refused({"records": [record(operationName=operation)]})

    assert letter.reason == "the record does not say what was done"
    assert (letter.where, letter.source) == ("$.records[0].operationName", "key_vault_audit")


@pytest.mark.parametrize(
    "place",
    [
        "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Automation/automationAccounts/aa",
        "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Attestation/attestationProviders/att",
        "/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/hsmPools/pool",
    ],
)
def test_records_of_other_services_under_the_same_category_are_left_to_others(place: str) -> None:
    assert "key_vault_audit" not in sources(record(resourceId=place))


def test_other_logs_of_a_vault_are_left_to_others() -> None:
    assert "key_vault_audit" not in sources(record(category="AzurePolicyEvaluationDetails"))


@pytest.mark.parametrize(
    "changes",
    [
        {"resourceId": None},
        {"resourceId": "/RESOURCE_ID", "id": None, "requestUri": None},
        {"resourceId": None, "resourceProvider": "MICROSOFT.KEYVAULT", "resourceType": "VAULTS", "id": None},
        {"category": "auditevent"},
    ],
)
def test_a_record_is_known_by_the_address_or_the_operation_if_the_resource_was_left_out(changes: Any) -> None:
    assert sources(record(**changes)) == {"key_vault_audit"}


def test_a_call_is_one_case_as_a_record_and_as_a_row() -> None:
    given = record()
    row = {
        "Type": "AZKVAuditLogs",
        "TimeGenerated": given["time"],
        "CorrelationId": given["correlationId"].upper(),
        "OperationName": given["operationName"],
        "HttpStatusCode": 200,
        "Identity": json.dumps(given["identity"]),
        "Id": SECRET,
        "_ResourceId": VAULT.lower(),
    }

    assert read(row).case == read(given).case
