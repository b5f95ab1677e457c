"""The bodies of AMQP frames: sections 2.7 (transport) and 5.3.3 (SASL) of the specification.

Each is a named tuple with its fields in the order of the specification. Frames that come in are checked against the
annotations: a field is of one of its types, and a mandatory one is not None.
"""

from typing import Any, NamedTuple

from azsim.eventhubs.values import Described, Symbol, UByte, UInt, ULong, UShort


class Open(NamedTuple):
    """Starts a connection."""

    container_id: str
    hostname: str | None = None
    max_frame_size: UInt | None = None
    channel_max: UShort | None = None
    idle_time_out: UInt | None = None
    outgoing_locales: object = None
    incoming_locales: object = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[Any, Any] | None = None


class Begin(NamedTuple):
    """Starts a session."""

    remote_channel: UShort | None
    next_outgoing_id: UInt
    incoming_window: UInt
    outgoing_window: UInt
    handle_max: UInt | None = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[Any, Any] | None = None


class Attach(NamedTuple):
    """Starts a link; `role` is true for the receiver of messages."""

    name: str
    handle: UInt
    role: bool
    snd_settle_mode: UByte | None = None
    rcv_settle_mode: UByte | None = None
    source: Described | None = None
    target: Described | None = None
    unsettled: dict[Any, Any] | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: UInt | None = None
    max_message_size: ULong | None = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[Any, Any] | None = None


class Flow(NamedTuple):
    """Updates the flow state of a session and, with a handle, of a link."""

    next_incoming_id: UInt | None
    incoming_window: UInt
    next_outgoing_id: UInt
    outgoing_window: UInt
    handle: UInt | None = None
    delivery_count: UInt | None = None
    link_credit: UInt | None = None
    available: UInt | None = None
    drain: bool | None = None
    echo: bool | None = None
    properties: dict[Any, Any] | None = None


class Transfer(NamedTuple):
    """Carries a message or a part of one."""

    handle: UInt
    delivery_id: UInt | None = None
    delivery_tag: bytes | None = None
    message_format: UInt | None = None
    settled: bool | None = None
    more: bool | None = None
    rcv_settle_mode: UByte | None = None
    state: object = None
    resume: bool | None = None
    aborted: bool | None = None
    batchable: bool | None = None


class Disposition(NamedTuple):
    """Says what became of messages."""

    role: bool
    first: UInt
    last: UInt | None = None
    settled: bool | None = None
    state: object = None
    batchable: bool | None = None


class Detach(NamedTuple):
    """Ends a link."""

    handle: UInt
    closed: bool | None = None
    error: Described | None = None


class End(NamedTuple):
    """Ends a session."""

    error: Described | None = None


class Close(NamedTuple):
    """Ends a connection."""

    error: Described | None = None


class SaslMechanisms(NamedTuple):
    """The ways to authenticate that the server offers."""

    mechanisms: object


class SaslInit(NamedTuple):
    """The way to authenticate that the client chose."""

    mechanism: Symbol
    initial_response: bytes | None = None
    hostname: str | None = None


class SaslOutcome(NamedTuple):
    """How authentication ended; 0 is well."""

    code: UByte
    additional_data: bytes | None = None


Performative = (
    Open
    | Begin
    | Attach
    | Flow
    | Transfer
    | Disposition
    | Detach
    | End
    | Close
    | SaslMechanisms
    | SaslInit
    | SaslOutcome
)
# By descriptor code.
KINDS: dict[int, type[Performative]] = {
    0x10: Open,
    0x11: Begin,
    0x12: Attach,
    0x13: Flow,
    0x14: Transfer,
    0x15: Disposition,
    0x16: Detach,
    0x17: End,
    0x18: Close,
    0x40: SaslMechanisms,
    0x41: SaslInit,
    0x44: SaslOutcome,
}
