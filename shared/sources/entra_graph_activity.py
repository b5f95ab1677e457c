"""Microsoft Graph activity logs: every request that users and applications make to Microsoft Graph in the tenant.

As diagnostic settings and Log Analytics (`MicrosoftGraphActivityLogs`) give them.
https://learn.microsoft.com/graph/microsoft-graph-activity-logs-overview
https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.kinds import diagnostics, entities, entra, valid
from shared.kinds.carrier import entra_setting
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity, LogonSession
from shared.model.errors import Unreadable
from shared.model.event import Event

_LOG = "MicrosoftGraphActivityLogs"


def read(body: Fields) -> Iterator[Event]:
    """One event a request."""
    record = diagnostics.properties(body)
    method, path = record.text("requestMethod"), _path(record.text("requestUri"))
    if not method and not path:
        raise Unreadable("the record does not say what was asked for", "requestMethod, requestUri")
    request = record.text("requestId") or body.text("correlationId")
    status = record.text("responseStatusCode") or body.text("resultSignature")
    yield Event(
        provider="Microsoft Graph",
        product="Microsoft Graph",
        id=request,
        case=object_case(f"entra_graph_activity:{request}", status) if request else "",
        kind=_LOG,
        title=f"{method} {path}".strip(),
        status=status,
        time=diagnostics.time(body) or record.time("timeGenerated"),
        tenant=entra.tenant(body) or valid.guid(record.text("tenantId") if record is not body else ""),
        entities=entities.distinct(_entities(body, record)),
    )


def _entities(body: Fields, record: Fields) -> Iterator[AnyEntity | None]:
    user = valid.guid(record.text("userId", "UserPrincipalObjectID"))
    if user:
        yield entities.account(Fields({"userId": user}))
        yield entities.cloud_application(Fields({"appId": valid.guid(record.text("appId"))}))
    else:
        names = {name: record.text(name) for name in ("servicePrincipalId", "appId")}
        yield entities.service_principal(Fields(names))
    yield entities.ip(record.text("ipAddress"))
    yield entities.ip(diagnostics.address(body))
    if device := valid.guid(record.text("deviceId", "C_DeviceId")):
        yield entities.host(Fields({"aadDeviceId": device}))
    if session := valid.guid(record.text("sessionId", "C_Sid")):
        yield LogonSession(id=session)


def _path(address: str) -> str:
    """What was asked for, without what was searched in it: that may hold names of people."""
    try:
        return urlsplit(address).path
    except ValueError:  # no address at all
        return ""


source = Source(
    marks=(
        Mark(("category",), values=(_LOG.lower(),)),
        Mark(("type",), values=(_LOG.lower(),)),
        Mark(("signinactivityid", "requesturi")),
    ),
    read=read,
    carried_by=(entra_setting(_LOG),),
)
