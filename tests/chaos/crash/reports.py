"""A delivery that speaks of an entity, as Azure would report it."""

from __future__ import annotations

import json

from shared.model.entity import Account, AnyEntity, AzureResource, VaultObject
from tests import lab


def reported(*entities: AnyEntity) -> bytes:
    """A body as the event hub delivers it.

    Raises:
        NotImplementedError: Nobody has said yet how such an entity is reported: say it here.
    """
    first, *others = entities
    if isinstance(first, VaultObject) and not others:
        return _near_expiry(first)
    body = json.loads(lab.recording("defender_vm_bruteforce"))
    found = {"Entities": [_in_alert(entity) for entity in entities]}
    empty = {"CompromisedEntity": "", "AzureResourceId": "", "ResourceIdentifiers": []}
    return json.dumps(body | found | empty).encode()


def in_one_alert(*entities: AnyEntity) -> bool:
    """Whether an alert can speak of all of them."""
    return all(isinstance(entity, AzureResource | Account) for entity in entities)


def _in_alert(entity: AnyEntity) -> dict[str, str]:
    """An entity of a Defender for Cloud alert."""
    if isinstance(entity, AzureResource):
        return {"Type": "azure-resource", "ResourceId": entity.resource_id}
    if isinstance(entity, Account):
        name, _, suffix = entity.upn.partition("@")
        return {"Type": "account", "Name": name, "UPNSuffix": suffix}
    raise NotImplementedError(f"{__file__} does not say how {type(entity).__name__} is reported")


def _near_expiry(secret: VaultObject) -> bytes:
    """Key Vault's event about one secret."""
    (body,) = json.loads(lab.recording("keyvault_secret_near_expiry"))
    vault = secret.id.partition("://")[2].partition(".")[0]
    about = {"Id": secret.id, "VaultName": vault, "ObjectName": secret.name, "Version": secret.version}
    return json.dumps(
        [body | {"topic": secret.vault_id, "subject": secret.name, "data": body["data"] | about}]
    ).encode()
