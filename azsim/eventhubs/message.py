"""Messages: section 3.2 of AMQP 1.0, and the batches of Event Hubs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azsim.eventhubs.decode import decode
from azsim.eventhubs.encode import encode
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.values import Described, Symbol, ULong

# A transfer of this format holds one message whose data sections are the messages of a batch.
BATCH_FORMAT = 0x80013700
PARTITION_KEY = Symbol("x-opt-partition-key")

HEADER, _DELIVERY_ANNOTATIONS, ANNOTATIONS = 0x70, 0x71, 0x72
PROPERTIES, APPLICATION_PROPERTIES, DATA, _SEQUENCE, VALUE, _FOOTER = 0x73, 0x74, 0x75, 0x76, 0x77, 0x78


@dataclass(slots=True)
class Message:
    """A message taken apart.

    Attributes:
        header: the octets of the header section.
        annotations: the message annotations.
        properties: the fields of the properties section, as many as were sent.
        application_properties: by name.
        data: the data sections.
        value: the value section.
        bare: the octets of everything after the annotations, which a broker passes on untouched.
    """

    header: bytes = b""
    annotations: Mapping[Any, Any] = field(default_factory=dict)
    properties: list[Any] = field(default_factory=list)
    application_properties: dict[Any, Any] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    value: Any = None
    bare: bytes = b""

    @property
    def partition_key(self) -> str | None:
        """The partition key the sender chose.

        Raises:
            AmqpError: `amqp:decode-error`, if it is not a string.
        """
        key = self.annotations.get(PARTITION_KEY)
        if key is not None and not isinstance(key, str):
            raise AmqpError(Condition.DECODE_ERROR, "the partition key is not a string")
        return key


def section(code: int, value: Any) -> bytes:
    """The octets of one section of a message."""
    return encode(Described(ULong(code), value))


# What the value of a section has to be an instance of.
_TYPES: dict[int, type[Any]] = {
    HEADER: list,
    _DELIVERY_ANNOTATIONS: dict,
    ANNOTATIONS: dict,
    PROPERTIES: list,
    APPLICATION_PROPERTIES: dict,
    DATA: bytes,
    _SEQUENCE: list,
    VALUE: object,
    _FOOTER: dict,
}


def read(octets: bytes) -> Message:
    """The message in `octets`.

    Raises:
        AmqpError: `amqp:decode-error`, if they are not the sections of a message in the order of section 3.2.
    """
    message = Message()
    position, last = 0, 0
    while position < len(octets):
        part, end = decode(octets, position)
        code = part.descriptor if isinstance(part, Described) and isinstance(part.descriptor, ULong) else None
        if code not in _TYPES or code < last or not isinstance(part.value, _TYPES[code]):
            raise AmqpError(Condition.DECODE_ERROR, f"octet {position} does not start a section of a message")
        if code == HEADER:
            message.header = octets[position:end]
        elif code == ANNOTATIONS:
            message.annotations = part.value
        elif code == PROPERTIES:
            message.properties = part.value
        elif code == APPLICATION_PROPERTIES:
            message.application_properties = part.value
        elif code == DATA:
            message.data.append(part.value)
        elif code == VALUE:
            message.value = part.value
        if last <= ANNOTATIONS < code:
            message.bare = octets[position:]
        position, last = end, code
    return message


def unpack(message_format: int, octets: bytes) -> list[Message]:
    """The events in a transfer: those of a batch, which share the batch's partition key, or the message itself.

    Raises:
        AmqpError: `amqp:decode-error`, if one of them is malformed; none is to be stored then.
    """
    message = read(octets)
    if message_format != BATCH_FORMAT:
        return [message]
    events = [read(data) for data in message.data]
    if message.partition_key is not None:
        for event in events:
            event.annotations = {**event.annotations, PARTITION_KEY: message.partition_key}
    return events
