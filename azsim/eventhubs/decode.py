"""AMQP 1.0 octets to Python values (section 1.6 of the specification).

The octets come from a peer, so nothing about them is taken on trust: lengths are checked before use, and a count
cannot claim more items than there are octets.
"""

import struct
from collections.abc import Callable
from typing import Any
from uuid import UUID

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.values import (
    Array,
    Byte,
    Char,
    Described,
    Float,
    Int,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_U32 = struct.Struct(">I")
# Reads one value after its constructor: (octets, position) to (value, position after it).
_Decoder = Callable[[bytes, int], tuple[Any, int]]


def decode(octets: bytes, position: int = 0) -> tuple[Any, int]:
    """The value at `position`, and the position after it.

    Raises:
        AmqpError: `amqp:decode-error`, if there is no whole, well-formed value of a known type.
    """
    try:
        return _value(octets, position)
    except (IndexError, struct.error) as problem:
        raise _malformed("a value is cut short") from problem
    except (ValueError, OverflowError, RecursionError) as problem:
        raise _malformed(str(problem)) from problem


def _malformed(description: str) -> AmqpError:
    return AmqpError(Condition.DECODE_ERROR, description)


def _value(octets: bytes, position: int) -> tuple[Any, int]:
    return _decoder(octets[position])(octets, position + 1)


def _decoder(constructor: int) -> _Decoder:
    decoder = _DECODERS.get(constructor)
    if decoder is None:
        raise _malformed(f"unknown constructor 0x{constructor:02x}")
    return decoder


def _constant(value: Any) -> _Decoder:
    return lambda _, position: (value, position)


def _fixed(form: str, kind: Callable[[Any], Any]) -> _Decoder:
    unpack, size = struct.Struct(f">{form}").unpack_from, struct.calcsize(f">{form}")
    return lambda octets, position: (kind(unpack(octets, position)[0]), position + size)


def _size(octets: bytes, position: int, width: int) -> tuple[int, int]:
    """The number of `width` octets at `position`, and the position after it."""
    return (octets[position] if width == 1 else _U32.unpack_from(octets, position)[0]), position + width


def _end(octets: bytes, start: int, size: int) -> int:
    if start + size > len(octets):
        raise _malformed("a value is cut short")
    return start + size


def _variable(width: int, kind: Callable[[bytes], Any]) -> _Decoder:
    def decoder(octets: bytes, position: int) -> tuple[Any, int]:
        size, start = _size(octets, position, width)
        end = _end(octets, start, size)
        return kind(octets[start:end]), end

    return decoder


def _compound(width: int, kind: Callable[[list[Any]], Any]) -> _Decoder:
    def decoder(octets: bytes, position: int) -> tuple[Any, int]:
        size, position = _size(octets, position, width)
        end = _end(octets, position, size)
        count, position = _size(octets, position, width)
        items = []
        for _ in range(count):
            item, position = _value(octets, position)
            items.append(item)
        if position != end:
            raise _malformed("the size of a list or map does not fit its items")
        return kind(items), end

    return decoder


def _array(width: int) -> _Decoder:
    def decoder(octets: bytes, position: int) -> tuple[Any, int]:
        size, position = _size(octets, position, width)
        end = _end(octets, position, size)
        count, position = _size(octets, position, width)
        # Items such as null have no octets of their own: without this a few octets could ask for 2^32 of them.
        if count > size:
            raise _malformed("an array claims more items than it has octets")
        if octets[position] == _DESCRIBED:
            raise _malformed("arrays of described values are not supported")
        item_decoder, position = _decoder(octets[position]), position + 1
        items = Array()
        for _ in range(count):
            item, position = item_decoder(octets, position)
            items.append(item)
        if position != end:
            raise _malformed("the size of an array does not fit its items")
        return items, end

    return decoder


def _described(octets: bytes, position: int) -> tuple[Any, int]:
    descriptor, position = _value(octets, position)
    value, position = _value(octets, position)
    return Described(descriptor, value), position


def _map(items: list[Any]) -> dict[Any, Any]:
    try:
        pairs = dict(zip(items[::2], items[1::2], strict=True))
    except (TypeError, ValueError) as problem:
        raise _malformed("a map has a key without a value, or a list for a key") from problem
    if 2 * len(pairs) != len(items):
        raise _malformed("a map has the same key twice")
    return pairs


def _symbol(octets: bytes) -> Symbol:
    return Symbol(octets.decode("ascii"))


_DESCRIBED = 0x00
_DECODERS: dict[int, _Decoder] = {
    _DESCRIBED: _described,
    0x40: _constant(None),
    0x41: _constant(value=True),
    0x42: _constant(value=False),
    0x43: _constant(UInt(0)),
    0x44: _constant(ULong(0)),
    0x45: lambda _, position: ([], position),
    0x50: _fixed("B", UByte),
    0x51: _fixed("b", Byte),
    0x52: _fixed("B", UInt),
    0x53: _fixed("B", ULong),
    0x54: _fixed("b", Int),
    0x55: _fixed("b", int),
    0x56: _fixed("?", bool),
    0x60: _fixed("H", UShort),
    0x61: _fixed("h", Short),
    0x70: _fixed("I", UInt),
    0x71: _fixed("i", Int),
    0x72: _fixed("f", Float),
    0x73: _fixed("4s", lambda octets: Char(octets.decode("utf-32-be"))),
    0x80: _fixed("Q", ULong),
    0x81: _fixed("q", int),
    0x82: _fixed("d", float),
    0x83: _fixed("q", Timestamp),
    0x98: _fixed("16s", lambda octets: UUID(bytes=octets)),
    0xA0: _variable(1, bytes),
    0xA1: _variable(1, bytes.decode),
    0xA3: _variable(1, _symbol),
    0xB0: _variable(4, bytes),
    0xB1: _variable(4, bytes.decode),
    0xB3: _variable(4, _symbol),
    0xC0: _compound(1, list),
    0xC1: _compound(1, _map),
    0xD0: _compound(4, list),
    0xD1: _compound(4, _map),
    0xE0: _array(1),
    0xF0: _array(4),
}
