"""Microsoft Defender XDR: incidents as Microsoft Graph and the Microsoft 365 Defender API show them.

https://learn.microsoft.com/graph/api/resources/security-incident and
https://learn.microsoft.com/defender-xdr/api-list-incidents
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, graph, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.kinds.times import instant
from shared.model.case import incident_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_PRODUCT = "Microsoft Defender XDR"
_TYPES = ("#microsoft.graph.security.incident", "microsoft.graph.security.incident")
_REDIRECTED = "redirected"


def read(body: Fields) -> Iterator[Event]:
    """One event an incident. Its alerts are its other names, so that an alert that came before is not handled again.

    An incident that was merged into another is that other one: nothing is left in it to act on.
    """
    incident = graph.plain(body)
    of_graph = "incidentname" not in incident
    name = graph.own_id(incident.text("id" if of_graph else "incidentId"))
    case = incident_case("xdr", name)
    if not case:
        raise Unreadable("the incident has no id", "id" if of_graph else "incidentId")
    other = incident_case("xdr", graph.own_id(incident.text("redirectIncidentId")))
    merged = other not in ("", case) or incident.text("status").lower() == _REDIRECTED
    alerts = list(incident.objects("alerts"))
    found = () if merged else entities.distinct(entity for alert in alerts for entity in _entities(alert))
    ids = ("providerAlertId", "id" if of_graph else "alertId")
    known_as = {other} if merged else {one for alert in alerts for one in graph.alert_cases(alert, *ids)}
    word = incident.text("severity")
    yield Event(
        provider="Microsoft Graph" if of_graph else "Microsoft 365 Defender",
        product=_PRODUCT if of_graph else next(filter(None, map(graph.product, alerts)), _PRODUCT),
        id=name,
        case=case,
        same=tuple(sorted(known_as - {"", case})),
        kind="incident",
        title=incident.text("displayName", "incidentName"),
        severity=Severity.read(word),
        severity_word=word,
        status=_REDIRECTED if merged else incident.text("status"),
        time=incident.time("createdDateTime", "createdTime", "lastUpdateDateTime", "lastUpdateTime"),
        start=min(_times(alerts, "firstActivityDateTime", "firstActivity"), key=instant, default=""),
        end=max(_times(alerts, "lastActivityDateTime", "lastActivity"), key=instant, default=""),
        tenant=valid.guid(incident.text("tenantId")) or _tenant(alerts),
        subscription=next(entities.subscriptions(found), ""),
        tactics=attack.tactics(
            text for alert in alerts for text in alert.texts("category") + alert.texts("categories")
        ),
        techniques=attack.techniques(text for alert in alerts for text in alert.texts("mitreTechniques")),
        entities=found,
        links=incident.links("incidentWebUrl", "incidentUri"),
    )


def _entities(alert: Fields) -> Iterator[AnyEntity | None]:
    yield from graph.evidence(alert)
    for item in alert.objects("entities"):
        yield from entities.read(item.text("entityType"), item)
    for item in alert.objects("devices"):
        yield entities.host(item)


def _times(alerts: list[Fields], *names: str) -> list[str]:
    return [time for alert in alerts if (time := alert.time(*names))]


def _tenant(alerts: list[Fields]) -> str:
    return next(filter(None, (valid.guid(alert.text("tenantId")) for alert in alerts)), "")


def _is_incident(body: Fields) -> bool:
    return body.text(*graph.TYPE).lower() in ("", *_TYPES)


source = Source(
    marks=(
        *(Mark((name,), values=_TYPES) for name in graph.MARKED),
        Mark(("incidentweburl", "id", "displayname"), when=_is_incident),
        Mark(("incident_web_url", "id", "display_name"), when=_is_incident),
        Mark(("incidentname", "incidentid"), unless=("incidentnumber",)),
        Mark(("incident_name", "incident_id"), unless=("incident_number",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Microsoft Graph, GET /security/incidents?$expand=alerts: polled, or fetched when a change notification comes",
            (
                "Grant the application permission SecurityIncident.Read.All to whatever fetches the incidents",
                "Send each answer as it is to the event hub `alerts`; without $expand=alerts an incident names no entities",
            ),
        ),
        Carrier(
            "Microsoft 365 Defender API, GET /api/incidents",
            (
                "Grant the application permission Incident.Read.All of Microsoft Threat Protection to what fetches them",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)
