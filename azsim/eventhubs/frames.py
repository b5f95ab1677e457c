"""Frames on the wire: sections 2.2 (protocol header) and 2.3 (framing) of AMQP 1.0."""

import struct
from asyncio import IncompleteReadError, StreamReader
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from azsim.eventhubs.decode import decode
from azsim.eventhubs.encode import encode
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.performatives import KINDS, Performative, SaslInit, SaslMechanisms, SaslOutcome
from azsim.eventhubs.values import Described, ULong

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
HEADER_SIZE = 8
# Of frames in both directions; section 2.3.1 has the least that every peer takes.
MAX_FRAME_SIZE = 64 * 1024
MIN_FRAME_SIZE = 512
HEARTBEAT = struct.pack(">IBBH", HEADER_SIZE, 2, 0, 0)

_AMQP, _SASL = 0, 1
_HEADER = struct.Struct(">IBBH")
_CODES = {kind: ULong(code) for code, kind in KINDS.items()}


class ClientLeft(Exception):
    """The client is gone: it closed the connection, or the connection broke."""


class Frame(NamedTuple):
    """A frame that came in."""

    channel: int
    performative: Performative
    payload: bytes


def frame(performative: Performative, *, channel: int = 0, payload: bytes = b"") -> bytes:
    """The octets of a frame.

    Every field is written, trailing nulls included. AMQP allows to leave those out, but azure-eventhub (pyamqp, up
    to 5.15.1 at least) takes fields by position without a look at how many there are, and fails with an IndexError.
    """
    body = encode(Described(_CODES[type(performative)], list(performative)))
    sasl = isinstance(performative, SaslMechanisms | SaslInit | SaslOutcome)
    size = HEADER_SIZE + len(body) + len(payload)
    return _HEADER.pack(size, 2, _SASL if sasl else _AMQP, channel) + body + payload


async def read_header(reader: StreamReader) -> bytes:
    """The eight octets of a protocol header or frame header.

    Raises:
        ClientLeft: there are no more.
        AmqpError: `amqp:connection:framing-error`, if there are some but not all.
    """
    return await _read(reader, HEADER_SIZE, may_end=True)


async def read_frame(reader: StreamReader) -> Frame | None:
    """The next frame, or None for a heartbeat.

    Raises:
        ClientLeft: there are no more.
        AmqpError: `amqp:connection:framing-error`, for a frame that is malformed, too large or cut short;
            `amqp:decode-error`, for a body that is not a performative with fields of the right types.
    """
    header = await read_header(reader)
    size, offset, kind, channel = _HEADER.unpack(header)
    start = offset * 4 - HEADER_SIZE
    if not HEADER_SIZE <= size <= MAX_FRAME_SIZE or not 0 <= start <= size - HEADER_SIZE or kind not in (_AMQP, _SASL):
        raise AmqpError(Condition.FRAMING_ERROR, f"no frame header: {header.hex()}")
    body = (await _read(reader, size - HEADER_SIZE))[start:]
    return Frame(channel, *_performative(body)) if body else None


async def _read(reader: StreamReader, size: int, *, may_end: bool = False) -> bytes:
    try:
        return await reader.readexactly(size)
    except IncompleteReadError as cut:
        if may_end and not cut.partial:
            raise ClientLeft from cut
        raise AmqpError(Condition.FRAMING_ERROR, "the connection ended within a frame") from cut
    except OSError as broken:
        raise ClientLeft from broken


def _types(annotation: Any) -> tuple[type, ...]:
    """The classes a field may be an instance of: `dict[Any, Any] | None` is dict or NoneType."""
    if isinstance(annotation, type):
        return (annotation,)
    return tuple(get_origin(part) or part for part in get_args(annotation))


_FIELDS = {kind: tuple(map(_types, get_type_hints(kind).values())) for kind in _CODES}


def _performative(octets: bytes) -> tuple[Performative, bytes]:
    """The performative at the start of a frame's body, and the payload after it."""
    body, end = decode(octets)
    kind = KINDS.get(body.descriptor) if isinstance(body, Described) and isinstance(body.descriptor, ULong) else None
    if kind is None or not isinstance(body.value, list):
        raise AmqpError(Condition.DECODE_ERROR, "the frame has no known performative")
    types = _FIELDS[kind]
    fields = body.value + [None] * (len(types) - len(body.value))
    if len(fields) > len(types) or not all(map(isinstance, fields, types)):
        raise AmqpError(Condition.DECODE_ERROR, f"a field of {kind.__name__.lower()} is missing or of a wrong type")
    return kind(*fields), octets[end:]
