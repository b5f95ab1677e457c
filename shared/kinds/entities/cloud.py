"""What lives in Azure, in Kubernetes and in other clouds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.kinds import valid
from shared.kinds.entities.content import hashes
from shared.kinds.entities.part import NO_PART, Part
from shared.kinds.fields import NOTHING, Fields
from shared.kinds.form import Form, named
from shared.model.entity import (
    AnyEntity,
    AzureResource,
    Blob,
    CloudApplication,
    Container,
    ContainerImage,
    KubernetesObject,
    KubernetesType,
)

_RESOURCE = ("ResourceId", "AzureResourceId", "azureID")
_APPLICATION = Form(
    name=(valid.name, ("Name", "appName", "displayName", "application", "applicationName")),
    app_id=(valid.name, ("AppId", "applicationId", "oAuthApplicationId", "clientId")),
    object_id=(valid.guid, ("applicationObjectId",)),
)
_BLOB = Form(
    url=(valid.url, ("Url", "blobUri")),
    etag=named("Etag"),
    container=(valid.name, ("containerName",)),
)
_CONTAINER = Form(id=(valid.name, ("ContainerId",)), name=(valid.name, ("Name",)))
_IMAGE = Form(
    id=(valid.name, ("ImageId",)),
    digest=(valid.name, ("Digest", "digestImage")),
)
_NAME = ("Name",)


def azure_resource(text: str, part: Part = NO_PART) -> AzureResource | None:
    """An Azure resource, if the id is one."""
    resource_id = valid.resource_id(text)
    return AzureResource(resource_id=resource_id, **part) if resource_id else None


def resources(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """An Azure resource."""
    return (azure_resource(fields.text(*_RESOURCE), part),)


def cloud_application(fields: Fields, part: Part = NO_PART) -> CloudApplication | None:
    """An application in the cloud, if its name or id is known."""
    found = _APPLICATION.read(fields)
    return CloudApplication(**found, **part) if found else None


def applications(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """An application in the cloud."""
    return (cloud_application(fields, part),)


def blob(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A blob, if its address is known, and its storage account."""
    found = _BLOB.read(fields)
    place = fields.fields("BlobContainer")
    account = place.fields("StorageResource") or fields.fields("storageResource", "StorageAccount")
    more = {
        "container": found.get("container") or valid.name(place.text(*_NAME)),
        "storage_id": valid.resource_id(account.text(*_RESOURCE)),
    }
    found |= {name: text for name, text in more.items() if text}
    itself = Blob(**found, **part) if "url" in found else None
    return (itself, *hashes(fields, part), azure_resource(account.text(*_RESOURCE)))


def container(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """A container and its image."""
    found = _CONTAINER.read(fields)
    inner = fields.fields("Image")
    image = _image(inner, NO_PART)
    if image:
        found["image"] = image.id or image.digest
    pod = kubernetes("pod")(fields.fields("Pod"), NO_PART)
    return (Container(**found, **part) if found.keys() & {"id", "name"} else None, image, *pod)


def container_image(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
    """An image."""
    return (_image(fields, part),)


def _image(fields: Fields, part: Part) -> ContainerImage | None:
    found = _IMAGE.read(fields)
    if digest := valid.name(fields.fields("digestImage").text("imageId")):
        found["digest"] = digest
    if not found:
        return None
    registry = fields.fields("Registry", "registry").text("Registry", "name") or fields.text("Registry")
    return ContainerImage(**found, registry=valid.name(registry), **part)


def kubernetes(kind: KubernetesType) -> Callable[[Fields, Part], Sequence[AnyEntity | None]]:
    """What reads Kubernetes objects of this kind: the object, where it is, and its cluster as the Azure resource it is."""

    def read(fields: Fields, part: Part) -> Sequence[AnyEntity | None]:
        space = fields if kind == "namespace" else fields.fields("Namespace")
        cluster = fields if kind == "cluster" else fields.fields("Cluster") or space.fields("Cluster")
        place = azure_resource((cluster.fields("CloudResource") if cluster else NOTHING).text(*_RESOURCE))
        name = valid.name(fields.text(*_NAME))
        inside = "" if space is fields else valid.name(space.text(*_NAME))
        if not name:
            return (place,)
        cluster_id = place.resource_id if place else ""
        return (
            KubernetesObject(object_type=kind, name=name, namespace=inside, cluster_id=cluster_id, **part),
            place,
        )

    return read
