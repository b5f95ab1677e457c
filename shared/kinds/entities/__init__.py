"""Entities out of the forms Microsoft uses: the one place that knows which field holds which id.

The form inside alerts has `Type` and Pascal-case names (`AadUserId`); Sentinel's entity resources have `kind` and
camel-case names under `properties` (`aadUserId`, `accountName`); Graph, the streaming API and Defender for Endpoint have
names of their own. Read without regard to case they differ in a few, so that one table for each kind serves them all.
https://learn.microsoft.com/azure/sentinel/entities-reference
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from msgspec.structs import astuple, replace

from shared.kinds import valid
from shared.kinds.entities import claims, cloud, content, identity, machine, network, rare
from shared.kinds.entities.part import Part, part_of, with_role
from shared.kinds.fields import Fields
from shared.model import entity as model

E = TypeVar("E", bound=model.Entity)

_ROLES: tuple[model.Role, ...] = ("", "related", "target", "attacker")
"""From what says least to what says most."""
_SAID = len(model.ABOUT)
"""The first fields of every entity: what is said of it, which are no ids."""
_LONGEST = 128
"""Letters in the name of a kind."""
_NOT_ENTITIES = frozenset({"securityalert", "bookmark", "huntingbookmark", "alert"})


def distinct(entities: Iterable[model.AnyEntity | None]) -> tuple[model.AnyEntity, ...]:
    """Every entity once, in order, without the gaps. What is said of it in one place counts for it in all."""
    told: dict[tuple[Any, ...], model.AnyEntity] = {}
    for entity in entities:
        if entity is not None:
            key = (type(entity), *astuple(entity)[_SAID:])
            known = told.get(key)
            told[key] = entity if known is None else _merged(known, entity)
    return tuple(told.values())


def read(kind: str, fields: Fields, role: model.Role = "") -> Sequence[model.AnyEntity | None]:
    """The entities in one entity object: usually one, none if nothing in it is certain, more for a file with hashes.

    Args:
        kind: Its type in any spelling: `AzureResource`, `azure-resource`, `Ip`, `deviceEvidence`.
        fields: The object, or its `properties`.
        role: Its part, if the object itself does not say.
    """
    word = kind if kind in _BUILDERS else _word(kind)
    build = _BUILDERS.get(word)
    if build is not None:
        return build(fields, part_of(fields, role))
    if not word or word in _NOT_ENTITIES:
        return ()
    part = part_of(fields, role)
    if place := fields.fields("CloudResource"):
        return cloud.resources(place, part)
    name = valid.name(fields.text("Name", "friendlyName", "DisplayName"))
    return (model.Other(type=kind, name=name, **part),)


def account(fields: Fields, role: model.Role = "") -> model.Account | None:
    """An account, if any of its ids is certain."""
    return identity.account(fields, with_role(role))


def service_principal(fields: Fields, role: model.Role = "") -> model.ServicePrincipal | None:
    """An application's identity, if any of its ids is certain."""
    return identity.service_principal(fields, with_role(role))


def security_group(fields: Fields, role: model.Role = "") -> model.SecurityGroup | None:
    """A group, if any of its ids is certain."""
    return identity.security_group(fields, with_role(role))


def directory_role(fields: Fields, role: model.Role = "") -> model.DirectoryRole | None:
    """A role of the directory or of Azure, if its id or name is known."""
    return identity.directory_role(fields, with_role(role))


def host(fields: Fields, role: model.Role = "") -> model.Host | None:
    """A machine, if any of its ids is certain."""
    return machine.host(fields, with_role(role))


def ip(text: str, role: model.Role = "") -> model.Ip | None:
    """An address, if it is one."""
    return network.ip(text, with_role(role))


def url(text: str, role: model.Role = "") -> model.Url | None:
    """An address on the web, if it is one."""
    found = valid.url(text)
    return model.Url(url=found, role=role) if found else None


def domain(text: str, role: model.Role = "") -> model.Domain | None:
    """A DNS name, if it is one."""
    found = valid.host(text)
    return model.Domain(name=found, role=role) if found else None


