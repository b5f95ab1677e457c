"""Azure Event Grid: events of any other kind, from any topic, and its own handshakes.

https://learn.microsoft.com/azure/event-grid/event-schema
https://learn.microsoft.com/azure/event-grid/cloud-event-schema
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kinds import entities, event_grid
from shared.kinds.carrier import event_subscription
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable
from shared.model.event import Event

_HANDSHAKES = (
    "microsoft.eventgrid.subscriptionvalidationevent",
    "microsoft.eventgrid.subscriptiondeletedevent",
)


def read(body: Fields) -> Iterator[Event]:
    """One event, of which only the envelope is understood.

    A handshake is about the delivery itself, so nothing in it is an entity; its code and its address are left where they are.
    """
    kind = event_grid.kind(body)
    if not kind:
        raise Unreadable("the event does not say of what type it is", "type")
    places = () if kind.lower() in _HANDSHAKES else (event_grid.topic(body), event_grid.subject(body))
    yield Event(
        provider="Azure Event Grid",
        product="Azure Event Grid",
        id=event_grid.event_id(body),
        case=event_grid.case("event_grid", body),
        kind=kind,
        title=kind,
        time=event_grid.time(body),
        tenant=event_grid.tenant(body),
        subscription=event_grid.subscription(body),
        entities=entities.distinct(map(entities.azure_resource, places)),
    )


source = Source(
    marks=(
        Mark(("eventtype", "eventtime", "subject"), rest=True),
        Mark(("specversion", "type", "source"), rest=True),
        Mark(("specversion", "type", "topic"), rest=True),
        Mark(("cloudeventsversion", "eventtype", "source"), rest=True),
    ),
    read=read,
    carried_by=(event_subscription("resource whose events are wanted"),),
)
