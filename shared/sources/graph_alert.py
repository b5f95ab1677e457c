"""Microsoft Graph security API: `alerts_v2`, alerts of every Microsoft Defender product and of Entra ID Protection.

https://learn.microsoft.com/graph/api/resources/security-alert
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, graph, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_TYPES = ("#microsoft.graph.security.alert", "microsoft.graph.security.alert")


def read(body: Fields) -> Iterator[Event]:
    """One event an alert."""
    alert = graph.plain(body)
    cases = graph.alert_cases(alert, "providerAlertId", "id")
    if not cases:
        raise Unreadable("the alert has no id", "id")
    found = entities.distinct(graph.evidence(alert))
    word = alert.text("severity")
    yield Event(
        provider="Microsoft Graph",
        product=graph.product(alert),
        id=graph.own_id(alert.text("id")),
        case=cases[0],
        same=cases[1:],
        kind=alert.text("detectorId", "alertPolicyId") or alert.text("detectionSource"),
        title=alert.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=alert.text("status"),
        time=alert.time("createdDateTime", "lastUpdateDateTime", "firstActivityDateTime"),
        start=alert.time("firstActivityDateTime"),
        end=alert.time("lastActivityDateTime"),
        tenant=valid.guid(alert.text("tenantId")),
        subscription=next(entities.subscriptions(found), ""),
        tactics=attack.tactics(alert.texts("category") + alert.texts("categories")),
        techniques=attack.techniques(alert.texts("mitreTechniques")),
        entities=found,
        links=alert.links("alertWebUrl", "incidentWebUrl"),
    )


def _is_security_alert(body: Fields) -> bool:
    return body.text(*graph.TYPE).lower() in ("", *_TYPES)


_NOT_HERE = ("alertid", "machineid", "incidentname")
"""What alerts of the Microsoft 365 Defender API and of Defender for Endpoint have, whose other fields are alike."""

source = Source(
    marks=(
        *(Mark((name,), values=_TYPES) for name in graph.MARKED),
        # The service leaves the type out where a list can hold nothing else.
        Mark(("servicesource", "id", "title"), unless=_NOT_HERE, when=_is_security_alert),
        Mark(("alertweburl", "id", "title"), unless=_NOT_HERE, when=_is_security_alert),
        Mark(("provideralertid", "id", "title"), unless=_NOT_HERE, when=_is_security_alert),
        Mark(("service_source", "id", "title"), when=_is_security_alert),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Microsoft Graph, GET /security/alerts_v2: polled, or fetched when a change notification comes",
            (
                "Grant the application permission SecurityAlert.Read.All to whatever fetches the alerts",
                "Send each answer as it is to the event hub `alerts`",
            ),
        ),
    ),
)
