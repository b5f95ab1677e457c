"""Azure activity log: what was done to resources, with alerts of Defender for Cloud, policy, health and advice among it.

As a diagnostic setting of the subscription streams it, as Resource Manager answers, and as rows of `AzureActivity`.
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import activity, diagnostics, entities, operations, valid
from shared.kinds.carrier import activity_log_setting, data_export
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.model.case import alert_case
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.resource_id import ResourceId
from shared.model.severity import Severity

_OPERATIONS = ("administrative", "write", "delete", "action", "")
_PRODUCTS = {
    "security": "Microsoft Defender for Cloud",
    "alert": "Azure Monitor",
    "autoscale": "Azure Monitor",
    "policy": "Azure Policy",
    "recommendation": "Azure Advisor",
    "resourcehealth": "Azure Resource Health",
    "servicehealth": "Azure Service Health",
}


def read(body: Fields) -> Iterator[Event]:
    """One event a record: start and end of an operation are two, which share its correlation id."""
    facts = activity.details(body)
    category = _category(body)
    operation = _operation(body)
    status = activity.word(body, "resultType", "ActivityStatusValue", "ActivityStatus", "status").rstrip(".")
    alert = activity.defender_alert_id(body) if category == "security" else ""
    severity, word = _severity(body, facts, category)
    resource = body.text("resourceId", "_ResourceId", "resourceUri")
    yield Event(
        provider="Azure Monitor",
        product=_PRODUCTS.get(category, "Azure Activity Log"),
        id=alert or body.text("eventDataId") or body.text("correlationId"),
        case=alert_case(alert) or activity.operation_case(body, operation, resource, status),
        kind=operation,
        title=_title(body, facts, category) or operation,
        severity=severity,
        severity_word=word,
        status=status,
        time=body.time("eventTimestamp") or diagnostics.time(body) or body.time("submissionTimestamp"),
        start=facts.time("impactStartTime"),
        end=facts.time("impactMitigationTime"),
        tenant=_tenant(body, facts),
        subscription=_subscription(body, facts, resource),
        tactics=activity.tactics(facts) if category == "security" else (),
        entities=entities.distinct(_entities(body, facts, category, operation)),
        links=body.links("alertUri") or facts.links("alertUri"),
    )


def _entities(body: Fields, facts: Fields, category: str, operation: str) -> Iterator[AnyEntity | None]:
    yield from activity.callers(body)
    if category == "security":
        yield from activity.defender_entities(facts)
        return
    told = facts.text("resourceId") if category in ("alert", "resourcehealth") else ""
    places = (told, body.text("resourceId", "_ResourceId", "resourceUri"), activity.authorization(body).text("scope"))
    yield next(filter(None, map(entities.azure_resource, places)), None)
    yield from activity.granted(operation, facts)


def _severity(body: Fields, facts: Fields, category: str) -> tuple[Severity | None, str]:
    """A level says how an operation went, not how bad it is: only `Information` is certain, outside of operations."""
    if category == "security":
        severity, word = activity.rating(facts)
        return severity, word or body.text("level")
    level = body.text("level")
    informs = level.lower() in ("information", "informational") and category not in _OPERATIONS
    return Severity.INFORMATIONAL if informs else None, level


def _title(body: Fields, facts: Fields, category: str) -> str:
    outer = body.fields("properties")
    name = activity.word(body, "eventName") or outer.text("eventName") or facts.text("eventName", "alertDisplayName")
    if category == "security":
        return name or facts.text("title")
    if category in ("servicehealth", "resourcehealth"):
        return facts.text("title")
    return body.fields("operationName").text("localizedValue")


def _operation(body: Fields) -> str:
    return body.text("OperationNameValue") or activity.word(body, "operationName")


def _category(body: Fields) -> str:
    return (body.text("CategoryValue") or activity.word(body, "category")).replace(" ", "").lower()


def _subscription(body: Fields, facts: Fields, resource: str) -> str:
    told = (resource, activity.authorization(body).text("scope"), facts.text("resourceId"))
    found = next(filter(None, map(valid.subscription_of, told)), "")
    return found or valid.subscription(body.text("subscriptionId", "_SubscriptionId"))


def _tenant(body: Fields, facts: Fields) -> str:
    """A row's `TenantId` is its workspace's id."""
    row = "TimeGenerated" in body or "Type" in body
    return ("" if row else valid.guid(body.text("tenantId"))) or activity.tenant(body, facts)


def _is_mine(body: Fields) -> bool:
    return not operations.is_private_endpoint(_operation(body))


def _is_streamed(body: Fields) -> bool:
    """A record of the log, and none of the directory's audit log, whose categories have the same names."""
    place, operation = ResourceId(body.text("resourceId", "_ResourceId")), _operation(body).lower()
    known = place.key.startswith(("/subscriptions/", "/providers/microsoft.")) or operation.startswith("microsoft.")
    return known and _is_mine(body)


def _is_answered(body: Fields) -> bool:
    return bool(body.fields("operationName").text("value")) and _is_mine(body)


source = Source(
    marks=operations.activity_log_marks(_is_streamed, _is_answered, _is_mine),
    read=read,
    carried_by=(
        activity_log_setting("Administrative", "Security", "Policy"),
        data_export("AzureActivity"),
    ),
)
