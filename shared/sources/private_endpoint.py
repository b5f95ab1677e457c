"""Private endpoints: one is made, its connection asked for, approved, rejected or taken away (Event Grid, activity log).

https://learn.microsoft.com/azure/private-link/private-endpoint-overview
https://learn.microsoft.com/azure/private-link/manage-private-endpoint
https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import activity, diagnostics, entities, event_grid, valid
from shared.kinds.carrier import activity_log_setting, event_subscription
from shared.kinds.fields import NOTHING, Fields
from shared.kinds.operations import activity_log_marks, is_private_endpoint
from shared.kinds.source import Source
from shared.model.case import object_case
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.resource_id import ResourceId

_STATUS = {
    "start": "started",
    "accept": "accepted",
    "success": "succeeded",
    "failure": "failed",
    "cancel": "canceled",
}
"""One word for what the two channels, and the forms of the log, call differently."""
_VERBS = {"write": "written", "delete": "deleted"}
_PARTS = ("/privateendpointconnection", "/privatednszonegroups/")
"""What is part of another resource: a connection of the service it leads to, a zone group of its endpoint."""
_BODIES = ("requestBody", "responseBody")


def read(body: Fields) -> Iterator[Event]:
    """One event an operation and status. The same through Event Grid and through the activity log is one case."""
    told = body.fields("data") if _is_event(body) else body
    operation = _operation(body)
    places = [told.text("resourceUri", "resourceId", "_ResourceId"), event_grid.subject(body)]
    places.append(activity.authorization(told).text("scope"))
    place = next(filter(None, map(valid.resource_id, places)), "")
    status = _status(body, told)
    connection = _connection(told)
    yield Event(
        provider="Azure Resource Manager",
        product="Azure Private Link",
        id=event_grid.event_id(body) if told is not body else _id(body, "eventDataId", "correlationId"),
        case=_case(body, told, f"{operation}:{place}:{_same(status)}".lower()),
        kind=operation,
        title=_title(operation, place, _state(connection), status),
        status=status,
        time=body.time("eventTimestamp")
        or event_grid.time(body)
        or diagnostics.time(body)
        or body.time("submissionTimestamp"),
        tenant=_tenant(body, told),
        subscription=next(filter(None, map(valid.subscription_of, places)), "")
        or valid.subscription(told.text("subscriptionId", "_SubscriptionId"))
        or event_grid.subscription(body),
        entities=entities.distinct(_entities(told, place, connection)),
    )


def _entities(told: Fields, place: str, connection: Fields) -> Iterator[AnyEntity | None]:
    """What was operated on, the service that it is part of, what the connection joins, who did it and from where."""
    yield entities.azure_resource(place)
    yield entities.azure_resource(_whole(place))
    yield entities.azure_resource(connection.fields("privateEndpoint").text("id"))
    for name in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        for asked in connection.objects(name):
            yield entities.azure_resource((asked.fields("properties") or asked).text("privateLinkServiceId"))
    yield from activity.callers(told)


def _connection(told: Fields) -> Fields:
    """What was sent or answered about an endpoint or a connection, where the log keeps that."""
    facts = activity.details(told)
    bodies = [facts.fields(name) for name in _BODIES]
    found = [each.fields("properties") or each for each in bodies if each]
    return next(filter(_state, found), found[0] if found else NOTHING)


def _state(connection: Fields) -> str:
    """`Pending`, `Approved`, `Rejected` or `Disconnected`."""
    asked = [*connection.objects("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"), connection]
    states = ((each.fields("properties") or each).fields("privateLinkServiceConnectionState") for each in asked)
    return next(filter(None, (state.text("status") for state in states)), "")


def _title(operation: str, place: str, state: str, status: str) -> str:
    """`Private endpoint connection c1 on st1 approved (Succeeded)`. To approve or reject is an action on the service itself."""
    path = operation.lower()
    connection, group = "privateendpointconnection" in path, "privatednszonegroups" in path
    what = "connection" if connection else "DNS zone group" if group else ""
    whole = _whole(place) or (place if connection else "")
    name = ResourceId(place).name if place and whole != place else ""
    on = f"on {ResourceId(whole).name}" if whole else ""
    last = path.rpartition("/")[2]
    verb = state.lower() or ("approved or rejected" if "approval" in path else _VERBS.get(last, last))
    return " ".join(filter(None, ("Private endpoint", what, name, on, verb, status and f"({status})")))


def _whole(place: str) -> str:
    """The resource that this one is part of; empty if it is none's."""
    at = max(place.lower().find(part) for part in _PARTS)
    return place[:at] if at > 0 else ""


def _id(told: Fields, *names: str) -> str:
    return next((found for name in names if (found := told.text(name)).strip("0-")), "")


def _case(body: Fields, told: Fields, cause: str) -> str:
    if operation := _id(told, "correlationId"):
        return object_case(f"private_endpoint:{operation}", cause)
    return event_grid.case("private_endpoint", body, cause) if told is not body else ""


def _status(body: Fields, told: Fields) -> str:
    found = activity.word(told, "resultType", "ActivityStatusValue", "ActivityStatus", "status").rstrip(".")
    word = event_grid.word(body) if told is not body else ""
    return found or next((same.capitalize() for end, same in _STATUS.items() if word.endswith(end)), "")


def _same(status: str) -> str:
    return _STATUS.get(status.lower(), status)


def _tenant(body: Fields, told: Fields) -> str:
    """A row's `TenantId` is its workspace's id."""
    row = "TimeGenerated" in body or "Type" in body
    return ("" if row else valid.guid(told.text("tenantId"))) or activity.tenant(told, activity.details(told))


def _operation(body: Fields) -> str:
    if _is_event(body):
        return body.fields("data").text("operationName")
    return body.text("OperationNameValue") or activity.word(body, "operationName")


def _is_event(body: Fields) -> bool:
    return event_grid.kind(body).lower().startswith("microsoft.resources.")


def _is_mine(body: Fields) -> bool:
    return is_private_endpoint(_operation(body))


def _is_answered(body: Fields) -> bool:
    return is_private_endpoint(body.fields("operationName").text("value"))


source = Source(
    marks=(
        *event_grid.marks("microsoft.resources.*", when=_is_mine),
        *activity_log_marks(_is_mine, _is_answered, _is_mine),
    ),
    read=read,
    carried_by=(
        event_subscription("subscription or resource group"),
        activity_log_setting("Administrative"),
    ),
)
