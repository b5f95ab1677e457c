"""Microsoft Graph security API: legacy alerts, which came before `alerts_v2` and may be of other vendors too.

https://learn.microsoft.com/graph/api/resources/alert
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.kinds import attack, entities, graph, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.entity import AnyEntity, Role
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_TYPES = ("#microsoft.graph.alert", "microsoft.graph.alert")
_ONLY_ALERTS = frozenset(
    {"eventdatetime", "userstates", "hoststates", "filestates", "networkconnections", "malwarestates", "processes"}
    | {"registrykeystates", "cloudappstates", "securityresources", "event_date_time"}
)
_ROLES: dict[str, Role] = {"attacked": "target", "related": "related"}
_WHOLE = {
    "userStates": "account",
    "hostStates": "host",
    "malwareStates": "malware",
    "registryKeyStates": "registry",
}
"""Lists of which each object is an entity, and of which kind."""


def read(body: Fields) -> Iterator[Event]:
    """One event an alert."""
    alert = graph.plain(body)
    cases = graph.alert_cases(alert, "id")
    if not cases:
        raise Unreadable("the alert has no id", "id")
    found = entities.distinct(_entities(alert))
    vendor = alert.fields("vendorInformation")
    kind, word = alert.text("category"), alert.text("severity")
    yield Event(
        provider=valid.name(vendor.text("vendor")) or "Microsoft Graph",
        product=products.current(valid.name(vendor.text("provider"))),
        id=alert.text("id"),
        case=cases[0],
        kind=kind,
        title=alert.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=alert.text("status"),
        time=alert.time("createdDateTime", "eventDateTime", "lastModifiedDateTime"),
        start=alert.time("eventDateTime"),
        end=alert.time("lastEventDateTime"),
        tenant=valid.guid(alert.text("azureTenantId")),
        subscription=valid.guid(alert.text("azureSubscriptionId")) or next(entities.subscriptions(found), ""),
        tactics=attack.tactics([kind]),
        entities=found,
        links=tuple(text for text in alert.texts("sourceMaterials") if text[:8].lower() == "https://"),
    )


def _entities(alert: Fields) -> Iterator[AnyEntity | None]:
    """What the states speak of. The addresses of a host are its own, and NAT's are somebody else's."""
    for name, kind in _WHOLE.items():
        for item in alert.objects(name):
            yield from entities.read(kind, item)
    for item in alert.objects("userStates"):
        yield entities.ip(item.text("logonIp"))
    for item in alert.objects("fileStates"):
        yield from entities.read("file", _with_hash(item, filePath=item.text("path")))
    for item in alert.objects("processes"):
        account = {"accountName": item.text("accountName")}
        yield from entities.read(
            "process", _with_hash(item, fileName=item.text("name"), filePath=item.text("path"), userAccount=account)
        )
    for item in alert.objects("networkConnections"):
        yield from entities.read("networkConnection", item)
        yield entities.domain(item.text("destinationDomain"))
        yield entities.url(item.text("destinationUrl"))
    for item in alert.objects("cloudAppStates"):
        yield entities.cloud_application(Fields({"name": item.text("destinationServiceName")}))
        yield entities.ip(item.text("destinationServiceIp"))
    for item in alert.objects("messageSecurityStates"):
        yield from entities.read("mailMessage", Fields({**item.raw, "subject": item.text("messageSubject")}))
    for item in alert.objects("securityResources"):
        yield entities.azure_resource(item.text("resource"), _ROLES.get(item.text("resourceType").lower(), ""))


def _with_hash(item: Fields, **more: Any) -> Fields:
    """A file or process under the names that alerts of today give to its parts."""
    inner = item.fields("fileHash")
    return Fields({**item.raw, **more, "fileHashes": [inner.raw] if inner else []})


def _is_alert(body: Fields) -> bool:
    """Secure scores and their controls name a vendor as well."""
    return not _ONLY_ALERTS.isdisjoint(body.keys()) and body.text(*graph.TYPE).lower() in ("", *_TYPES)


source = Source(
    marks=(
        *(Mark((name,), values=_TYPES) for name in graph.MARKED),
        Mark(("vendorinformation", "id"), when=_is_alert),
        Mark(("vendor_information", "id"), when=_is_alert),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Microsoft Graph, GET /security/alerts: retired by Microsoft in 2026, for what still keeps such alerts",
            ("Send each answer as it is to the event hub `alerts`",),
        ),
    ),
)
