from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import AzureResource, VaultObject
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import SOURCES, event

NEAR = "keyvault_secret_near_expiry"
EXPIRED = "keyvault_secret_expired_cloudevent"
VAULT = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
    "/providers/Microsoft.KeyVault/vaults/kv-contoso-shop"
)
SECRET = "https://kv-contoso-shop.vault.azure.net/secrets/shop-api-key/8b1f6e5d4c3b42a19087766554433221"


def with_data(name: str, **changes: Any) -> dict[str, Any]:
    given = body(name)
    return {**given, "data": {**given["data"], **changes}}


def test_near_expiry_and_expiry_of_one_version_are_one_case_in_both_schemas() -> None:
    near, expired, odd = event(NEAR), event(EXPIRED), event("keyvault_secret_expired_odd")

    assert near.case == expired.case == odd.case == f"object:{SECRET}:expiry"
    assert (near.severity, expired.severity) == (Severity.MEDIUM, Severity.HIGH)


def test_the_version_of_the_secret_and_its_vault_are_named() -> None:
    wanted = VaultObject(
        id=SECRET,
        object_type="secret",
        name="shop-api-key",
        version="8b1f6e5d4c3b42a19087766554433221",
        vault_id=VAULT,
    )

    assert event(NEAR).entities == event(EXPIRED).entities == (wanted, AzureResource(resource_id=VAULT))


@pytest.mark.parametrize(
    ("expiry", "near", "expired"),
    [
        (1774602000, "expires 2026-03-27", "expired 2026-03-27"),
        ("1774602000", "expires 2026-03-27", "expired 2026-03-27"),
        (None, "expires soon", "expired"),
        ("", "expires soon", "expired"),
        (0, "expires soon", "expired"),
        ("--5", "expires soon", "expired"),
        ("tomorrow", "expires soon", "expired"),
        (10**17, "expires soon", "expired"),
    ],
)
def test_the_title_says_when_if_that_is_known(expiry: Any, near: str, expired: str) -> None:
    assert read(with_data(NEAR, EXP=expiry)).title == f"Secret shop-api-key {near}"
    assert read(with_data(EXPIRED, EXP=expiry)).title == f"Secret shop-api-key {expired}"


@pytest.mark.parametrize(
    "address",
    [
        None, "", "shop-api-key", "https://kv-contoso-shop.vault.azure.net/secrets/shop-api-key",
        "https://kv-contoso-shop.vault.azure.net/keys/shop-api-key/8b1f6e5d4c3b42a19087766554433221",
        "https://kv-contoso-shop.vault.azure.net/secrets/shop-api-key/8b1f/6e5d", "https://[kv/secrets/a/b",
        "https://kv.vault.azure.net//", f"x?{SECRET}", 17, {"Id": SECRET},
    ],
)  # fmt: skip
def test_an_event_that_does_not_name_the_version_of_a_secret_is_unreadable(address: Any) -> None:
    letter = refused([with_data(NEAR, Id=address)])

    assert letter.reason == "the event does not name the version of a secret"
    assert (letter.where, letter.source) == ("$[0].data.Id", "key_vault")


@pytest.mark.parametrize("changes", [{"ObjectName": "mail-api-key"}, {"Version": "4f0e2d1c3b5a49687786950413223140"}])
def test_an_event_that_names_two_objects_is_unreadable(changes: dict[str, str]) -> None:
    letter = refused(with_data(EXPIRED, **changes))

    assert letter.reason == "the event names two different objects"
    assert letter.where == "$.data.Id, data.ObjectName, data.Version"


def test_the_address_alone_is_enough() -> None:
    event = read({**body(EXPIRED), "data": {"Id": SECRET}})

    assert event.entities == read(body(EXPIRED)).entities


@pytest.mark.parametrize(
    ("source", "vault", "subscription"),
    [
        (VAULT, VAULT, "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"),
        (VAULT.rpartition("/")[0], "", "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"),
        (VAULT.replace("vaults", "managedHSMs"), "", "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"),
        (VAULT.replace("3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", "{subscription-id}"),
            VAULT.replace("3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", "{subscription-id}"), ""),
        ("urn:contoso", "", ""),
    ],
)  # fmt: skip
def test_the_vault_is_known_only_if_the_event_comes_from_one(source: str, vault: str, subscription: str) -> None:
    event = read(body(EXPIRED, source=source))
    found = event.entities[0]

    assert isinstance(found, VaultObject)
    assert (found.vault_id, event.subscription) == (vault, subscription)
    assert [entity for entity in event.entities[1:] if "key_vault" in entity.kinds] == (
        [AzureResource(resource_id=vault)] if vault else []
    )


