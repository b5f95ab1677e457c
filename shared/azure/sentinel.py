"""A Sentinel incident with its alerts and entities, in the form in which automation rules hand it on.

https://learn.microsoft.com/rest/api/securityinsights/incidents
"""

from __future__ import annotations

import asyncio
from typing import Any

from shared.azure.clients import Azure
from shared.model.permission import arm

API = "2024-09-01"
_INCIDENT = (
    "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"
    "/providers/Microsoft.SecurityInsights/incidents/{}"
)
READ = arm("Microsoft.SecurityInsights/incidents/read", f"POST {_INCIDENT}/alerts", f"POST {_INCIDENT}/entities")


async def incident(workspace: str, incident_id: str, azure: Azure) -> dict[str, Any]:
    """An incident.

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
