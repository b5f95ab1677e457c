"""The alerts of Defender for Cloud in a subscription.

https://learn.microsoft.com/rest/api/defenderforcloud/alerts/list
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.azure.clients import Azure
from shared.azure.listing import Listed, Listing, as_listed, first_time
from shared.model.permission import arm

API = "2022-01-01"
READ = arm("Microsoft.Security/alerts/read")


async def _changed(subscription: str, since: datetime, azure: Azure) -> list[Listed]:
    """The API takes no filter: it lists every alert that is kept, which is for 90 days."""
    client = await azure.arm()
    found = await client.list(f"/subscriptions/{subscription}/providers/Microsoft.Security/alerts", API)
    listed = [_listed(alert) for alert in found]
    return [each for each in listed if each.changed >= since]


def _listed(alert: dict[str, Any]) -> Listed:
    facts = alert["properties"]
    names = ("timeGeneratedUtc", "endTimeUtc", "startTimeUtc")
    # It is there for others, and exported, when it has been processed, which may be long after it was generated.
    published = max(first_time(facts, *names), first_time(facts, "processingEndTimeUtc", *names))
    return Listed(id=alert["name"], created=published, changed=published, body=alert)


listing = Listing(
    channel="the continuous export of the subscription to the event hub",
    permissions=(READ,),
    places=lambda settings: settings.reconcile_subscriptions,
    changed=_changed,
    whole=as_listed,
)
