"""What all events of Azure Event Grid have in common: in its own schema, in CloudEvents 1.0 and 0.1, and in mixtures of them.

https://learn.microsoft.com/azure/event-grid/event-schema
https://learn.microsoft.com/azure/event-grid/cloud-event-schema
"""

from __future__ import annotations

from collections.abc import Callable

from shared.kinds import valid
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, always
from shared.model.case import object_case
from shared.model.errors import Unreadable
from shared.model.ids import digest

_ABOVE = "/tenants/"
_DIGITS = 12


def marks(*types: str, when: Callable[[Fields], bool] = always) -> tuple[Mark, ...]:
    """What tells events of these types, in either schema.

    Args:
        types: In lower case, as `Mark.values` has them.
        when: A further test.
    """
    return Mark(("eventtype",), values=types, when=when), Mark(("type",), values=types, when=when)


def kind(body: Fields) -> str:
    """The type of the event."""
    return body.text("eventType", "type")


def word(body: Fields) -> str:
    """The last part of the type, in lower case: `secretexpired`."""
    return kind(body).lower().rpartition(".")[2]


def event_id(body: Fields) -> str:
    """The event's own id; empty if it has none. Version 0.1 of CloudEvents calls it otherwise."""
    return body.text("id", "eventID")


def time(body: Fields) -> str:
    """When it was raised, in UTC."""
    return body.time("eventTime", "time")


def topic(body: Fields) -> str:
    """Where it comes from: most often the id of an Azure resource or a subscription."""
    return body.text("topic", "source").partition("#")[0]


def subject(body: Fields) -> str:
    """What it speaks of, in the publisher's words. Version 0.1 of CloudEvents has it behind a # in the source."""
    return body.text("subject") or body.text("topic", "source").partition("#")[2]


def subscription(body: Fields) -> str:
    """The subscription it comes from; empty if it does not say."""
    return valid.subscription_of(topic(body))


def tenant(body: Fields) -> str:
    """The tenant it comes from, if that is a tenant or a management group; empty otherwise."""
    place = topic(body)
    return valid.guid(place.split("/")[2]) if place.lower().startswith(_ABOVE) else ""


def data(body: Fields) -> Fields:
    """What the publisher says.

    Raises:
        Unreadable: If it says nothing.
    """
    found = body.fields("data")
    if not found:
        raise Unreadable("the event says nothing", "data")
    return found


def case(source: str, body: Fields, *more: str) -> str:
    """The case of an event that stands for itself: the same on every delivery. Empty if it has no id.

    Test events share an id, and so do some that a batch brings, so that the id alone does not tell them apart. Subjects may
    be long and may hold anything, so the key has their digest.

    Args:
        source: The source that reads it.
        body: The event.
        more: What else tells it apart.
    """
    found = event_id(body)
    told = digest(*(text.lower() for text in (subject(body), *more)))[:_DIGITS]
    return object_case(f"{source}:{found}", f"{kind(body).lower()}:{told}") if found.strip("0-") else ""
