"""Microsoft.Security: the alerts of Defender for Cloud."""

from __future__ import annotations

from typing import Any

from azsim import arm, pages
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call

ALERT = "Microsoft.Security/locations/alerts"
_SIZE = 100
"""Alerts of a page; the API says how many there are only by the link to the next."""


def _in_subscription(call: Call, scope: str) -> list[Resource]:
    """The alerts of all locations and resource groups: https://learn.microsoft.com/rest/api/defenderforcloud/alerts/list."""
    below = f"{scope.rstrip('/').lower()}/"
    return [alert for alert in call.world.state(Arm).of_type(ALERT) if alert.id.lower().startswith(below)]


def _page(call: Call, alerts: list[dict[str, Any]]) -> dict[str, Any]:
    """The API has neither filter nor order."""
    value, link = pages.page(call, alerts, _SIZE, "$skipToken")
    return {"value": value, **({"nextLink": link} if link else {})}


arm.define("Microsoft.Security/alerts", Rules(lists=_in_subscription, page=_page))
