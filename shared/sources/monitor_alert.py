"""Azure Monitor: alerts in the common alert schema, of every service that raises them.

Metric, log search, activity log, Service Health, Resource Health, budget, Prometheus, smart detection and Backup alerts.
https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import activity, entities, products, search_results, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity, Host
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_SEVERITIES = {
    "sev0": Severity.CRITICAL,
    "sev1": Severity.HIGH,
    "sev2": Severity.MEDIUM,
    "sev3": Severity.LOW,
    "sev4": Severity.INFORMATIONAL,
}
_PRODUCTS = {
    "activitylogsecurity": "Microsoft Defender for Cloud",
    "activitylogrecommendation": "Azure Advisor",
    "activitylogpolicy": "Azure Policy",
    "resourcehealth": "Azure Resource Health",
    "servicehealth": "Azure Service Health",
    "costalerts": "Azure Cost Management",
    "azurebackup": "Azure Backup",
    "azuresiterecovery": "Azure Site Recovery",
    "security": "Microsoft Defender for Cloud",
}
"""By the service that raised the alert, in letters alone; all others are parts of Azure Monitor itself."""
_SECURITY = "Microsoft Defender for Cloud"
_COSTS = "Azure Cost Management"

_GROUP = (
    "az monitor action-group create --name riposte --resource-group <group> "
    "--action eventhub riposte <subscription id> <namespace> alerts usecommonalertschema"
)


def read(body: Fields) -> Iterator[Event]:
    """One event an alert. That it fired and that it was resolved are one case, told apart by the status."""
    data, place = _data(body)
    essentials, context = data.fields("essentials"), data.fields("alertContext", "context")
    alert_id = essentials.text("alertId") or body.text("id")
    if not alert_id and (essentials or not context):
        raise Unreadable("the alert has no id", f"{place}essentials.alertId")
    service = essentials.text("monitoringService", "monitorService") or activity.word(context, "eventSource")
    product = _product(service)
    targets = [*essentials.texts("alertTargetIDs"), essentials.text("targetResource")]
    facts = activity.details(context)
    severity, word = _severity(essentials, facts, product)
    fired = essentials.time("firedDateTime", "startDateTime", "resolvedDateTime")
    yield Event(
        provider="Azure Monitor",
        product=product,
        id=alert_id,
        case=_case(alert_id, context, product, fired),
        same=tuple(filter(None, (alert_case(alert_id),))) if product == _SECURITY else (),
        kind=context.text("operationName") or service or context.text("AlertType"),
        title=_rule(essentials.text("alertRule")),
        severity=severity,
        severity_word=word,
        status=essentials.text("monitorCondition") or context.text("status"),
        time=fired or context.time("eventTimestamp"),
        start=facts.time("impactStartTime"),
        end=essentials.time("resolvedDateTime", "monitorConditionResolvedDateTime"),
        tenant=activity.tenant(context, facts),
        subscription=next(filter(None, map(valid.subscription_of, (alert_id, *targets))), ""),
        workspace=next(filter(None, map(_workspace, targets)), ""),
        tactics=activity.tactics(facts) if product == _SECURITY else (),
        entities=entities.distinct(_entities(essentials, context, targets, product)),
        links=_links(essentials, context),
    )


def _data(body: Fields) -> tuple[Fields, str]:
    """The alert without what is around it: the schema's name, or a resource of the alerts API."""
    for name in ("data", "properties"):
        inner = body.fields(name)
        if "essentials" in inner or "alertContext" in inner:
            return inner, f"{name}."
    return body, "data." if "schemaId" in body else ""


def _product(service: str) -> str:
    known = _PRODUCTS.get("".join(filter(str.isalpha, service.lower())))
    return products.current(known or "Azure Monitor")


