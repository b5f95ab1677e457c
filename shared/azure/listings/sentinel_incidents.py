"""The incidents of a Sentinel workspace.

https://learn.microsoft.com/rest/api/securityinsights/incidents/list
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.azure import sentinel
from shared.azure.clients import Azure
from shared.azure.listing import Listed, Listing, first_time
from shared.model.settings import Settings


def _places(settings: Settings) -> tuple[str, ...]:
    return (settings.sentinel_workspace,) if settings.sentinel_workspace else ()


async def _changed(workspace: str, since: datetime, azure: Azure) -> list[Listed]:
    return [_listed(incident) for incident in await sentinel.incidents(workspace, since, azure)]


def _listed(incident: dict[str, Any]) -> Listed:
    facts = incident["properties"]
    return Listed(
        id=incident["name"],
        created=first_time(facts, "createdTimeUtc"),
        changed=first_time(facts, "lastModifiedTimeUtc", "createdTimeUtc"),
        body=incident,
    )


async def _whole(workspace: str, listed: Listed, azure: Azure) -> dict[str, Any]:
    return await sentinel.incident(workspace, listed.id, azure)


listing = Listing(
    channel="the automation rule or data export that sends incidents to the event hub",
    permissions=(sentinel.READ,),
    places=_places,
    changed=_changed,
    whole=_whole,
)
