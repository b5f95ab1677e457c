"""Entities: what lives in Azure and in other clouds."""

from __future__ import annotations

from typing import Literal

from shared.model.entity.base import Entity
from shared.model.resource_id import ResourceId


class AzureResource(Entity, tag="azure_resource", frozen=True, kw_only=True):
    """Anything with an Azure resource id."""

    resource_id: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`azure_resource`, and the name of its type if that has one."""
        return resource_kinds(self.resource_id)


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


class CloudApplication(Entity, tag="cloud_application", frozen=True, kw_only=True):
    """An application in the cloud; with an object id, its registration in a tenant of Microsoft Entra."""

    name: str = ""
    app_id: str = ""
    object_id: str = ""


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


def resource_kinds(text: str) -> frozenset[str]:
    """The names by which a playbook may select what a resource id stands for."""
    name = RESOURCE_KINDS.get(ResourceId(text).type.lower())
    return frozenset({"azure_resource", name} if name else {"azure_resource"})


KubernetesType = Literal["", "cluster", "controller", "namespace", "pod", "secret", "service", "service_account"]
"""What a Kubernetes object is."""


class Blob(Entity, tag="blob", frozen=True, kw_only=True):
    """A blob or a file in a storage account; with its etag, one version of it."""

    url: str = ""
    etag: str = ""
    container: str = ""
    storage_id: str = ""


class Container(Entity, tag="container", frozen=True, kw_only=True):
    """A container that runs, or ran."""

    id: str = ""
    name: str = ""
    image: str = ""


class ContainerImage(Entity, tag="container_image", frozen=True, kw_only=True):
    """What containers are started from."""

    id: str = ""
    digest: str = ""
    registry: str = ""


class KubernetesObject(Entity, tag="kubernetes_object", frozen=True, kw_only=True):
    """An object in a Kubernetes cluster."""

    object_type: KubernetesType = ""
    name: str = ""
    namespace: str = ""
    cluster_id: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """`kubernetes_object`, and `kubernetes_pod` and so on."""
        return frozenset({"kubernetes_object"} | ({f"kubernetes_{self.object_type}"} if self.object_type else set()))
