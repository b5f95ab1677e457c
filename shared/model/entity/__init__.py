"""Entities: the things an alert speaks of, with every id they carry.

The kinds follow Microsoft Sentinel's entity types (https://learn.microsoft.com/azure/sentinel/entities-reference).
"""

from __future__ import annotations

from typing import get_args

from shared.model.entity.base import ABOUT, Entity, Other, Role, Verdict
from shared.model.entity.cloud import (
    RESOURCE_KINDS,
    AzureResource,
    Blob,
    CloudApplication,
    Container,
    ContainerImage,
    KubernetesObject,
    KubernetesType,
    VaultObject,
)
from shared.model.entity.content import File, FileHash, Mailbox, MailCluster, MailMessage, Malware
from shared.model.entity.identity import Account, DirectoryRole, LogonSession, SecurityGroup, ServicePrincipal
from shared.model.entity.machine import Host, IotDevice, Process, RegistryKey, RegistryValue
from shared.model.entity.network import Domain, Ip, NetworkConnection, Nic, Url

__all__ = [
    "ABOUT",
    "KINDS",
    "RESOURCE_KINDS",
    "Account",
    "AnyEntity",
    "AzureResource",
    "Blob",
    "CloudApplication",
    "Container",
    "ContainerImage",
    "DirectoryRole",
    "Domain",
    "Entity",
    "File",
    "FileHash",
    "Host",
    "IotDevice",
    "Ip",
    "KubernetesObject",
    "KubernetesType",
    "LogonSession",
    "MailCluster",
    "MailMessage",
    "Mailbox",
    "Malware",
    "NetworkConnection",
    "Nic",
    "Other",
    "Process",
    "RegistryKey",
    "RegistryValue",
    "Role",
    "SecurityGroup",
    "ServicePrincipal",
    "Url",
    "VaultObject",
    "Verdict",
]

AnyEntity = (
    Account
    | AzureResource
    | Blob
    | CloudApplication
    | Container
    | ContainerImage
    | DirectoryRole
    | Domain
    | File
    | FileHash
    | Host
    | IotDevice
    | Ip
    | KubernetesObject
    | LogonSession
    | MailCluster
    | MailMessage
    | Mailbox
    | Malware
    | NetworkConnection
    | Nic
    | Other
    | Process
    | RegistryKey
    | RegistryValue
    | SecurityGroup
    | ServicePrincipal
    | Url
    | VaultObject
)

_TAGS = {str(kind.__struct_config__.tag) for kind in AnyEntity.__args__}
KINDS = frozenset(
    {
        *_TAGS,
        *RESOURCE_KINDS.values(),
        "secret",
        "key",
        "certificate",
        *(f"kubernetes_{name}" for name in get_args(KubernetesType) if name),
    }
)
"""Every name that a playbook may select entities by."""
