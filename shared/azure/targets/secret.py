"""Secrets of a key vault, found by the vault's resource id and the secret's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from shared.azure.clients import Azure
from shared.azure.target import Population, TargetKind
from shared.model.entity import AnyEntity, VaultObject
from shared.model.errors import Refused
from shared.model.permission import arm, data
from shared.model.resource_id import ResourceId
from shared.model.target import Target, tags_of

TYPE = "Microsoft.KeyVault/vaults"

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_ADDRESS = re.compile(r"https://([\w.-]+)(?::443)?/secrets/([\w-]+)(?:/(\w+))?/?", re.IGNORECASE | re.ASCII)


class Secret(Target, frozen=True, kw_only=True):
    """A secret.

    Args:
        vault_url: Where its vault answers, as Resource Manager says.
        version: The version that the event names; empty if it names none.
    """

    vault_url: str
    version: str = ""


async def resolve(entity: AnyEntity, azure: Azure) -> tuple[Secret, ...]:
    """The secret an entity stands for.

    The address in an event is not trusted: Resource Manager says where the vault answers, and both must agree.

    Raises:
        Refused: If the entity does not say which secret of which vault, or the addresses differ.
    """
    if not isinstance(entity, VaultObject) or entity.object_type != "secret" or not _NAME.fullmatch(entity.name):
        raise Refused(f"{entity.label or 'the entity'} is not known as a secret")
    host, version = _said(entity)
    place = ResourceId(entity.vault_id)
    if not place.is_type(TYPE):
        raise Refused(f"secret {entity.name}: the resource id of its vault is not known")
    vaults = await azure.key_vaults(place.subscription)
    vault = await vaults.vaults.get(place.resource_group, place.name)
    url = str(vault.properties.vault_uri or "").rstrip("/")
    if not azure.cloud.is_vault(url):
        raise Refused(f"vault {place} answers at {url}, which is no key vault address of {azure.cloud.name}")
    if host and host != urlsplit(url).netloc.lower():
        raise Refused(f"the event names {host}, but vault {place} answers at {url}")
    return (
        Secret(
            id=f"{urlsplit(url).netloc}/secrets/{entity.name}".lower(),
            kind=f"{TYPE}/secrets",
            name=entity.name,
            ids=(place.key, f"{place.key}/secrets/{entity.name.lower()}"),
            tags=tags_of(vault.tags),
            vault_url=url,
            version=version,
        ),
    )


def _said(entity: VaultObject) -> tuple[str, str]:
    """The host and the version that the event names, empty if it names none.

    Raises:
        Refused: If its address is not that of a secret, or is that of another secret or version than it says itself.
    """
    if not entity.id:
        return "", entity.version
    match = _ADDRESS.fullmatch(entity.id)
    if match is None:
        raise Refused(f"{entity.id} is not the address of a secret")
    host, name, version = match[1], match[2], match[3] or entity.version
    if name.lower() != entity.name.lower() or version.lower() != (entity.version or version).lower():
        other = f"secret {entity.name}{f', version {entity.version}' if entity.version else ''}"
        raise Refused(f"the event speaks of {other}, but names {entity.id}")
    return host.lower(), version


async def count(secret: Secret, azure: Azure) -> int:
    """How many secrets its vault has; their values are not read.

    https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets
    """
    client = await azure.secrets(secret.vault_url)
    return len([found.name async for found in client.list_properties_of_secrets()])


SECRET = TargetKind(
    type=Secret,
    accepts=frozenset({"secret"}),
    permissions=(arm(f"{TYPE}/read"),),
    resolve=resolve,
    population=Population(
        of=lambda secret: f"secrets of {secret.vault_url}",
        permissions=(data(f"{TYPE}/secrets/readMetadata/action", "GET /secrets"),),
        count=count,
    ),
)
