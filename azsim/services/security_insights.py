"""Microsoft.SecurityInsights: the incidents of a Sentinel workspace, and the alerts and entities of one."""

from __future__ import annotations

from typing import Any

from azsim import arm, pages
from azsim.arm import Resource, Rules
from azsim.call import Call
from azsim.messages import Response, json_response

INCIDENT = "Microsoft.SecurityInsights/incidents"

_USUAL, _MOST = 50, 1000
"""Incidents of a page."""
_PATHS = tuple(
    f"properties/{name}"
    for name in ("createdTimeUtc", "incidentNumber", "lastModifiedTimeUtc", "severity", "status", "title")
)


def _list(call: Call, incidents: list[dict[str, Any]]) -> dict[str, Any]:
    """https://learn.microsoft.com/rest/api/securityinsights/incidents/list."""
    found = pages.kept(incidents, call.query.get("$filter"), _PATHS)
    found = pages.ordered(found, call.query.get("$orderby", "properties/createdTimeUtc desc"), _PATHS)
    value, link = pages.page(call, found, pages.top(call, _USUAL, _MOST), "$skipToken")
    return {"value": value, **({"nextLink": link} if link else {})}


def _entities(_: Call, incident: Resource) -> Response:
    """https://learn.microsoft.com/rest/api/securityinsights/incidents/list-entities."""
    kinds = [entity["kind"] for entity in incident.hidden.get("entities", [])]
    meta = [{"entityKind": kind, "count": kinds.count(kind)} for kind in sorted(set(kinds))]
    return json_response({"entities": incident.hidden.get("entities", []), "metaData": meta})


def _alerts(_: Call, incident: Resource) -> Response:
    """https://learn.microsoft.com/rest/api/securityinsights/incidents/list-alerts."""
    return json_response({"value": incident.hidden.get("alerts", [])})


arm.define(
    INCIDENT,
    # Both are POSTs that Azure covers by the permission to read the incident.
    Rules(actions={"entities": _entities, "alerts": _alerts}, action_permission="read", shows_etag=True, page=_list),
)
