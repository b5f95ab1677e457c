"""The AMQP 1.0 types that Python lacks (section 1.6 of the specification).

None, bool, str, bytes, UUID, list and dict stand for the AMQP types of that name, int for `long` and float for
`double`. Values keep their AMQP type through `decode` and `encode`, so a peer's field can be sent back as it came.
"""

from typing import Any, NamedTuple


class Symbol(str):
    """A name out of a closed set, ASCII only."""

    __slots__ = ()


class Char(str):
    """One Unicode character."""

    __slots__ = ()


class UByte(int):
    """An integer of 8 bits without sign."""

    __slots__ = ()


class UShort(int):
    """An integer of 16 bits without sign."""

    __slots__ = ()


class UInt(int):
    """An integer of 32 bits without sign."""

    __slots__ = ()


class ULong(int):
    """An integer of 64 bits without sign."""

    __slots__ = ()


class Byte(int):
    """An integer of 8 bits."""

    __slots__ = ()


class Short(int):
    """An integer of 16 bits."""

    __slots__ = ()


class Int(int):
    """An integer of 32 bits."""

    __slots__ = ()


class Timestamp(int):
    """Milliseconds since 1970-01-01T00:00:00Z."""

    __slots__ = ()


class Float(float):
    """A floating-point number of 32 bits."""

    __slots__ = ()


class Array(list[Any]):
    """A list whose items are all of one type."""

    __slots__ = ()


class Described(NamedTuple):
    """A value with a descriptor that says what it means."""

    descriptor: Any
    value: Any