def azure_resource(text: str, role: model.Role = "") -> model.AzureResource | None:
    """An Azure resource, if the id is one."""
    return cloud.azure_resource(text, with_role(role))


def file_hash(text: str, role: model.Role = "") -> model.FileHash | None:
    """A file's hash, if it is one."""
    return content.file_hash(text, with_role(role))


def cloud_application(fields: Fields, role: model.Role = "") -> model.CloudApplication | None:
    """An application in the cloud, if its name or id is known."""
    return cloud.cloud_application(fields, with_role(role))


def caller(token: Fields, role: model.Role = "") -> model.Account | model.ServicePrincipal | None:
    """Who a token was issued for, by its claims in any form: a user, or an application that speaks for itself."""
    return claims.caller(token, with_role(role))


def subscriptions(found: Iterable[model.AnyEntity]) -> Iterator[str]:
    """The subscriptions of everything among these that has an Azure resource id."""
    for entity in found:
        place = getattr(entity, "resource_id", "") or getattr(entity, "azure_id", "")
        if place and (subscription := valid.subscription_of(place)):
            yield subscription


def _word(kind: str) -> str:
    return _spelt(kind) if len(kind) <= _LONGEST else ""


@lru_cache(maxsize=1024)
def _spelt(kind: str) -> str:
    word = "".join(filter(str.isalnum, kind.rpartition(".")[2].lower()))
    return word.removesuffix("evidence") or word


def _merged(first: E, second: E) -> E:
    """The same entity, with what either of the two says of it: the stronger role, otherwise the first word."""
    return replace(
        first,
        role=max(first.role, second.role, key=_ROLES.index),
        verdict=first.verdict or second.verdict,
        confidence=second.confidence if first.confidence is None else first.confidence,
    )


_BUILDERS: dict[str, Callable[[Fields, Part], Sequence[model.AnyEntity | None]]] = {
    "account": identity.accounts,
    "user": identity.accounts,
    "serviceprincipal": identity.principals,
    "securitygroup": identity.groups,
    "group": identity.groups,
    "cloudlogonsession": identity.logon_session,
    "hostlogonsession": machine.host_session,
    "host": machine.hosts,
    "machine": machine.hosts,
    "device": machine.hosts,
    "iotdevice": machine.iot_devices,
    "process": machine.processes,
    "registrykey": machine.registry_keys,
    "registryvalue": machine.registry_values,
    "registry": machine.registry,
    "ip": network.ips,
    "ipaddress": network.ips,
    "url": network.url,
    "dns": network.domain,
    "dnsresolution": network.domain,
    "domain": network.domain,
    "nic": network.nic,
    "networkconnection": network.connection,
    "file": content.files,
    "filehash": content.file_hashes,
    "malware": machine.malware,
    "mailbox": content.mailbox,
    "mailmessage": content.mail_message,
    "analyzedmessage": content.mail_message,
    "submissionmail": content.mail_message,
    "mailcluster": content.mail_cluster,
    "azureresource": cloud.resources,
    "cloudapplication": cloud.applications,
    "oauthapplication": cloud.applications,
    "blob": cloud.blob,
    "container": cloud.container,
    "containerimage": cloud.container_image,
    "k8scluster": cloud.kubernetes("cluster"),
    "kubernetescluster": cloud.kubernetes("cluster"),
    "k8snamespace": cloud.kubernetes("namespace"),
    "kubernetesnamespace": cloud.kubernetes("namespace"),
    "k8spod": cloud.kubernetes("pod"),
    "kubernetespod": cloud.kubernetes("pod"),
    "k8ssecret": cloud.kubernetes("secret"),
    "kubernetessecret": cloud.kubernetes("secret"),
    "k8sservice": cloud.kubernetes("service"),
    "kubernetesservice": cloud.kubernetes("service"),
    "k8sserviceaccount": cloud.kubernetes("service_account"),
    "kubernetesserviceaccount": cloud.kubernetes("service_account"),
    "k8scontroller": cloud.kubernetes("controller"),
    "kubernetescontroller": cloud.kubernetes("controller"),
    **rare.BUILDERS,
}