def _case(alert_id: str, context: Fields, product: str, fired: str) -> str:
    """What Defender for Cloud found is the same alert on all channels; a budget's alerts share one id for good."""
    if product == _SECURITY and (own := alert_case(activity.defender_alert_id(context))):
        return own
    return object_case(alert_id, f"budget:{fired}") if product == _COSTS else alert_case(alert_id)


def _severity(essentials: Fields, facts: Fields, product: str) -> tuple[Severity | None, str]:
    """By Azure Monitor's five levels, but for Defender for Cloud, whose own word stands among the details."""
    if product == _SECURITY:
        severity, word = activity.rating(facts)
        if severity is not None:
            return severity, word
    word = essentials.text("severity")
    return _SEVERITIES.get(word.lower()), word


def _entities(essentials: Fields, context: Fields, targets: list[str], product: str) -> Iterator[AnyEntity | None]:
    items = {item.lower(): item for item in essentials.texts("configurationItems")}
    machines: set[str] = set()
    for target in targets:
        place = ResourceId(target)
        if place.is_type("Microsoft.Compute/virtualMachines") and place.name.lower() in items:
            machines.add(place.name.lower())
            yield entities.host(Fields({"AzureID": target, "HostName": items[place.name.lower()]}))
        yield entities.azure_resource(target)
    condition = context.fields("condition")
    for holder in (context, *condition.objects("allOf")):
        yield from search_results.dimensions(holder)
    yield from search_results.rows(context.fields("SearchResults", "SearchResult"))
    yield from _labels(context.fields("labels"), targets)
    if product == _SECURITY:
        for found in activity.defender_entities(activity.details(context)):
            if not (isinstance(found, Host) and found.name.lower() in machines):
                yield found
    elif "operationName" in context:
        yield from activity.callers(context)
        yield entities.azure_resource(activity.authorization(context).text("scope"))
        yield from activity.granted(context.text("operationName"), activity.details(context))


def _labels(labels: Fields, targets: list[str]) -> Iterator[AnyEntity | None]:
    """The pod that a Prometheus rule fired for, in the cluster that it watches."""
    cluster = next((target for target in targets if ResourceId(target).type.lower().endswith("/managedclusters")), "")
    yield entities.azure_resource(labels.text("microsoft.resourceid", "microsoft_resourceid"))
    if labels.text("pod"):
        space = {"Name": labels.text("namespace"), "Cluster": {"CloudResource": {"ResourceId": cluster}}}
        yield from entities.read("KubernetesPod", Fields({"Name": labels.text("pod"), "Namespace": space}))


def _rule(text: str) -> str:
    """The rule's name; the API gives its resource id."""
    return ResourceId(text).name if valid.resource_id(text) else text


def _workspace(target: str) -> str:
    return valid.resource_id(target) if ResourceId(target).is_type("Microsoft.OperationalInsights/workspaces") else ""


def _links(essentials: Fields, context: Fields) -> tuple[str, ...]:
    """What a person opens; the addresses of the API are for programs."""
    names = ("linkToFilteredSearchResultsUI", "linkToSearchResultsUI", "linkToSearchResults")
    places = (context, *context.fields("condition").objects("allOf"))
    found = [link for place in places for link in place.links(*names)]
    return tuple(dict.fromkeys([*essentials.links("investigationLink"), *found]))


def _is_alone(body: Fields) -> bool:
    """The alert, or its context, without the schema around it."""
    return bool(body.fields("essentials") or body.fields("alertContext"))


source = Source(
    marks=(
        Mark(("schemaid",), values=("azuremonitorcommonalertschema",)),
        Mark(("essentials",), unless=("schemaid", "data"), when=_is_alone),
        Mark(("alertcontext",), unless=("schemaid", "data", "essentials"), when=_is_alone),
        Mark(("type", "properties"), values=("microsoft.alertsmanagement/alerts",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Action group of Azure Monitor, common alert schema: action Event Hub or Azure Function",
            (
                _GROUP,
                "Add the action group to the alert rules, or to all of them by an alert processing rule",
            ),
        ),
    ),
)
