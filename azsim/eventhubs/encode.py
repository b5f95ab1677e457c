"""Python values to AMQP 1.0 octets (section 1.6 of the specification)."""

import struct
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

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


def encode(value: Any) -> bytes:
    """The octets of `value`, constructor first.

    Raises:
        TypeError: a value of a type without an AMQP counterpart, or an `Array` of items of several types.
        struct.error: a number outside the range of its type.
    """
    encoder = _COMPACT.get(type(value))
    if encoder is None:
        raise TypeError(f"AMQP has no type for {type(value).__name__}")
    return encoder(value)


def _fixed(code: int, form: str) -> Callable[[Any], bytes]:
    return partial(struct.Struct(f">B{form}").pack, code)


def _sized(code: int, octets: bytes) -> bytes:
    return bytes((code,)) + _U32.pack(len(octets)) + octets


def _short_or_sized(code: int, octets: bytes) -> bytes:
    # The 8-bit and the 32-bit form of a variable-width type are 0x10 apart.
    if len(octets) < 256:
        return bytes((code, len(octets))) + octets
    return _sized(code + 0x10, octets)


def _compound(code: int, count: int, items: Iterable[Any]) -> bytes:
    octets = b"".join(map(encode, items))
    return bytes((code,)) + _U32.pack(len(octets) + 4) + _U32.pack(count) + octets


def _array(items: Array) -> bytes:
    encoded = []
    for item in items:
        encoder = _WIDE.get(type(item))
        if encoder is None:
            raise TypeError(f"no array of {type(item).__name__}")
        encoded.append(encoder(item))
    constructors = {item[0] for item in encoded} or {0x40}
    if len(constructors) > 1:
        raise TypeError("the items of an array are of one type")
    octets = bytes(constructors) + b"".join(item[1:] for item in encoded)
    return b"\xf0" + _U32.pack(len(octets) + 4) + _U32.pack(len(items)) + octets


def _small(zero: int, small: int, wide: Callable[[int], bytes], value: int) -> bytes:
    if value == 0:
        return bytes((zero,))
    return bytes((small, value)) if 0 < value < 256 else wide(value)


# Every item of an array has the same constructor, so each type has one encoding that fits all of its values …
_WIDE: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\x40",
    bool: _fixed(0x56, "?"),
    UByte: _fixed(0x50, "B"),
    Byte: _fixed(0x51, "b"),
    UShort: _fixed(0x60, "H"),
    Short: _fixed(0x61, "h"),
    UInt: _fixed(0x70, "I"),
    Int: _fixed(0x71, "i"),
    Float: _fixed(0x72, "f"),
    Char: lambda value: b"\x73" + _U32.pack(ord(value)),
    ULong: _fixed(0x80, "Q"),
    int: _fixed(0x81, "q"),
    float: _fixed(0x82, "d"),
    Timestamp: _fixed(0x83, "q"),
    UUID: lambda value: b"\x98" + value.bytes,
    bytes: lambda value: _sized(0xB0, value),
    str: lambda value: _sized(0xB1, value.encode()),
    Symbol: lambda value: _sized(0xB3, value.encode("ascii")),
    list: lambda value: _compound(0xD0, len(value), value),
    dict: lambda value: _compound(0xD1, 2 * len(value), chain.from_iterable(value.items())),
    Array: _array,
}

# … and outside of arrays the frequent types have a shorter one.
_COMPACT: dict[type, Callable[[Any], bytes]] = {
    **_WIDE,
    bool: lambda value: b"\x41" if value else b"\x42",
    UInt: partial(_small, 0x43, 0x52, _WIDE[UInt]),
    ULong: partial(_small, 0x44, 0x53, _WIDE[ULong]),
    bytes: lambda value: _short_or_sized(0xA0, value),
    str: lambda value: _short_or_sized(0xA1, value.encode()),
    Symbol: lambda value: _short_or_sized(0xA3, value.encode("ascii")),
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
}
