"""Microsoft Sentinel: incidents as an automation rule hands them to a playbook, and as Resource Manager shows them.

https://learn.microsoft.com/azure/sentinel/automation/create-playbooks and
https://learn.microsoft.com/rest/api/securityinsights/incidents/get
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, products, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, incident_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_TYPE = "microsoft.securityinsights/incidents"


def read(body: Fields) -> Iterator[Event]:
    """One event an incident. Its alerts are its other names, so that an alert that came before is not handled again."""
    trigger = _trigger(body)
    incident = trigger.fields("object") or trigger
    properties = incident.fields("properties")
    name = valid.guid(incident.text("name")) or valid.guid(incident.text("id").rpartition("/")[2])
    if not name:
        raise Unreadable("the incident has no id", f"{_way(body, trigger)}name")
    additional = properties.fields("additionalData")
    alerts = [alert.fields("properties") for alert in properties.objects("alerts")]
    resource = ResourceId(incident.text("id"))
    case = incident_case("sentinel", name)
    word = properties.text("severity")
    yield Event(
        provider=properties.text("providerName"),
        product=_product(additional, alerts),
        id=name,
        case=case,
        same=tuple(sorted({found for alert in alerts if (found := _alert_case(alert))})),
        kind=_kind(properties, alerts),
        title=properties.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=properties.text("status"),
        time=properties.time("createdTimeUtc", "lastModifiedTimeUtc", "lastActivityTimeUtc"),
        subscription=valid.subscription(resource.subscription)
        or valid.subscription(trigger.fields("workspaceInfo").text("SubscriptionId")),
        workspace=valid.resource_id(str(resource).rpartition("/providers/")[0]),
        tactics=attack.tactics(additional.texts("tactics") + _all(alerts, "tactics")),
        techniques=attack.techniques(additional.texts("techniques") + _all(alerts, "techniques", "subTechniques")),
        entities=entities.distinct(_entities(properties, alerts)),
        links=properties.links("incidentUrl"),
    )


def _entities(properties: Fields, alerts: list[Fields]) -> Iterator[AnyEntity | None]:
    for item in properties.objects("relatedEntities"):
        yield from entities.read(item.text("kind"), item.fields("properties") or item)
    for alert in alerts:
        for identifier in alert.objects("resourceIdentifiers"):
            yield entities.azure_resource(identifier.text("resourceId", "azureResourceId"))


def _alert_case(alert: Fields) -> str:
    return alert_case(alert.text("providerAlertId", "vendorOriginalId") or alert.text("systemAlertId"))


def _product(additional: Fields, alerts: list[Fields]) -> str:
    names = additional.texts("alertProductNames") + [alert.text("productName") for alert in alerts]
    return next((products.current(name) for name in names if name), "Microsoft Sentinel")


def _kind(properties: Fields, alerts: list[Fields]) -> str:
    types = [alert.text("alertType") for alert in alerts if alert.text("alertType")]
    rules = [rule.rpartition("/")[2] for rule in properties.texts("relatedAnalyticRuleIds")]
    return next(iter([*types, *rules]), "incident")


def _all(alerts: list[Fields], *names: str) -> list[str]:
    return [text for alert in alerts for name in names for text in alert.texts(name)]


def _trigger(body: Fields) -> Fields:
    """What the automation rule handed over; some that forward it wrap it in one more `object`."""
    inner = body.fields("object")
    return inner if "object" in inner else body


def _way(body: Fields, trigger: Fields) -> str:
    return ("" if trigger is body else "object.") + ("object." if "object" in trigger else "")


def _is_incident(body: Fields) -> bool:
    """An incident itself, not one of the comments, tasks and relations whose ids lie below it."""
    kind = body.text("type") or ResourceId(body.text("id")).type
    return kind.lower() == _TYPE


def _carries_incident(body: Fields) -> bool:
    trigger = _trigger(body)
    schema = trigger.text("objectSchemaType", "SchemaType").lower()
    return schema == "incident" or (not schema and _is_incident(trigger.fields("object")))


source = Source(
    marks=(
        Mark(("object",), when=_carries_incident),
        Mark(("type", "properties"), unless=("object", "kind"), when=_is_incident),
        Mark(("name", "properties"), unless=("object", "type", "kind"), when=_is_incident),
    ),
    read=read,
    carried_by=(
        Carrier(
            "An automation rule of Sentinel that runs a playbook on incidents",
            (
                "Create a playbook: trigger Microsoft Sentinel incident, action Event Hubs > Send event with the trigger's body",
                "Sentinel > Automation > Create > Automation rule: When incident is created or updated, Run playbook",
            ),
        ),
    ),
)
