"""The two nodes that answer requests: `$cbs` takes tokens, `$management` tells about entities.

Both are described in "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide", after the OASIS drafts of
claims-based security and AMQP management.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from azsim.eventhubs import tokens
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.hub import Hub
from azsim.eventhubs.message import APPLICATION_PROPERTIES, PROPERTIES, VALUE, Message, section
from azsim.eventhubs.namespace import MANAGEMENT, Namespace
from azsim.eventhubs.partition import milliseconds
from azsim.eventhubs.values import Array, Int, Timestamp

# 0001-01-01T00:00:00Z, .NET's earliest time, stands for the time of the newest event where there is none.
_NEVER = Timestamp(-62_135_596_800_000)

_STATUS = {
    Condition.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Condition.UNAUTHORIZED_ACCESS: HTTPStatus.UNAUTHORIZED,
    Condition.ARGUMENT_OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    Condition.NOT_ALLOWED: HTTPStatus.BAD_REQUEST,
}


def put_token(request: Message, namespace: Namespace, grants: set[str]) -> bytes:
    """The response of `$cbs`; an accepted token adds the path it opens to `grants`."""

    def put(asked: Mapping[str, Any]) -> tuple[HTTPStatus, Any]:
        if asked.get("operation") != "put-token" or not isinstance(request.value, str):
            raise AmqpError(Condition.NOT_ALLOWED, "The only operation is put-token, with a string for the token.")
        kind, audience = str(asked.get("type")), str(asked.get("name"))
        grants.add(tokens.check(namespace, token=request.value, kind=kind, audience=audience))
        return HTTPStatus.ACCEPTED, None

    return _answer(request, put)


def read_entity(request: Message, namespace: Namespace, allowed: Callable[[str], bool]) -> bytes:
    """The response of `$management`: the properties of an event hub or of one of its partitions."""

    def read(asked: Mapping[str, Any]) -> tuple[HTTPStatus, Any]:
        name, kind = str(asked.get("name")), asked.get("type")
        if not allowed(f"{name.lower()}/{MANAGEMENT}"):
            raise AmqpError(Condition.UNAUTHORIZED_ACCESS, f"No token was put for '{name}'.")
        hub = namespace.hub(name)
        if asked.get("operation") == "READ" and kind == "com.microsoft:eventhub":
            return HTTPStatus.OK, _hub(hub)
        if asked.get("operation") == "READ" and kind == "com.microsoft:partition":
            return HTTPStatus.OK, _partition(hub, str(asked.get("partition")))
        raise AmqpError(Condition.NOT_ALLOWED, "The only operation is READ, of an event hub or a partition.")

    return _answer(request, read)


def _hub(hub: Hub) -> dict[str, Any]:
    return {
        "name": hub.name,
        "type": "com.microsoft:eventhub",
        "created_at": milliseconds(hub.created),
        "partition_count": Int(len(hub.partitions)),
        "partition_ids": Array(partition.id for partition in hub.partitions),
    }


def _partition(hub: Hub, partition_id: str) -> dict[str, Any]:
    partition = hub.partition(partition_id)
    return {
        "name": hub.name,
        "type": "com.microsoft:partition",
        "partition": partition.id,
        "begin_sequence_number": 0,
        "last_enqueued_sequence_number": len(partition.events) - 1,
        "last_enqueued_offset": partition.last_offset,
        "last_enqueued_time_utc": milliseconds(partition.events[-1].enqueued) if partition.events else _NEVER,
        "is_partition_empty": not partition.events,
    }


def _answer(request: Message, operation: Callable[[Mapping[str, Any]], tuple[HTTPStatus, Any]]) -> bytes:
    try:
        status, value = operation(request.application_properties)
        description = status.phrase
    except AmqpError as error:
        status, value, description = _STATUS[error.condition], None, error.description
    # Of the properties the first is the message id, and the sixth the correlation id.
    message_id = request.properties[0] if request.properties else None
    outcome = {"status-code": Int(status), "status-description": description}
    return (
        section(PROPERTIES, [None, None, None, None, None, message_id])
        + section(APPLICATION_PROPERTIES, outcome)
        + section(VALUE, value)
    )
