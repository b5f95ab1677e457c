"""Entities: the things an alert speaks of, with every id they carry.

The kinds follow Microsoft Sentinel's entity types (https://learn.microsoft.com/azure/sentinel/entities-reference).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from shared.model.resource_id import ResourceId

Role = Literal["", "attacker", "target", "related"]
"""What the provider says an entity's part was; empty if it does not say."""


class Entity(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag=str.lower):
    """Anything an alert speaks of. An empty field is not known."""

    role: Role = ""

    @property
    def kinds(self) -> frozenset[str]:
        """Every name a playbook may select the entity by."""
        return frozenset({type(self).__struct_config__.tag})  # type: ignore[arg-type]

    @property
    def label(self) -> str:
        """The most telling id, for people."""
        fields = (getattr(self, name) for name in self.__struct_fields__ if name != "role")
        return next((str(value) for value in fields if value), "")


class Account(Entity, tag="account", frozen=True, kw_only=True):
    """A user account, on premises or in Microsoft Entra ID."""

    upn: str = ""
    object_id: str = ""
    mail: str = ""
    sid: str = ""
    name: str = ""
    nt_domain: str = ""
    dn: str = ""
    tenant: str = ""
    display_name: str = ""


class Host(Entity, tag="host", frozen=True, kw_only=True):
    """A machine."""

    azure_id: str = ""
    fqdn: str = ""
    name: str = ""
    nt_domain: str = ""
    mde_device_id: str = ""
    entra_device_id: str = ""
    vm_id: str = ""
    agent_id: str = ""
    os: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`host`, and `virtual_machine` if it is known which one."""
        return frozenset({"host"}) | _resource_kinds(self.azure_id) - {"azure_resource"}


class Ip(Entity, tag="ip", frozen=True, kw_only=True):
    """An address, IPv4 or IPv6."""

    address: str = ""


class AzureResource(Entity, tag="azure_resource", frozen=True, kw_only=True):
    """Anything with an Azure resource id."""

    resource_id: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`azure_resource`, and the name of its type if that has one."""
        return _resource_kinds(self.resource_id)


class VaultObject(Entity, tag="vault_object", frozen=True, kw_only=True):
    """A secret, key or certificate in a key vault."""

    id: str = ""
    object_type: Literal["", "secret", "key", "certificate"] = ""
    name: str = ""
    version: str = ""
    vault_id: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`vault_object` and `secret`, `key` or `certificate`."""
        return frozenset({"vault_object", self.object_type} - {""})


class File(Entity, tag="file", frozen=True, kw_only=True):
    """A file by name and place."""

    name: str = ""
    directory: str = ""


class FileHash(Entity, tag="file_hash", frozen=True, kw_only=True):
    """The hash of a file."""

    value: str = ""
    algorithm: Literal["", "md5", "sha1", "sha256"] = ""


class Process(Entity, tag="process", frozen=True, kw_only=True):
    """A process that ran."""

    command_line: str = ""
    image: str = ""
    pid: str = ""


class Url(Entity, tag="url", frozen=True, kw_only=True):
    """An address on the web."""

    url: str = ""


class Domain(Entity, tag="domain", frozen=True, kw_only=True):
    """A DNS name."""

    name: str = ""


class CloudApplication(Entity, tag="cloud_application", frozen=True, kw_only=True):
    """An application in the cloud."""

    name: str = ""
    app_id: str = ""


class ServicePrincipal(Entity, tag="service_principal", frozen=True, kw_only=True):
    """An application's identity in a tenant."""

    object_id: str = ""
    app_id: str = ""
    name: str = ""


class SecurityGroup(Entity, tag="security_group", frozen=True, kw_only=True):
    """A group of accounts."""

    object_id: str = ""
    sid: str = ""
    name: str = ""
    dn: str = ""


class Mailbox(Entity, tag="mailbox", frozen=True, kw_only=True):
    """A mailbox."""

    address: str = ""
    upn: str = ""
    object_id: str = ""
    display_name: str = ""


class MailMessage(Entity, tag="mail_message", frozen=True, kw_only=True):
    """One message."""

    network_message_id: str = ""
    internet_message_id: str = ""
    sender: str = ""
    recipient: str = ""
    subject: str = ""


class Malware(Entity, tag="malware", frozen=True, kw_only=True):
    """Malware by its name."""

    name: str = ""
    category: str = ""


class RegistryKey(Entity, tag="registry_key", frozen=True, kw_only=True):
    """A key of the Windows registry."""

    key: str = ""
    hive: str = ""


class RegistryValue(Entity, tag="registry_value", frozen=True, kw_only=True):
    """A value of the Windows registry."""

    name: str = ""
    key: str = ""
    value: str = ""


class Other(Entity, tag="other", frozen=True, kw_only=True):
    """A kind that has no class here: it is kept, and nothing acts on it."""

    name: str = ""
    type: str = ""


AnyEntity = (
    Account
    | AzureResource
    | CloudApplication
    | Domain
    | File
    | FileHash
    | Host
    | Ip
    | MailMessage
    | Mailbox
    | Malware
    | Other
    | Process
    | RegistryKey
    | RegistryValue
    | SecurityGroup
    | ServicePrincipal
    | Url
    | VaultObject
)

RESOURCE_KINDS = {
    "microsoft.compute/virtualmachines": "virtual_machine",
    "microsoft.network/networkinterfaces": "network_interface",
    "microsoft.keyvault/vaults": "key_vault",
    "microsoft.storage/storageaccounts": "storage_account",
    "microsoft.containerservice/managedclusters": "kubernetes_cluster",
    "microsoft.web/sites": "app_service",
    "microsoft.sql/servers": "sql_server",
    "microsoft.network/networksecuritygroups": "network_security_group",
    "microsoft.network/virtualnetworks": "virtual_network",
}
"""Names for the resource types that alerts speak of most; every other type is selected as `azure_resource`."""

_TAGS = {str(kind.__struct_config__.tag) for kind in AnyEntity.__args__}
KINDS = frozenset({*_TAGS, *RESOURCE_KINDS.values(), "secret", "key", "certificate"})
"""Every name that a playbook may select entities by."""


def _resource_kinds(text: str) -> frozenset[str]:
    name = RESOURCE_KINDS.get(ResourceId(text).type.lower())
    return frozenset({"azure_resource", name} if name else {"azure_resource"})
