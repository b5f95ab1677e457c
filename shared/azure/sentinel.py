"""Sentinel's incidents: those that changed since a time, and one with its alerts and entities.

https://learn.microsoft.com/rest/api/securityinsights/incidents
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from shared.azure.clients import Azure
from shared.azure.listing import told
from shared.model.permission import arm

API = "2024-09-01"
_INCIDENT = (
    "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"
    "/providers/Microsoft.SecurityInsights/incidents/{}"
)
READ = arm("Microsoft.SecurityInsights/incidents/read", f"POST {_INCIDENT}/alerts", f"POST {_INCIDENT}/entities")


async def incident(workspace: str, incident_id: str, azure: Azure) -> dict[str, Any]:
    """An incident with its alerts and all its entities, in the form in which automation rules hand it on.

    Args:
        workspace: The workspace's resource id.
        incident_id: The incident's name, a GUID.
        azure: Azure, with `READ`.

    Raises:
        azure.core.exceptions.HttpResponseError: If it cannot be read.
    """
    client = await azure.arm()
    place = f"{workspace}/providers/Microsoft.SecurityInsights/incidents/{incident_id}"
    found, alerts, entities = await asyncio.gather(
        client.get(place, API), client.post(place, "alerts", API), client.post(place, "entities", API)
    )
    properties = {
        **found.get("properties", {}),
        "alerts": alerts.get("value", []),
        "relatedEntities": entities.get("entities", []),
    }
    return {"objectSchemaType": "Incident", "object": {**found, "properties": properties}}


async def incidents(workspace: str, since: datetime, azure: Azure) -> list[dict[str, Any]]:
    """The incidents that changed since a time, oldest change first, without alerts and entities.

    Args:
        workspace: The workspace's resource id.
        since: The time.
        azure: Azure, with `READ`.

    Raises:
        azure.core.exceptions.HttpResponseError: If they cannot be listed.
    """
    client = await azure.arm()
    changed = "properties/lastModifiedTimeUtc"
    query = {"$filter": f"{changed} ge {told(since)}", "$orderby": f"{changed} asc"}
    return await client.list(f"{workspace}/providers/Microsoft.SecurityInsights/incidents", API, query)
