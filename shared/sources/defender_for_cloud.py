"""Microsoft Defender for Cloud: security alerts as continuous export writes them to an event hub.

https://learn.microsoft.com/azure/defender-for-cloud/continuous-export
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.kinds import attack, entities, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_IN_LINK = re.compile(r"/subscriptionId/([^/?#]+)", re.IGNORECASE)


def read(body: Fields) -> Iterator[Event]:
    """One event an alert."""
    alert_id = body.text("SystemAlertId")
    case = alert_case(alert_id)
    if not case:
        raise Unreadable("the alert has no id of its own", "SystemAlertId")
    identifiers = list(body.objects("ResourceIdentifiers"))
    found = entities.distinct(_entities(body, identifiers))
    tenants = (valid.guid(i.text("AadTenantId", "AzureResourceTenantId")) for i in identifiers)
    subscriptions = map(valid.subscription, _subscriptions(body, identifiers, found))
    word = body.text("Severity")
    yield Event(
        provider=body.text("VendorName"),
        product=products.current(body.text("ProductName")),
        id=alert_id,
        case=case,
        kind=body.text("AlertType"),
        title=body.text("AlertDisplayName"),
        severity=Severity.read(word),
        severity_word=word,
        status=body.text("Status"),
        time=body.time("TimeGenerated", "ProcessingEndTime", "EndTimeUtc", "StartTimeUtc"),
        start=body.time("StartTimeUtc"),
        end=body.time("EndTimeUtc"),
        tenant=next(filter(None, tenants), ""),
        subscription=next(filter(None, subscriptions), ""),
        tactics=attack.tactics(body.texts("Intent")),
        techniques=attack.techniques(_techniques(body)),
        entities=found,
        links=body.links("AlertUri"),
    )


def _entities(body: Fields, identifiers: list[Fields]) -> list[AnyEntity | None]:
    found: list[AnyEntity | None] = []
    for fields in body.objects("Entities"):
        found += entities.read(fields.text("Type", "kind"), fields)
    places = [place.text("AzureResourceId") for place in (*identifiers, body)]
    found += map(entities.azure_resource, dict.fromkeys([*places, body.text("CompromisedEntity")]))
    return found


def _subscriptions(body: Fields, identifiers: list[Fields], found: tuple[AnyEntity, ...]) -> Iterator[str]:
    """Where it says which subscription, the surest first. An alert on a subscription names no resource in it."""
    for place in (body, *identifiers):
        yield ResourceId(place.text("AzureResourceId")).subscription
    for entity in found:
        yield ResourceId(getattr(entity, "resource_id", "") or getattr(entity, "azure_id", "")).subscription
    yield ResourceId(body.text("CompromisedEntity")).subscription
    yield from _IN_LINK.findall(body.text("AlertUri"))


def _techniques(body: Fields) -> list[str]:
    extended = body.fields("ExtendedProperties")
    return body.texts("Techniques") + body.texts("SubTechniques") + extended.texts("Techniques", "MitreTechniques")


source = Source(
    marks=(Mark(("systemalertid", "alerttype", "vendorname", "severity"), unless=("alertseverity",)),),
    read=read,
    carried_by=(
        Carrier(
            "Continuous export of Defender for Cloud: security alerts",
            (
                "Defender for Cloud > Environment settings > the subscription > Continuous export > Event hub",
                "Choose Security alerts, all severities, and the event hub `alerts`",
            ),
        ),
    ),
)
