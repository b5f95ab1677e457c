"""Rotate a secret: a new version with a generated value, and the old one disabled after a time of grace.

For secrets whose value the vault may choose: shared keys between own applications, signing keys. A credential that
somebody else issues must be renewed there. Set Secret and Update Secret:
https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from shared.azure.clients import Azure
from shared.azure.targets.secret import SECRET, Secret
from shared.kinds.responder import Facts, Later, Operation, Params, Seen
from shared.model.cause import Cause
from shared.model.change import Change
from shared.model.duration import Duration, length
from shared.model.errors import Refused, Unverified
from shared.model.permission import data

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretProperties

STEP_TAG = "riposte-step"
MOST_TAGS = 15
CERTIFICATES = frozenset({"application/x-pkcs12", "application/x-pem-file"})
"""Content types of secrets that hold a certificate with its key."""

_FACTS = Facts(
    permissions=(
        data("Microsoft.KeyVault/vaults/secrets/readMetadata/action", "GET /secrets/{}/versions"),
        data("Microsoft.KeyVault/vaults/secrets/setSecret/action", "PUT /secrets/{}"),
        data("Microsoft.KeyVault/vaults/secrets/update/action", "PATCH /secrets/{}/{}"),
    ),
    attack=("M1041", "M1043"),
    d3fend=("D3-CRO",),
    mcsb=("IR-6", "IM-8", "DP-6"),
    impact="high",
    limits=(
        "Consumers use the new value when they read it again: App Service references within a day, caches on restart.",
        "Whoever copied the old value can use it where it is still accepted.",
    ),
    leaves="The new version: a version cannot be deleted, and consumers may have read it already.",
)


class RotateSecretParams(Params, frozen=True, kw_only=True):
    """What a playbook may set."""

    grace: Annotated[Duration, Meta(description="How long the old version stays enabled: 30s, 15m, 4h, 7d.")] = "24h"
    valid_for: Annotated[
        Duration, Meta(description="How long the new version is valid, if the old one does not tell by its own dates.")
    ] = "365d"
    length: Annotated[int, Meta(ge=24, le=1024, description="Characters of the generated value.")] = 48


class RotateSecretState(Struct, frozen=True):
    """What can be seen of the secret without its value.

    Args:
        current: The newest version's id.
        expires: When it expires, in UTC; empty: never.
        enabled: Whether it can be read.
        disabled: The version that this rotation has disabled; empty: none.
    """

    current: str
    expires: str
    enabled: bool = True
    disabled: str = ""


async def read(secret: Secret, _: RotateSecretParams, azure: Azure) -> Seen[RotateSecretState]:
    """The newest version, by its metadata.

    Raises:
        Refused: If the secret has no version, or belongs to a certificate: no made-up value would do.
    """
    newest = (await _versions(secret, azure))[-1]
    if newest.managed or (newest.content_type or "").lower() in CERTIFICATES:
        raise Refused(f"secret {secret.name} belongs to a certificate: renew the certificate")
    return Seen(RotateSecretState(str(newest.version), _time(newest.expires_on), bool(newest.enabled)), newest)


def done(secret: Secret, seen: Seen[RotateSecretState], cause: Cause) -> bool:
    """The newest version was made for this cause, or is not the one that the event is about."""
    newest: SecretProperties = seen.body
    ours = (newest.tags or {}).get(STEP_TAG) == cause.step
    return ours or (bool(secret.version) and secret.version.lower() != seen.state.current.lower())


async def do(
    secret: Secret, params: RotateSecretParams, seen: Seen[RotateSecretState], cause: Cause, azure: Azure
) -> RotateSecretState:
    """Write the new version. Its value is generated here and leaves this call only to the vault.

    Raises:
        Refused: If there is no room for the tag that makes this rotation recognisable.
    """
    old: SecretProperties = seen.body
    tags = {**(old.tags or {}), STEP_TAG: cause.step}
    if len(tags) > MOST_TAGS:
        raise Refused(f"secret {secret.name} has {MOST_TAGS} tags: there is no room for {STEP_TAG}")
    expires = (azure.clock.now() + _lifetime(old, params)).replace(microsecond=0)
    client = await azure.secrets(secret.vault_url)
    made = await client.set_secret(
        secret.name,
        azure.chance.secret(params.length),
        content_type=old.content_type,
        tags=tags,
        expires_on=expires,
        enabled=True,
    )
    return RotateSecretState(str(made.properties.version), _time(expires))


async def verify(
    secret: Secret, _: RotateSecretParams, rotated: Change[RotateSecretState], azure: Azure
) -> tuple[str, ...]:
    """The new version is the newest, is enabled and has its date; after the grace the old one is disabled.

    Raises:
        Unverified: If not.
    """
    versions = await _versions(secret, azure)
    newest, retired = versions[-1], rotated.after.disabled
    if retired:
        if any(version.enabled for version in versions if version.version == retired):
            raise Unverified(f"version {retired} of secret {secret.name} is still enabled")
        return (f"Version {retired} is disabled.",)
    if (
        newest.version != rotated.after.current
        or not newest.enabled
        or _time(newest.expires_on) != rotated.after.expires
    ):
        raise Unverified(f"version {rotated.after.current} of secret {secret.name} is not the newest enabled one")
    return (f"Version {newest.version} is the newest, enabled, and expires {rotated.after.expires}.",)


async def retire(
    secret: Secret, _: RotateSecretParams, rotated: Change[RotateSecretState], azure: Azure
) -> RotateSecretState:
    """After the grace: disable the old version, unless it was disabled before.

    Raises:
        Refused: If the newest version has been disabled meanwhile: consumers would have none.
    """
    old = rotated.before
    if not old.enabled:
        return rotated.after
    newest = (await _versions(secret, azure))[-1]
    if not newest.enabled:
        gone = f"version {newest.version} of secret {secret.name} is disabled"
        raise Refused(f"{gone}: version {old.current} stays enabled")
    client = await azure.secrets(secret.vault_url)
    await client.update_secret_properties(secret.name, old.current, enabled=False)
    return RotateSecretState(rotated.after.current, rotated.after.expires, disabled=old.current)


async def retired(
    secret: Secret, _: RotateSecretParams, rotated: Change[RotateSecretState], azure: Azure
) -> RotateSecretState:
    """Whether the old version is disabled, which it was not before."""
    old = rotated.before
    found = [version for version in await _versions(secret, azure) if version.version == old.current]
    disabled = old.current if old.enabled and any(version.enabled is False for version in found) else ""
    return RotateSecretState(rotated.after.current, rotated.after.expires, disabled=disabled)


async def undo(
    secret: Secret, _: RotateSecretParams, rotated: Change[RotateSecretState], azure: Azure
) -> RotateSecretState:
    """Enable the old version again if we disabled it. The new one stays: a version cannot be deleted.

    Raises:
        Refused: If there is a newer version than ours: somebody has rotated since.
    """
    newest = (await _versions(secret, azure))[-1]
    if newest.version != rotated.after.current:
        raise Refused(f"secret {secret.name} has version {newest.version}, newer than ours: somebody rotated it since")
    if rotated.after.disabled:
        client = await azure.secrets(secret.vault_url)
        await client.update_secret_properties(secret.name, rotated.after.disabled, enabled=True)
    return RotateSecretState(rotated.after.current, rotated.after.expires)


async def _versions(secret: Secret, azure: Azure) -> list[SecretProperties]:
    """Every version, oldest first. Dates count in seconds: of two in one second, a rotation's is the later."""
    client = await azure.secrets(secret.vault_url)
    found = [version async for version in client.list_properties_of_secret_versions(secret.name)]
    if not found:
        raise Refused(f"secret {secret.name} is not there, or has no version")
    never = datetime(1970, 1, 1, tzinfo=UTC)
    return sorted(found, key=lambda version: (version.created_on or never, STEP_TAG in (version.tags or {})))


def _lifetime(old: SecretProperties, params: RotateSecretParams) -> timedelta:
    if old.expires_on and old.created_on and old.expires_on > old.created_on:
        return old.expires_on - old.created_on
    return length(params.valid_for)


def _time(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if time else ""


responder = Operation(
    facts=_FACTS,
    target=SECRET,
    params=RotateSecretParams,
    state=RotateSecretState,
    read=read,
    done=done,
    do=do,
    verify=verify,
    repeatable=True,
    later=Later(after=lambda params: length(params.grace), do=retire, look=retired),
    undo=undo,
)
