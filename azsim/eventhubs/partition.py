"""Partitions: append-only logs of events, read by position."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.message import ANNOTATIONS, Message, section
from azsim.eventhubs.values import Symbol, Timestamp

if TYPE_CHECKING:
    from azsim.eventhubs.readers import Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SELECTOR = re.compile(r"amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'?([^']*?)'?")


def milliseconds(time: datetime) -> Timestamp:
    """The AMQP timestamp of an aware time."""
    return Timestamp((time - _EPOCH) // _MILLISECOND)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as a partition keeps it.

    Attributes:
        partition: the partition's id.
        sequence: counts the partition's events from 0.
        offset: where the event is in the partition: opaque, but it grows.
        enqueued: when it was accepted, UTC, in whole milliseconds.
        body: its data sections in one; empty for a value or sequence body.
        properties: its application properties.
        partition_key: as the sender gave it.
        octets: the message that consumers receive.
    """

    partition: str
    sequence: int
    offset: str
    enqueued: datetime
    body: bytes
    properties: Mapping[str, Any]
    partition_key: str | None
    octets: bytes = field(repr=False)


class Partition:
    """A log of events.

    Attributes:
        id: as in addresses.
        events: oldest first.
        readers: the consumers at work.
    """

    def __init__(self, partition_id: str) -> None:
        self.id = partition_id
        self.events: list[Stored] = []
        self.readers: list[Reader] = []
        self._size = 0

    @property
    def last_offset(self) -> str:
        """The offset of the newest event, or "-1"."""
        return self.events[-1].offset if self.events else "-1"

    def append(self, message: Message, now: datetime) -> Stored:
        """Store an event, stamped with its place and time, and wake the readers."""
        offset, enqueued = str(self._size), milliseconds(now)
        annotations = {
            **message.annotations,
            Symbol("x-opt-sequence-number"): len(self.events),
            Symbol("x-opt-offset"): offset,
            Symbol("x-opt-enqueued-time"): enqueued,
        }
        stored = Stored(
            partition=self.id,
            sequence=len(self.events),
            offset=offset,
            enqueued=_EPOCH + enqueued * _MILLISECOND,
            body=b"".join(message.data),
            properties=MappingProxyType(message.application_properties),
            partition_key=message.partition_key,
            octets=message.header + section(ANNOTATIONS, annotations) + message.bare,
        )
        self.events.append(stored)
        self._size += len(stored.octets)
        for reader in self.readers:
            reader.wake()
        return stored

    def seek(self, selector: str | None) -> int:
        """The index of the first event a consumer with this filter receives; without one, of the oldest.

        The filter is described in "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide":
        `amqp.annotation.x-opt-offset > '1024'`, likewise with `x-opt-sequence-number` or `x-opt-enqueued-time` (in
        milliseconds), and `>=` to include the event at that place. The offset "@latest" is the end.

        Raises:
            AmqpError: `com.microsoft:argument-error`, for another filter or a place after the newest event, which is
                how a checkpoint of an event hub that was made anew fails.
        """
        if selector is None:
            return 0
        parts = _SELECTOR.fullmatch(selector)
        if parts is None:
            raise AmqpError(Condition.ARGUMENT_ERROR, f"The supplied filter '{selector}' is invalid.")
        what, operator, text = parts.groups()
        if what == "offset" and text == "@latest":
            return len(self.events)
        if not re.fullmatch(r"-?\d{1,20}", text):
            raise AmqpError(Condition.ARGUMENT_ERROR, f"The supplied {what.replace('-', ' ')} '{text}' is invalid.")
        return self._find(what, int(text), bisect_left if operator == ">=" else bisect_right)

    def _find(self, what: str, place: int, bisect: Callable[..., int]) -> int:
        if what == "enqueued-time":
            # Not bisected: the clock is an input, and may be set back.
            times = [milliseconds(event.enqueued) for event in self.events]
            return next((i for i, time in enumerate(times) if bisect([time], place) == 0), len(times))
        key = _sequence if what == "sequence-number" else _offset
        last = key(self.events[-1]) if self.events else -1
        if place > last:
            name = what.replace("-", " ")
            raise AmqpError(
                Condition.ARGUMENT_ERROR,
                f"The supplied {name} '{place}' is invalid. The last {name} in the system is '{last}'",
            )
        return bisect(self.events, place, key=key)


def _sequence(event: Stored) -> int:
    return event.sequence


def _offset(event: Stored) -> int:
    return int(event.offset)
