"""Azure Key Vault: what happens to secrets, keys and certificates, and who may use them (Event Grid).

https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from shared.kinds import entities, event_grid, valid
from shared.kinds.carrier import event_subscription
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.kinds.times import from_epoch
from shared.model.case import object_case
from shared.model.entity import VaultObject
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_Type = Literal["secret", "key", "certificate"]
_TYPES: tuple[_Type, ...] = ("secret", "key", "certificate")
_NEW = "newversioncreated"
_SEVERITIES = {"nearexpiry": Severity.MEDIUM, "expired": Severity.HIGH}


def read(body: Fields) -> Iterator[Event]:
    """One event, about one version of one object or about the vault. Near expiry and expiry of a version are one case."""
    word, vault = event_grid.word(body), valid.resource_id(event_grid.topic(body))
    kind, cause = next(((name, word.removeprefix(name)) for name in _TYPES if word.startswith(name)), (None, word))
    data = event_grid.data(body)
    named = _object(data, kind, vault) if kind and cause in (_NEW, *_SEVERITIES) else None
    yield Event(
        provider="Azure Key Vault",
        product="Azure Key Vault",
        id=event_grid.event_id(body),
        case=_case(body, cause, named),
        kind=event_grid.kind(body),
        title=_title(kind, cause, named, data.number("EXP")) or event_grid.kind(body),
        severity=_SEVERITIES.get(cause),
        time=event_grid.time(body),
        subscription=event_grid.subscription(body),
        entities=entities.distinct((named, entities.azure_resource(vault))),
    )


def _object(data: Fields, kind: _Type, vault: str) -> VaultObject:
    address = data.text("Id")
    parts = _path(address).strip("/").split("/")
    name, version = data.text("ObjectName"), data.text("Version")
    if len(parts) != 3 or parts[0].lower() != f"{kind}s":
        raise Unreadable(f"the event does not name the version of a {kind}", "data.Id")
    if (name and name.lower() != parts[1].lower()) or (version and version.lower() != parts[2].lower()):
        raise Unreadable("the event names two different objects", "data.Id, data.ObjectName, data.Version")
    return VaultObject(
        id=address,
        object_type=kind,
        name=parts[1],
        version=parts[2],
        vault_id=vault if ResourceId(vault).is_type("Microsoft.KeyVault/vaults") else "",
    )


def _case(body: Fields, cause: str, named: VaultObject | None) -> str:
    if named is None:
        return event_grid.case("key_vault", body)
    return object_case(named.id, "expiry" if cause in _SEVERITIES else cause)


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # no address at all
        return ""


def _title(kind: str | None, cause: str, named: VaultObject | None, expiry: int | None) -> str:
    if kind is None or named is None or cause not in _SEVERITIES:
        return ""
    day = from_epoch(expiry)[:10] if expiry else ""
    if cause == "expired":
        return f"{kind.capitalize()} {named.name} expired {day}".rstrip()
    return f"{kind.capitalize()} {named.name} expires {day or 'soon'}"


source = Source(
    marks=event_grid.marks("microsoft.keyvault.*"),
    read=read,
    carried_by=(event_subscription("key vault"),),
)
