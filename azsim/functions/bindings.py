"""What the host puts on the wire for each trigger, and what the worker's own converters make of it.

The converters are those of the `azure-functions` package, which the real worker uses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum


@dataclass(frozen=True, slots=True)
class _Many:
    """A collection as it comes over gRPC."""

    bytes: list[bytes]


def event_hub(bodies: Sequence[bytes], first: int, partition: str, hub: str, now: datetime) -> Any:
    """A batch of one partition, as bytes, with the metadata that the host sends along.

    Args:
        bodies: The events.
        first: Sequence number of the first.
        partition: The partition's id.
        hub: The event hub's name.
        now: When they were enqueued.
    """
    enqueued = now.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    system = [
        {
            "x-opt-sequence-number": first + i,
            "x-opt-offset": str(first + i),
            "x-opt-enqueued-time": f"{enqueued}+00:00",
            "SequenceNumber": first + i,
            "Offset": str(first + i),
            "PartitionKey": None,
            "EnqueuedTimeUtc": enqueued,
        }
        for i in range(len(bodies))
    ]
    context = {"EventHubName": hub, "ConsumerGroup": "$Default", "PartitionId": partition}
    metadata = {
        "PartitionContext": Datum(json.dumps(context), "json"),
        "SystemPropertiesArray": Datum(json.dumps(system), "json"),
        "PropertiesArray": Datum(json.dumps([{} for _ in bodies]), "json"),
        "EnqueuedTimeUtcArray": Datum(json.dumps([enqueued for _ in bodies]), "json"),
    }
    return _decode("eventHubTrigger", Datum(_Many(list(bodies)), "collection_bytes"), metadata)


def event_grid(event: Mapping[str, Any], annotation: type) -> Any:
    """One event; as text for a function that wants text."""
    text = json.dumps(event)
    return text if annotation is str else _decode("eventGridTrigger", Datum(text, "json"), {})


def timer(now: datetime, *, past_due: bool) -> Any:
    """A timer's tick."""
    minute = timedelta(minutes=1)
    status = {"Last": (now - minute).isoformat(), "Next": now.isoformat(), "LastUpdated": (now - minute).isoformat()}
    tick = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return _decode("timerTrigger", Datum(json.dumps(tick), "json"), {})


def http(
    method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str], route: Mapping[str, str], body: bytes
) -> Any:
    """An HTTP request."""
    parts = {
        "method": Datum(method, "string"),
        "url": Datum(url, "string"),
        "headers": {name: Datum(value, "string") for name, value in headers.items()},
        "query": {name: Datum(value, "string") for name, value in query.items()},
        "params": {name: Datum(value, "string") for name, value in route.items()},
        "body": Datum(body, "bytes"),
    }
    return _decode("httpTrigger", Datum(parts, "http"), {})


def accepts(kind: str, annotation: Any) -> bool:
    """Whether the worker would index a function with this annotation on its trigger."""
    if annotation in (str, bytes):
        return True
    try:
        return bool(_converter(kind).check_input_type_annotation(annotation))
    except TypeError:  # no class at all
        return False


def _decode(kind: str, data: Datum, metadata: Mapping[str, Datum]) -> Any:
    return _converter(kind).decode(data, trigger_metadata=metadata)


def _converter(kind: str) -> Any:
    registry: Any = func.get_binding_registry()  # type: ignore[no-untyped-call]
    return registry.get(kind)
