"""Azure Resource Manager: a resource was written, deleted or acted upon, or that failed (Event Grid).

https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import entities, event_grid, valid
from shared.kinds.carrier import event_subscription
from shared.kinds.fields import Fields
from shared.kinds.operations import is_private_endpoint
from shared.kinds.source import Source
from shared.model.entity import AnyEntity
from shared.model.event import Event

_RESULTS = {"success": "Succeeded", "failure": "Failed", "cancel": "Canceled"}
_EXTENSION = "/providers/"


def read(body: Fields) -> Iterator[Event]:
    """One event, about one operation on one resource. Its kind is the operation, for that is what matters."""
    data = event_grid.data(body)
    authorization = data.fields("authorization")
    operation = data.text("operationName") or authorization.text("action") or event_grid.kind(body)
    places = (data.text("resourceUri"), event_grid.subject(body), authorization.text("scope"))
    place = next(filter(None, map(valid.resource_id, places)), "")
    yield Event(
        provider="Azure Resource Manager",
        product="Azure Resource Manager",
        id=event_grid.event_id(body),
        case=event_grid.case("resource_manager", body, operation, places[0]),
        kind=operation,
        title=operation,
        status=data.text("status") or _result(event_grid.word(body)),
        time=event_grid.time(body),
        tenant=valid.guid(data.text("tenantId")),
        subscription=valid.subscription(data.text("subscriptionId"))
        or next(filter(None, map(valid.subscription_of, places)), "")
        or event_grid.subscription(body),
        entities=entities.distinct(_entities(data, place)),
    )


def _entities(data: Fields, place: str) -> Iterator[AnyEntity | None]:
    """The resource, what it extends, and who did it from where.

    A lock, a role assignment or a diagnostic setting is a resource of its own: the one it is for stands before it in its id.
    """
    claims = data.fields("claims")
    yield entities.azure_resource(place)
    at = place.lower().rfind(_EXTENSION)
    yield entities.azure_resource(place[: max(at, 0)])
    yield entities.caller(claims)
    yield entities.ip(data.fields("httpRequest").text("clientIpAddress")) or entities.ip(claims.text("ipaddr"))


def _result(word: str) -> str:
    return next((result for end, result in _RESULTS.items() if word.endswith(end)), "")


def _is_other(body: Fields) -> bool:
    return not is_private_endpoint(body.fields("data").text("operationName"))


source = Source(
    marks=event_grid.marks("microsoft.resources.*", when=_is_other),
    read=read,
    carried_by=(event_subscription("subscription or resource group"),),
)
