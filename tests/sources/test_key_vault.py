from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import VaultObject
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

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

    assert event(NEAR).entities == event(EXPIRED).entities == (wanted,)


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
        (VAULT.rpartition("/")[0], "", ""),
        (VAULT.replace("vaults", "managedHSMs"), "", "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"),
        (VAULT.replace("3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", "{subscription-id}"),
            VAULT.replace("3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", "{subscription-id}"), ""),
        ("urn:contoso", "", ""),
    ],
)  # fmt: skip
def test_the_vault_is_known_only_if_the_event_comes_from_one(source: str, vault: str, subscription: str) -> None:
    event = read(body(EXPIRED, source=source))
    (found,) = event.entities

    assert isinstance(found, VaultObject)
    assert (found.vault_id, event.subscription) == (vault, subscription)


@pytest.mark.parametrize(
    "kind",
    [
        "Microsoft.KeyVault.SecretNewVersionCreated", "Microsoft.KeyVault.CertificateNearExpiry",
        "Microsoft.KeyVault.KeyExpired", "Microsoft.Storage.BlobCreated", "", None,
    ],
)  # fmt: skip
def test_other_events_are_left_to_others(kind: str | None) -> None:
    assert refused(body(NEAR, eventType=kind)).reason.startswith("no source knows it; its fields: ")
    assert refused(body(EXPIRED, type=kind)).reason.startswith("no source knows it; its fields: ")


@pytest.mark.parametrize("name", ["data", "specversion", "source"])
def test_a_cloud_event_without_what_it_must_have_is_not_taken_for_one(name: str) -> None:
    assert refused(body(EXPIRED, **{name: None})).reason.startswith("no source knows it; its fields: ")


def test_data_may_be_written_as_text() -> None:
    assert read(body(NEAR, data=f'{{"Id": "{SECRET}"}}')).case == f"object:{SECRET}:expiry"
