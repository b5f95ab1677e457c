"""Whose audit record it is, and which object of a vault it names."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import vaults
from shared.kinds.fields import Fields

VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
VERSION = "8b1f6e5d4c3b42a19087766554433221"
HOST = "https://kv.vault.azure.net"


@pytest.mark.parametrize(
    ("record", "service"),
    [
        ({"resourceId": VAULT.upper()}, vaults.VAULT),
        ({"_ResourceId": VAULT.replace("vaults", "managedHSMs")}, vaults.HSM),
        ({"resourceId": VAULT.replace("KeyVault/vaults", "Attestation/attestationProviders")}, vaults.ATTESTATION),
        ({"resourceId": VAULT.replace("KeyVault", "RecoveryServices")}, ""),
        ({"ResourceProvider": "MICROSOFT.KEYVAULT", "ResourceType": "VAULTS"}, vaults.VAULT),
        ({"ResourceProvider": "MICROSOFT.SQL", "OperationName": "KeyGet"}, ""),
        ({"resourceId": "/RESOURCE_ID", "properties": {"id": f"{HOST}/"}}, vaults.VAULT),
        ({"properties": {"requestUri": "https://h.managedhsm.azure.net/backup"}}, vaults.HSM),
        ({"requestUri_s": "https://control-prod-weu.vaultcore.azure.net/x"}, vaults.VAULT),
        ({"requestUri": "https://kv.vault.azure.cn/keys"}, vaults.VAULT),
        ({"uri": "https://a.weu.attest.azure.net:443/attest"}, vaults.ATTESTATION),
        ({"uri": "https://evil.example/x.vault.azure.net"}, ""),
        ({"operationName": "SecretGet"}, vaults.VAULT),
        ({"operationName": "Keyhole"}, ""),
        ({"operationName": "Microsoft.Sql/servers/keys/write"}, ""),
        ({}, ""),
    ],
)
def test_the_resource_the_address_and_then_the_operation_tell_the_service(record: Any, service: str) -> None:
    assert vaults.service(Fields(record)) == service


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (f"{HOST}/secrets/a/{VERSION}", ("secret", "a", VERSION, f"{HOST}/secrets/a/{VERSION}")),
        (f"{HOST}:443/keys/a/{VERSION}/sign?api-version=7.4", ("key", "a", VERSION, f"{HOST}/keys/a/{VERSION}")),
        (f"{HOST}/keys/a/{VERSION}?api-version=7.4", ("key", "a", VERSION, f"{HOST}/keys/a/{VERSION}")),
        (f"{HOST}/certificates/a/pending", ("certificate", "a", "", f"{HOST}/certificates/a")),
        (f"{HOST}/secrets/a/", ("secret", "a", "", f"{HOST}/secrets/a")),
        (f"{HOST}/deletedsecrets/a", ("secret", "a", "", "")),
    ],
)
def test_an_object_is_known_as_far_as_its_address_is_certain(address: str, wanted: tuple[str, ...]) -> None:
    found = vaults.vault_object(address, VAULT)

    assert found is not None
    assert (found.object_type, found.name, found.version, found.id) == wanted
    assert found.vault_id == VAULT


@pytest.mark.parametrize(
    "address",
    [
        "",
        HOST,
        f"{HOST}/",
        f"{HOST}/secrets",
        f"{HOST}/secrets/",
        f"{HOST}/secrets/<name>",
        f"{HOST}/rng/a",
        "secrets/a",
    ],
)
def test_an_address_of_no_object_gives_none(address: str) -> None:
    assert vaults.vault_object(address, VAULT) is None


def test_an_object_at_another_address_than_that_of_the_vault_is_not_said_to_be_in_it() -> None:
    found = vaults.vault_object("https://other.vault.azure.net/secrets/a", VAULT)

    assert found is not None
    assert found.vault_id == ""


@pytest.mark.parametrize(
    ("record", "claims"),
    [
        ({"identity": {"claim": {"oid": "1"}}}, {"claim": {"oid": "1"}}),
        ({"identity_claim_oid_g": "1", "identity_claim_unique_name_s": "b"}, {"oid": "1", "unique_name": "b"}),
        ({"identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s": "a@b"}, {"upn": "a@b"}),
        ({"identity.claim.oid": "1"}, {"oid": "1"}),
        ({"identity_s": '{"claim": {"oid": "1"}}'}, {"claim": {"oid": "1"}}),
        ({"identity": "a@contoso.example"}, {"upn": "a@contoso.example"}),
        ({"identity": "shop"}, {"upn": ""}),
    ],
)
def test_claims_are_found_in_every_form(record: Any, claims: Any) -> None:
    assert vaults.claims(Fields(record)).raw == claims
