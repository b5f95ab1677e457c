"""Azure Storage: a blob, a file or a directory was created, changed or deleted (Event Grid).

https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from shared.kinds import entities, event_grid
from shared.kinds.carrier import event_subscription
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.resource_id import ResourceId

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_WEB = ("https://", "http://")


def read(body: Fields) -> Iterator[Event]:
    """One event, about one blob, or about the account. The address says which blob: the subject may differ from it."""
    data = event_grid.data(body)
    place = event_grid.topic(body)
    etag = data.text("eTag").removeprefix("W/").strip('"')
    found = [
        *_blob(data.text("url", "destinationUrl"), etag, place),
        *_blob(data.text("sourceUrl"), "", place),
        entities.azure_resource(place),
    ]
    yield Event(
        provider="Azure Storage",
        product="Azure Storage",
        id=event_grid.event_id(body),
        case=event_grid.case("storage_events", body),
        kind=event_grid.kind(body),
        title=event_grid.kind(body),
        time=event_grid.time(body),
        subscription=event_grid.subscription(body),
        entities=entities.distinct(found),
    )


def _blob(address: str, etag: str, account: str) -> Sequence[AnyEntity | None]:
    """A blob by its address alone: what follows a question mark may be a signature that opens it."""
    address = address.partition("?")[0].strip()
    host, _, path = address.partition("://")[2].partition("/")
    if not host or not address.lower().startswith(_WEB):
        return ()
    container, _, name = path.strip("/").partition("/")
    return entities.read(
        "blob",
        Fields(
            {
                "url": address,
                "etag": etag,
                "containerName": unquote(container) if name else "",
                "storageResource": {"ResourceId": account if ResourceId(account).is_type(_ACCOUNT) else ""},
            }
        ),
    )


source = Source(
    marks=event_grid.marks("microsoft.storage.*"),
    read=read,
    carried_by=(event_subscription("storage account"),),
)
