"""What keeps keys and secrets: whose log a record of the category `AuditEvent` is of, and the objects it names.

Key vaults, managed HSMs and attestation providers all log under that category, and so do other services; the resource tells,
and where a shipper left it out, the address that was called.
https://learn.microsoft.com/azure/key-vault/general/logging
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from shared.kinds import diagnostics, valid
from shared.kinds.fields import Fields
from shared.model.entity import VaultObject
from shared.model.resource_id import ResourceId

VAULT, HSM, ATTESTATION = "vault", "hsm", "attestation"
_SERVICES = {
    "microsoft.keyvault/vaults": VAULT,
    "microsoft.keyvault/managedhsms": HSM,
    "microsoft.attestation/attestationproviders": ATTESTATION,
}
_HOSTS = {"vault": VAULT, "vaultcore": VAULT, "managedhsm": HSM, "attest": ATTESTATION}
_PLACES = ("resourceId", "_ResourceId", "ResourceUri")
_ADDRESSES = ("id", "requestUri", "uri")
_HOST = re.compile(r"https://[\w.-]+?\.(vault|vaultcore|managedhsm|attest)\.[\w.-]+", re.IGNORECASE)
_OPERATION = re.compile(r"(Vault|Secret|Key|Certificate)[A-Z]\w*")
_OBJECT = re.compile(
    r"(https://([\w-]+)\.[\w.-]+)(?::\d{1,5})?/(deleted)?(secret|key|certificate)s/([0-9A-Za-z-]{1,127})(?:/([^/?#]*).*)?",
    re.IGNORECASE | re.DOTALL,
)
_VERSION = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_TYPES: dict[str, Literal["secret", "key", "certificate"]] = {
    "secret": "secret",
    "key": "key",
    "certificate": "certificate",
}
_CLAIM = re.compile(r"identity[._]claims?[._](.+)", re.IGNORECASE | re.DOTALL)


def service(record: Fields) -> str:
    """Which of these services wrote a record: `VAULT`, `HSM` or `ATTESTATION`; empty if another did, or nothing tells."""
    kind = next((kind for name in _PLACES if (kind := ResourceId(record.text(name)).type)), "")
    kind = kind or "/".join(filter(None, (record.text("resourceProvider"), record.text("resourceType"))))
    if kind:
        return _SERVICES.get(kind.lower(), "")
    for place in logged(record):
        for address in _ADDRESSES:
            if host := _HOST.match(place.text(address)):
                return _HOSTS[host[1].lower()]
    return VAULT if _OPERATION.fullmatch(record.text("operationName")) else ""


def logged(record: Fields) -> Iterator[Fields]:
    """Where a record may say more: its `properties`, and the record or the row itself by plain names."""
    if properties := record.fields("properties"):
        yield properties
    yield diagnostics.plain(record)


def text(record: Fields, *names: str) -> str:
    """The first of these fields that is there, wherever it stands."""
    return next(filter(None, (place.text(*names) for place in logged(record))), "")


def status_code(record: Fields, *names: str) -> int | None:
    """The HTTP status that was answered; None if it does not say. A column of numbers has it with a decimal point."""
    found = text(record, *names).removesuffix(".0")
    return int(found) if len(found) == 3 and found.isascii() and found.isdigit() else None


def claims(record: Fields) -> Fields:
    """The claims of the token that the call was made with, also out of flattened columns, or out of a name alone."""
    row = diagnostics.plain(record)
    if identity := row.fields("identity"):
        return identity
    flat: dict[str, Any] = {}
    for name, value in row.raw.items():
        if found := _CLAIM.fullmatch(name):
            flat[found[1].lower().rpartition("claims_")[2]] = value
    return Fields(flat or {"upn": valid.upn(row.text("identity"))})


def vault_object(address: str, vault: str) -> VaultObject | None:
    """The object at an address, as far as it is certain; None if it is the address of none.

    Args:
        address: As logged: with a port, a query or what was done to the object behind it.
        vault: The resource id of the vault that logged it.
    """
    found = _OBJECT.fullmatch(address.strip().partition("?")[0].rstrip("/"))
    name = valid.name(found[5]) if found else ""
    if not found or not name:
        return None
    version = found[6] if found[6] and _VERSION.fullmatch(found[6]) else ""
    kind = _TYPES[found[4].lower()]
    own = ResourceId(vault).name.lower() == found[2].lower()
    return VaultObject(
        id="" if found[3] else "/".join(filter(None, (found[1], f"{kind}s", name, version))),
        object_type=kind,
        name=name,
        version=version,
        vault_id=vault if own else "",
    )
