"""Azure Key Vault: a secret nears its expiry or has expired (Event Grid, its own schema and CloudEvents 1.0).

https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.kinds import valid
from shared.kinds.carrier import event_subscription
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.kinds.times import from_epoch
from shared.model.case import object_case
from shared.model.entity import VaultObject
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_PREFIX = "microsoft.keyvault."
_SEVERITIES = {"secretnearexpiry": Severity.MEDIUM, "secretexpired": Severity.HIGH}


def read(body: Fields) -> Iterator[Event]:
    """One event, about one version of one secret. Near expiry and expiry of a version are one case."""
    kind = body.text("eventType", "type")
    word = kind.lower().removeprefix(_PREFIX)
    data = body.fields("data")
    address = data.text("Id")
    parts = _path(address).strip("/").split("/")
    name, version, expiry = data.text("ObjectName"), data.text("Version"), data.number("EXP")
    if len(parts) != 3 or parts[0].lower() != "secrets":
        raise Unreadable("the event does not name the version of a secret", "data.Id")
    if (name and name.lower() != parts[1].lower()) or (version and version.lower() != parts[2].lower()):
        raise Unreadable("the event names two different objects", "data.Id, data.ObjectName, data.Version")
    vault = ResourceId(valid.resource_id(body.text("topic", "source")))
    yield Event(
        provider="Azure Key Vault",
        product="Azure Key Vault",
        id=body.text("id"),
        case=object_case(address, "expiry"),
        kind=kind,
        title=_title(word, parts[1], from_epoch(expiry)[:10] if expiry else ""),
        severity=_SEVERITIES[word],
        time=body.time("eventTime", "time"),
        subscription=valid.subscription(vault.subscription),
        entities=(
            VaultObject(
                id=address,
                object_type="secret",
                name=parts[1],
                version=parts[2],
                vault_id=str(vault) if vault.is_type("Microsoft.KeyVault/vaults") else "",
            ),
        ),
    )


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # no address at all
        return ""


def _title(word: str, name: str, day: str) -> str:
    if word == "secretexpired":
        return f"Secret {name} expired {day}".rstrip()
    return f"Secret {name} expires {day or 'soon'}"


def _is_expiry(body: Fields) -> bool:
    return body.text("eventType", "type").lower().removeprefix(_PREFIX) in _SEVERITIES


source = Source(
    marks=(
        Mark(("eventtype", "data", "topic"), unless=("specversion",), when=_is_expiry),
        Mark(("specversion", "type", "data", "source"), when=_is_expiry),
    ),
    read=read,
    carried_by=(
        event_subscription("key vault", "Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"),
    ),
)
