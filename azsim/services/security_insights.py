"""Microsoft.SecurityInsights: the alerts and entities of a Sentinel incident."""

from __future__ import annotations

from azsim import arm
from azsim.arm import Resource, Rules
from azsim.call import Call
from azsim.messages import Response, json_response

INCIDENT = "Microsoft.SecurityInsights/incidents"


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
    Rules(actions={"entities": _entities, "alerts": _alerts}, action_permission="read", shows_etag=True),
)
