"""Who owns which partition, and how far each has been handled: in blobs, by the SDK's own store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.engine.app import App
from shared.wire.azure_core import AzureCoreTransport

if TYPE_CHECKING:
    from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

CONTAINER = "azure-webjobs-eventhub"
"""As the Functions runtime calls it."""


def store(app: App) -> BlobCheckpointStore:
    """The store, opened with the app's identity."""
    from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

    return BlobCheckpointStore(app.settings.blobs, CONTAINER, credential=app.credential, **_options(app))


async def handled(app: App) -> int:
    """How many events are before the checkpoints."""
    from azure.storage.blob.aio import ContainerClient

    container = ContainerClient(app.settings.blobs, CONTAINER, app.credential, **_options(app))
    blobs = [blob async for blob in container.list_blobs(include=["metadata"])]
    return sum(int(blob.metadata["sequencenumber"]) + 1 for blob in blobs if "/checkpoint/" in blob.name)


def _options(app: App) -> dict[str, Any]:
    """The SDK's own retry policy does more than to retry when it lists blobs, so it stays, with nothing to do."""
    return {"transport": AzureCoreTransport(app.send, app.clock), "retry_total": 0}
