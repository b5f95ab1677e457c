"""Azure Monitor: alerts of action groups without the common alert schema, and of classic rules.

Schemas `AzureMonitorMetricAlert`, `Microsoft.Insights/activityLogs`, `Microsoft.Insights/LogAlert`, `AIP Budget Notification`,
and classic and autoscale notifications, which name none.
https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-non-common-schema-definitions
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import activity, entities, search_results, valid
from shared.kinds.carrier import Carrier
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.case import alert_case, object_case
from shared.model.entity import AnyEntity
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.severity import Severity

_SEVERITIES = dict(enumerate((Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFORMATIONAL)))

_GROUP = (
    "az monitor action-group create --name riposte --resource-group <group> "
    "--action eventhub riposte <subscription id> <namespace> alerts"
)


def read(body: Fields) -> Iterator[Event]:
    """One event an alert. Its id is the rule's, so that each time it fires is a case of its own."""
    data = body.fields("data") or body
    context = data.fields("context")
    if logged := context.fields("activityLog"):
        yield _activity(data, logged)
    elif context:
        yield _metric(data, context, "data.context.id" if "data" in body else "context.id")
    elif "BudgetName" in data:
        yield _budget(data)
    elif data.text("AlertRuleName") or "SearchQuery" in data:
        yield _log(data)
    else:
        raise Unreadable("the alert says nothing of its rule", "data" if "data" in body else "")


def _metric(data: Fields, context: Fields, place: str) -> Event:
    rule = context.text("id")
    if not rule:
        raise Unreadable("the alert has no id", place)
    time = context.time("timestamp")
    severity, word = _severity(context.text("severity"))
    resource = context.text("resourceId")
    found: list[AnyEntity | None] = [entities.azure_resource(resource)]
    for criterion in context.fields("condition").objects("allOf"):
        found += search_results.dimensions(criterion)
    return Event(
        provider="Azure Monitor",
        product="Azure Monitor",
        id=rule,
        case=object_case(rule, time) if time else "",
        kind=context.text("conditionType") or data.text("operation"),
        title=context.text("name"),
        severity=severity,
        severity_word=word,
        status=data.text("status"),
        time=time,
        subscription=_subscription(context.text("subscriptionId"), rule, resource),
        entities=entities.distinct(found),
        links=context.links("portalLink"),
    )


def _activity(data: Fields, logged: Fields) -> Event:
    """An event of the activity log that a rule watched for. The rule itself is not named."""
    facts = activity.details(logged)
    own = activity.defender_alert_id(logged) if logged.text("eventSource").lower() == "security" else ""
    operation, status = logged.text("operationName"), logged.text("status")
    resource = logged.text("resourceId")
    severity, word = activity.rating(facts) if own else (None, logged.text("level"))
    found = [*activity.callers(logged), *(activity.defender_entities(facts) if own else ())]
    found += () if own else (entities.azure_resource(resource), *activity.granted(operation, facts))
    return Event(
        provider="Azure Monitor",
        product="Microsoft Defender for Cloud" if own else "Azure Monitor",
        id=own or logged.text("eventDataId") or logged.text("correlationId"),
        case=alert_case(own) or activity.operation_case(logged, operation, resource, status),
        kind=operation,
        title=logged.text("eventName") or facts.text("title") or operation,
        severity=severity,
        severity_word=word,
        status=status or data.text("status"),
        time=logged.time("eventTimestamp", "submissionTimestamp"),
        tenant=activity.tenant(logged, facts),
        subscription=_subscription(logged.text("subscriptionId"), resource),
        tactics=activity.tactics(facts) if own else (),
        entities=entities.distinct(found),
    )


def _log(data: Fields) -> Event:
    """A log search alert. It has no id but that of what it is about."""
    results = data.fields("SearchResult", "SearchResults")
    places = [place.text("resourceId") for place in results.objects("dataSources")]
    word = data.text("Severity")
    end = data.time("SearchIntervalEndtimeUtc", "SearchIntervalEndTimeUtc")
    return Event(
        provider="Azure Monitor",
        product="Azure Monitor",
        kind=data.text("AlertType") or "LogAlert",
        title=data.text("AlertRuleName"),
        severity=Severity.read(word),
        severity_word=word,
        time=end,
        start=data.time("SearchIntervalStartTimeUtc"),
        end=end,
        subscription=_subscription(data.text("SubscriptionId"), *places),
        workspace=next(filter(None, map(valid.resource_id, places)), ""),
        entities=entities.distinct([*search_results.dimensions(data), *search_results.rows(results)]),
        links=data.links("LinkToFilteredSearchResultsUI", "LinkToSearchResultsUI", "LinkToSearchResults"),
    )


def _budget(data: Fields) -> Event:
    """A budget's notification. It says neither when it was sent nor by which id."""
    return Event(
        provider="Azure Cost Management",
        product="Azure Cost Management",
        kind=data.text("BudgetType") or "Budget",
        title=data.text("BudgetName"),
        start=data.time("BudgetStartDate"),
        subscription=_subscription(data.text("SubscriptionId")),
    )


def _severity(word: str) -> tuple[Severity | None, str]:
    """By number, 0 the worst."""
    number = word.lower().removeprefix("sev")
    return (_SEVERITIES.get(int(number)) if number in set("01234") else None), word


def _subscription(told: str, *places: str) -> str:
    """What the alert names, a placeholder included; only where it names none, that of the rule or the resource."""
    return valid.subscription(told) if told else next(filter(None, map(valid.subscription_of, places)), "")


def _is_classic(body: Fields) -> bool:
    context = body.fields("context")
    return bool(context.text("id") or context.text("name")) and "timestamp" in context


source = Source(
    marks=(
        Mark(
            ("schemaid", "data"),
            values=(
                "azuremonitormetricalert",
                "microsoft.insights/activitylogs",
                "microsoft.insights/logalert",
                "aip budget notification",
            ),
        ),
        Mark(
            ("status", "context"),
            values=("activated", "resolved", "deactivated"),
            unless=("schemaid",),
            when=_is_classic,
        ),
        Mark(("alertrulename", "searchquery"), unless=("schemaid",)),
    ),
    read=read,
    carried_by=(
        Carrier(
            "Action group of Azure Monitor without the common alert schema",
            (
                _GROUP,
                "Prefer the common alert schema: it names the alert itself",
            ),
        ),
    ),
)
