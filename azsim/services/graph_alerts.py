"""Microsoft Graph: the alerts of all Defender products."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from azsim import pages
from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem
from azsim.services.graph import need, service

READ_ALERTS = ("SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All")

_USUAL, _MOST = 100, 2000
_FILTERABLE = (
    *("assignedTo", "classification", "determination", "createdDateTime", "lastUpdateDateTime"),
    *("severity", "serviceSource", "status"),
)
_OPTIONS = frozenset({"$count", "$filter", "$skip", "$skiptoken", "$top"})


@dataclass(slots=True)
class Alerts:
    """The alerts, by id."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every alert."""
        return copy.deepcopy(self.alerts)

    def add(self, alert: dict[str, Any]) -> None:
        """Place an alert in the tenant."""
        self.alerts[alert["id"]] = copy.deepcopy(alert)


@service.route("GET", "/v1.0/security/alerts_v2")
def list_alerts(call: Call) -> Response:
    """https://learn.microsoft.com/graph/api/security-list-alerts_v2: the newest first, whatever is asked."""
    need(call, READ_ALERTS)
    for name in call.query.keys() - _OPTIONS:
        raise Problem(400, "BadRequest", f"The query specified in the URI is not valid: {name} is not supported.")
    found = pages.kept(list(call.world.state(Alerts).alerts.values()), call.query.get("$filter"), _FILTERABLE)
    newest = pages.ordered(found, "createdDateTime desc", _FILTERABLE)
    value, link = pages.page(call, newest, pages.top(call, _USUAL, _MOST), "$skiptoken")
    context = "https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2"
    following = {"@odata.nextLink": link} if link else {}
    return json_response({"@odata.context": context, **following, "value": value})
