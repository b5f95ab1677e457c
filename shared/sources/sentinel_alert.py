"""Microsoft Sentinel: alerts of every product as rows of `SecurityAlert`, as the alerts of an incident, and for playbooks.

https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert,
https://learn.microsoft.com/rest/api/securityinsights/incidents/list-alerts and
https://learn.microsoft.com/azure/sentinel/automation/playbook-triggers-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import attack, entities, products, sentinel, valid
from shared.kinds.carrier import Carrier, data_export
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.entity import AnyEntity, Host
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_RESOURCE = ("resourceId", "azureResourceId")
_WORKSPACE = "Microsoft.OperationalInsights/workspaces"
_MACHINES = ("microsoft.compute/virtualmachines", "microsoft.hybridcompute/machines")


def read(body: Fields) -> Iterator[Event]:
    """One event an alert. `TenantId` is the workspace's id here, and no tenant."""
    whole = _alert_in(body)
    alert = sentinel.properties(whole)
    cases = sentinel.alert_cases(alert) or sentinel.alert_cases(Fields({"systemAlertId": _name(whole)}))
    if not cases:
        raise Unreadable("the alert has no id of its own", "SystemAlertId")
    identifiers = list(alert.objects("resourceIdentifiers"))
    found = entities.distinct(_entities(alert, identifiers))
    tenants = (valid.guid(i.text("aadTenantId", "azureResourceTenantId")) for i in identifiers)
    subscriptions = map(valid.subscription, _subscriptions(whole, alert, identifiers, found))
    word = alert.text("AlertSeverity", "severity")
    extended = alert.fields("ExtendedProperties", "additionalData")
    yield Event(
        provider=alert.text("ProviderName", "vendorName"),
        product=products.current(alert.text("productName", "ProviderName")),
        id=sentinel.alert_id(alert) or _name(whole),
        case=cases[0],
        same=tuple(sorted({*cases[1:], *_grouped(alert)} - {cases[0]})),
        kind=alert.text("alertType"),
        title=alert.text("DisplayName", "alertDisplayName", "AlertName", "friendlyName"),
        severity=Severity.read(word),
        severity_word=word,
        status=alert.text("status"),
        time=alert.time("timeGenerated", "processingEndTime", "endTimeUtc", "EndTime", "startTimeUtc", "StartTime"),
        start=alert.time("startTimeUtc", "StartTime"),
        end=alert.time("endTimeUtc", "EndTime"),
        tenant=next(filter(None, tenants), ""),
        subscription=next(filter(None, subscriptions), ""),
        workspace=sentinel.workspace(whole.text("id")) if sentinel.is_resource(whole) else "",
        tactics=attack.tactics(alert.texts("tactics", "intent")),
        techniques=attack.techniques(
            alert.texts("techniques") + alert.texts("subTechniques") + extended.texts("techniques", "MitreTechniques")
        ),
        entities=found,
        links=tuple(dict.fromkeys((*alert.links("alertLink", "alertUri"), *_extended_links(alert)))),
    )


def _alert_in(body: Fields) -> Fields:
    """The alert that an automation rule handed over, or that a bookmark keeps; the body itself if it is the alert."""
    return body.fields("object") or body.fields("properties").fields("queryResult") or body


def _name(whole: Fields) -> str:
    """The name of the resource that the alert is to Sentinel; a row has none."""
    return valid.guid(whole.text("name")) if sentinel.is_resource(whole) else ""


def _entities(alert: Fields, identifiers: list[Fields]) -> list[AnyEntity | None]:
    found: list[AnyEntity | None] = []
    for item in alert.objects("entities"):
        found += sentinel.entity(item)
    for kind, item in _by_kind(alert.fields("entities")):
        found += entities.read(kind, item)
    compromised = alert.text("compromisedEntity")
    named = {entity.name.lower() for entity in found if isinstance(entity, Host)}
    for place in dict.fromkeys(place.text(*_RESOURCE) for place in (*identifiers, alert)):
        resource = ResourceId(place)
        if resource.type.lower() in _MACHINES and resource.name.lower() == compromised.lower() not in named:
            found.append(entities.host(Fields({"HostName": compromised, "AzureID": place})))
        if not resource.is_type(_WORKSPACE):
            found.append(entities.azure_resource(place))
    found.append(entities.azure_resource(compromised))
    return found


def _grouped(alert: Fields) -> Iterator[str]:
    """The cases of the alerts that an alert groups."""
    for item in alert.objects("entities"):
        if sentinel.kind_of(item).lower() in ("alert", "securityalert"):
            yield from sentinel.alert_cases(item)


def _by_kind(grouped: Fields) -> Iterator[tuple[str, Fields]]:
    """Entities that a client has put under the names of their kinds."""
    for kind in grouped.raw:
        for item in list(grouped.objects(kind)) or [grouped.fields(kind)]:
            yield item.text("Type", "kind") or kind, item


def _subscriptions(
    whole: Fields, alert: Fields, identifiers: list[Fields], found: tuple[AnyEntity, ...]
) -> Iterator[str]:
    """Where it says which subscription: that of what it is about first, then that of the workspace."""
    for place in (alert, *identifiers):
        yield ResourceId(place.text(*_RESOURCE)).subscription
    yield alert.fields("additionalData", "ExtendedProperties").text("effectiveSubscriptionId")
    yield alert.text("WorkspaceSubscriptionId")
    yield from (place.text("subscriptionId", "workspaceSubscriptionId") for place in identifiers)
    yield ResourceId(whole.text("id")).subscription
    yield from entities.subscriptions(found)


def _extended_links(alert: Fields) -> Iterator[str]:
    for link in alert.objects("ExtendedLinks"):
        yield from link.links("Href", "Url")


def _is_trigger(body: Fields) -> bool:
    """What the alert trigger hands to a playbook, and not what Defender for Cloud exports in nearly the same form."""
    told = any(name in body for name in ("vendororiginalid", "provideralertid", "providername"))
    return told or products.current(body.text("ProductName")) == "Microsoft Sentinel"


def _carries_alert(body: Fields) -> bool:
    return sentinel.kind_of(body.fields("object")).lower() == "securityalert"


def _keeps_alert(body: Fields) -> bool:
    """A bookmark of a row of `SecurityAlert`."""
    row = body.fields("properties").fields("queryResult")
    return "systemalertid" in row and "alertseverity" in row


source = Source(
    marks=(
        Mark(("type",), values=("securityalert",)),
        Mark(("alertseverity", "systemalertid")),
        Mark(("alertseverity", "vendororiginalid")),
        Mark(("systemalertid",), unless=("alertseverity", "properties", "kind", "type"), when=_is_trigger),
        Mark(("system_alert_id",), unless=("properties", "kind", "type")),
        Mark(("kind",), values=("securityalert",)),
        Mark(("object",), when=_carries_alert),
        Mark(("type",), values=("microsoft.securityinsights/bookmarks",), when=_keeps_alert),
        Mark(("kind",), values=("bookmark",), when=_keeps_alert),
    ),
    read=read,
    carried_by=(
        data_export("SecurityAlert"),
        Carrier(
            "A playbook of Sentinel with the alert trigger",
            (
                "Create a playbook: trigger Microsoft Sentinel alert, action Event Hubs > Send event with the trigger's body",
                "Sentinel > Analytics > the rule > Automated response: the playbook",
            ),
        ),
    ),
)
