"""The alerts that Microsoft Graph has of every Defender product.

https://learn.microsoft.com/graph/api/security-list-alerts_v2
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from shared.azure.clients import Azure
from shared.azure.listing import Listed, Listing, as_listed, first_time, told
from shared.model.permission import graph
from shared.wire.load import load

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation

READ = graph("SecurityAlert.Read.All", "GET /security/alerts_v2")
_BUILDERS = (
    "msgraph.generated.security.security_request_builder",
    "msgraph.generated.security.alerts_v2.alerts_v2_request_builder",
)


async def _changed(_tenant: str, since: datetime, azure: Azure) -> list[Listed]:
    """The newest come first: the API does not order, so all pages are read."""
    client = await azure.graph()
    await load(*_BUILDERS)
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.security.alerts_v2.alerts_v2_request_builder import Alerts_v2RequestBuilder

    query = Alerts_v2RequestBuilder.Alerts_v2RequestBuilderGetQueryParameters(
        filter=f"lastUpdateDateTime ge {told(since)}"
    )
    alerts = client.security.alerts_v2
    page = await _read(
        client.request_adapter, alerts.to_get_request_information(RequestConfiguration(query_parameters=query))
    )
    found = [_listed(alert) for alert in page["value"]]
    while page.get("@odata.nextLink"):
        following = alerts.with_url(page["@odata.nextLink"])
        page = await _read(client.request_adapter, following.to_get_request_information())
        found += [_listed(alert) for alert in page["value"]]
    return found


async def _read(adapter: Any, request: RequestInformation) -> dict[str, Any]:
    """A page as it came: the source reads what Graph sends, not what the SDK makes of it."""
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError

    content = await adapter.send_primitive_async(request, "bytes", {"XXX": ODataError})
    page: dict[str, Any] = msgspec.json.decode(content or b"{}")
    return page


def _listed(alert: dict[str, Any]) -> Listed:
    return Listed(
        id=alert["id"],
        created=first_time(alert, "createdDateTime"),
        changed=first_time(alert, "lastUpdateDateTime", "createdDateTime"),
        body=alert,
    )


listing = Listing(
    channel="what fetches alerts from Microsoft Graph, or the streaming of Defender XDR, to the event hub",
    permissions=(READ,),
    places=lambda settings: ("tenant",) if settings.reconcile_graph_alerts else (),
    changed=_changed,
    whole=as_listed,
)