@pytest.mark.parametrize(
    ("word", "kind", "title", "severity"),
    [
        ("SecretNearExpiry", "secret", "Secret shop-api-key expires 2026-03-27", Severity.MEDIUM),
        ("KeyNearExpiry", "key", "Key shop-api-key expires 2026-03-27", Severity.MEDIUM),
        ("KeyExpired", "key", "Key shop-api-key expired 2026-03-27", Severity.HIGH),
        ("CertificateNearExpiry", "certificate", "Certificate shop-api-key expires 2026-03-27", Severity.MEDIUM),
        ("CertificateExpired", "certificate", "Certificate shop-api-key expired 2026-03-27", Severity.HIGH),
        ("SecretNewVersionCreated", "secret", "Microsoft.KeyVault.SecretNewVersionCreated", None),
        ("KeyNewVersionCreated", "key", "Microsoft.KeyVault.KeyNewVersionCreated", None),
        ("CertificateNewVersionCreated", "certificate", "Microsoft.KeyVault.CertificateNewVersionCreated", None),
    ],
)
def test_keys_and_certificates_are_read_like_secrets(
    word: str, kind: str, title: str, severity: Severity | None
) -> None:
    address = SECRET.replace("/secrets/", f"/{kind}s/")
    found = read({**with_data(NEAR, Id=address), "eventType": f"Microsoft.KeyVault.{word}"})

    assert (found.title, found.severity) == (title, severity)
    assert found.entities[0].kinds == {"vault_object", kind}
    assert found.case == f"object:{address}:{'newversioncreated' if severity is None else 'expiry'}"


@pytest.mark.parametrize("word", ["KeyExpired", "CertificateNearExpiry", "CertificateNewVersionCreated"])
def test_an_event_whose_type_and_address_disagree_is_unreadable(word: str) -> None:
    letter = refused(body(NEAR, eventType=f"Microsoft.KeyVault.{word}"))

    assert letter.reason.startswith("the event does not name the version of a ")
    assert letter.where == "$.data.Id"


@pytest.mark.parametrize("word", ["VaultAccessPolicyChanged", "SecretSomethingNew", "SecretNewVersionCreated.V2"])
def test_an_event_about_no_version_is_about_the_vault(word: str) -> None:
    found = read(body("keyvault_access_policy_changed", eventType=f"Microsoft.KeyVault.{word}"))

    assert found.entities == (AzureResource(resource_id=VAULT),)
    assert (found.kind, found.title, found.severity) == (*[f"Microsoft.KeyVault.{word}"] * 2, None)


def test_each_change_of_the_access_policy_is_a_case_of_its_own() -> None:
    first = event("keyvault_access_policy_changed")
    second = read(body("keyvault_access_policy_changed", id="c1d2e3f4-0516-4728-8394-a5b6c7d8e9f0"))

    assert first.case != second.case
    assert first.case == read(body("keyvault_access_policy_changed", eventTime=None)).case


@pytest.mark.parametrize("kind", ["Microsoft.Storage.BlobCreated", "Microsoft.KeyVaultX.SecretExpired", "", None])
def test_other_events_are_left_to_others(kind: str | None) -> None:
    for changed in (body(NEAR, eventType=kind), body(EXPIRED, type=kind)):
        events, _ = SOURCES.read(json.dumps(changed).encode())
        assert [found for found in events if found.source == "key_vault"] == []


@pytest.mark.parametrize("data", [None, {}, "", "shop-api-key", [SECRET]])
def test_an_event_that_says_nothing_is_unreadable(data: Any) -> None:
    letter = refused([body(EXPIRED, data=data)])

    assert (letter.reason, letter.where) == ("the event says nothing", "$[0].data")


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "`1.0"},
        {"specversion": None},
        {"source": None, "topic": VAULT},
        {"type": None, "eventType": "Microsoft.KeyVault.SecretExpired"},
    ],
)
def test_a_mixture_of_both_schemas_is_read_too(changes: dict[str, Any]) -> None:
    found = read(body(EXPIRED, **changes))

    assert (found.case, found.subscription) == (f"object:{SECRET}:expiry", "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31")


def test_the_oldest_schema_names_the_vault_before_a_hash_and_its_data_in_lower_case() -> None:
    found = event("keyvault_secret_new_version_cloudevent_01")

    assert found.id == "a291807f-6e5d-4c4b-a30c-fbead9c8b7a6"
    assert found.entities[1] == AzureResource(resource_id=VAULT)


def test_data_may_be_written_as_text() -> None:
    assert read(body(NEAR, data=f'{{"Id": "{SECRET}"}}')).case == f"object:{SECRET}:expiry"
