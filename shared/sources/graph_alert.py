"""Microsoft Graph security API: `alerts_v2`, alerts of every Microsoft Defender product and of Entra ID Protection.

https://learn.microsoft.com/graph/api/resources/security-alert
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity


def read(body: Fields) -> Iterator[Event]:
    """One event an alert."""
    case = alert_case(body.text("providerAlertId") or body.text("id"))
    if not case:
        raise Unreadable("the alert has no id", "id")
    found = entities.distinct(
        entity for item in body.objects("evidence") for entity in entities.read(item.text("@odata.type"), item)
    )
    word = body.text("severity")
    yield Event(
        provider="Microsoft Graph",
        product=products.current(body.text("productName", "serviceSource")),
        id=body.text("id"),
        case=case,
        kind=body.text("detectorId", "alertPolicyId") or body.text("detectionSource"),
        title=body.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=body.text("status"),
        time=body.time("createdDateTime", "lastUpdateDateTime", "firstActivityDateTime"),
        tenant=valid.guid(body.text("tenantId")),
        subscription=next(entities.subscriptions(found), ""),
        tactics=attack.tactics(body.texts("category", "categories")),
        techniques=attack.techniques(body.texts("mitreTechniques")),
        entities=found,
        links=body.links("alertWebUrl", "incidentWebUrl"),
    )


def _is_security_alert(body: Fields) -> bool:
    kind = body.text("@odata.type").lower()
    return kind in ("", "#microsoft.graph.security.alert")


source = Source(
    marks=(
        Mark(("evidence", "servicesource", "detectionsource"), when=_is_security_alert),
        Mark(("alertweburl", "id", "detectionsource"), unless=("evidence",), when=_is_security_alert),
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
