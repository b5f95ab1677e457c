"""Microsoft Sentinel: incidents as an automation rule hands them to a playbook, as Resource Manager shows them, and as rows.

https://learn.microsoft.com/azure/sentinel/automation/create-playbooks,
https://learn.microsoft.com/rest/api/securityinsights/incidents/get and
https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityincident
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, products, sentinel, valid
from shared.kinds.carrier import Carrier, data_export
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, incident_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_TIMES = ("createdTimeUtc", "CreatedTime", "lastModifiedTimeUtc", "LastModifiedTime", "lastActivityTimeUtc")
_URL = ("incidentUrl", "url")
_DEFENDER = "Microsoft Defender XDR"


def read(body: Fields) -> Iterator[Event]:
    """One event an incident. Its alerts are its other names, so that an alert that came before is not handled again.

    An incident of Defender XDR has the case that it has there, for it comes from there as well.
    """
    trigger = _trigger(body)
    incident = trigger.fields("object") or trigger
    properties = sentinel.properties(incident)
    url = properties.text(*_URL)
    name = _name(incident, url)
    here = incident_case("sentinel", name) or _by_number(trigger, properties)
    defender = _case_in_defender(properties)
    number = properties.number("incidentNumber", "number")
    if not name and not defender and number is None:
        raise Unreadable("the incident has no id", f"{_way(body, trigger)}name")
    additional = properties.fields("additionalData")
    alerts = [sentinel.properties(alert) for alert in properties.objects("alerts")]
    word = properties.text("severity")
    subscriptions = (ResourceId(incident.text("id")).subscription, _workspace_info(trigger), _in_link(url))
    yield Event(
        provider=properties.text("providerName"),
        product="Microsoft Sentinel",
        products=_products(additional, properties, alerts),
        id=name or str(properties.number("providerIncidentId") if number is None else number),
        case=defender or here,
        same=tuple(sorted({*_alert_cases(properties, alerts), *filter(None, (defender and here,))})),
        kind=_kind(properties, alerts),
        title=properties.text("title"),
        severity=Severity.read(word),
        severity_word=word,
        status=properties.text("status"),
        time=properties.time(*_TIMES),
        start=properties.time("firstActivityTimeUtc", "FirstActivityTime"),
        end=properties.time("lastActivityTimeUtc", "LastActivityTime"),
        subscription=next(filter(None, map(valid.subscription, subscriptions)), ""),
        workspace=sentinel.workspace(incident.text("id")) or sentinel.workspace(_resource_in(url)),
        tactics=attack.tactics(
            additional.texts("tactics") + properties.texts("additionalDataTactic") + _all(alerts, "tactics")
        ),
        techniques=attack.techniques(additional.texts("techniques") + _all(alerts, "techniques", "subTechniques")),
        entities=entities.distinct(_entities(properties, alerts)),
        links=(*properties.links(*_URL), *additional.links("providerIncidentUrl")),
    )


def _name(incident: Fields, url: str) -> str:
    """The incident's own name: a GUID, unless whoever created it chose another."""
    resource, told = incident.text("id"), incident.text("name", "IncidentName", "incident_name")
    found = valid.guid(told) or sentinel.incident_name(resource) or sentinel.incident_name(_resource_in(url))
    return found or (valid.name(told) if told.strip("0-") else "")


def _by_number(trigger: Fields, properties: Fields) -> str:
    """The case by the number, which only counts inside of one workspace."""
    number = properties.number("incidentNumber", "number")
    workspace = valid.guid(trigger.text("workspaceId", "TenantId"))
    return incident_case("sentinel", f"{workspace}:{number}") if workspace and number is not None else ""


def _case_in_defender(properties: Fields) -> str:
    number = properties.number("providerIncidentId")
    theirs = products.current(properties.text("providerName")) == _DEFENDER
    return incident_case("xdr", str(number)) if theirs and number is not None else ""


def _entities(properties: Fields, alerts: list[Fields]) -> Iterator[AnyEntity | None]:
    for item in properties.objects("relatedEntities"):
        yield from sentinel.entity(item)
    for alert in alerts:
        for identifier in alert.objects("resourceIdentifiers"):
            yield entities.azure_resource(identifier.text("resourceId", "azureResourceId"))


def _alert_cases(properties: Fields, alerts: list[Fields]) -> Iterator[str]:
    for alert in alerts:
        yield from sentinel.alert_cases(alert)
    yield from filter(None, map(alert_case, sentinel.listed(properties, "AlertIds")))


def _products(additional: Fields, properties: Fields, alerts: list[Fields]) -> tuple[str, ...]:
    """The products whose alerts it groups."""
    names = sentinel.listed(additional, "alertProductNames")
    names += properties.texts("additionalDataAlertProductName") + [alert.text("productName") for alert in alerts]
    return tuple(dict.fromkeys(products.current(name) for name in names if name))


def _kind(properties: Fields, alerts: list[Fields]) -> str:
    types = [alert.text("alertType") for alert in alerts if alert.text("alertType")]
    rules = sentinel.listed(properties, "relatedAnalyticRuleIds", "relatedAnalyticRuleId")
    return next(iter([*types, *(rule.rpartition("/")[2] for rule in rules)]), "incident")


def _all(alerts: list[Fields], *names: str) -> list[str]:
    return [text for alert in alerts for name in names for text in alert.texts(name)]


def _trigger(body: Fields) -> Fields:
    """What the automation rule handed over; some that forward it wrap it in one more `object`."""
    inner = body.fields("object")
    return inner if "object" in inner else body


def _way(body: Fields, trigger: Fields) -> str:
    return ("" if trigger is body else "object.") + ("object." if "object" in trigger else "")


def _workspace_info(trigger: Fields) -> str:
    return trigger.fields("workspaceInfo").text("SubscriptionId")


def _resource_in(url: str) -> str:
    """The resource id that a link to the Azure portal ends in."""
    at = url.lower().find("/subscriptions/")
    return url[at:] if at >= 0 else ""


def _in_link(url: str) -> str:
    return ResourceId(_resource_in(url)).subscription


def _is_incident(body: Fields) -> bool:
    """An incident itself, not one of the comments, tasks and relations whose ids lie below it."""
    kind = body.text("type") or ResourceId(body.text("id")).type
    return kind.lower() == sentinel.INCIDENT


def _has_facts(body: Fields) -> bool:
    """An incident, even if neither its id nor its type is left."""
    properties = body.fields("properties")
    bare = not ResourceId(body.text("id")).type and "incidentnumber" in properties and "title" in properties
    return bare or _is_incident(body)


def _carries_incident(body: Fields) -> bool:
    trigger = _trigger(body)
    schema = trigger.text("objectSchemaType", "SchemaType").lower()
    return schema == "incident" or (not schema and _is_incident(trigger.fields("object")))


source = Source(
    marks=(
        Mark(("object",), when=_carries_incident),
        Mark(("type",), values=(sentinel.INCIDENT,), unless=("object", "kind")),
        Mark(("type",), values=("securityincident",), unless=("object",)),
        Mark(("name", "properties"), unless=("object", "type", "kind"), when=_has_facts),
        Mark(("incidentnumber", "title"), unless=("object", "properties", "type")),
        Mark(("incidentnumber", "incidentname"), unless=("object", "properties", "type")),
        Mark(("incident_number", "title"), unless=("object", "properties", "type")),
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
        data_export("SecurityIncident"),
    ),
)
