"""The octets of AMQP types, alone and against the SDK's own parser."""

import struct
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from azure.eventhub._pyamqp._decode import _DECODE_BY_CONSTRUCTOR
from hypothesis import given
from hypothesis import strategies as st

from azsim.eventhubs.decode import decode
from azsim.eventhubs.encode import encode
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


def integers(kind: type[int], bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return st.integers(low, high).map(kind)


ASCII = st.text(st.characters(max_codepoint=127))
KINDS: list[st.SearchStrategy[Any]] = [
    st.none(),
    st.booleans(),
    integers(UByte, 8, signed=False),
    integers(UShort, 16, signed=False),
    integers(UInt, 32, signed=False),
    integers(ULong, 64, signed=False),
    integers(Byte, 8, signed=True),
    integers(Short, 16, signed=True),
    integers(Int, 32, signed=True),
    integers(int, 64, signed=True),
    integers(Timestamp, 64, signed=True),
    st.floats(width=32, allow_nan=False).map(Float),
    st.floats(allow_nan=False),
    st.binary() | st.binary(min_size=256, max_size=300),
    st.text() | st.text(min_size=256, max_size=300),
    ASCII.map(Symbol),
    st.uuids(),
]
CHARS = st.characters().map(Char)
SCALARS = st.one_of(*KINDS)
ARRAYS = st.one_of(*(st.lists(kind, max_size=5).map(Array) for kind in KINDS if kind is not KINDS[0]))


def nested(scalars: st.SearchStrategy[Any], *more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(scalars, *more),
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(scalars, inner, max_size=5)
            | st.builds(Described, integers(ULong, 64, signed=False) | ASCII.map(Symbol), inner)
        ),
        max_leaves=10,
    )


VALUES = nested(SCALARS, CHARS, ARRAYS)


def typed(value: Any) -> Any:
    """`value` with the types of all its parts, which equality does not look at."""
    if isinstance(value, list | tuple):
        return type(value), [typed(item) for item in value]
    if isinstance(value, dict):
        return [(typed(key), typed(item)) for key, item in value.items()]
    return type(value), value


@given(VALUES)
def test_a_value_comes_back_with_its_type(value: Any) -> None:
    octets = encode(value)
    decoded, end = decode(octets)
    assert typed(decoded) == typed(value)
    assert end == len(octets)


@given(VALUES, st.data())
def test_a_value_that_is_cut_short_is_an_error(value: Any, data: st.DataObject) -> None:
    octets = encode(value)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(AmqpError) as caught:
        decode(octets[:cut])
    assert caught.value.condition == Condition.DECODE_ERROR


@given(st.binary(max_size=60))
def test_any_octets_are_a_value_that_can_be_sent_on_or_an_amqp_error(octets: bytes) -> None:
    with suppress(AmqpError):
        value, end = decode(octets)
        assert end <= len(octets)
        encode(value)


def as_the_sdk_has_it(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return {as_the_sdk_has_it(key): as_the_sdk_has_it(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_the_sdk_has_it(item) for item in value]
    return value


@given(st.lists(SCALARS | ARRAYS.filter(bool) | st.dictionaries(ASCII, SCALARS), max_size=5))
def test_the_sdk_reads_the_same(value: list[Any]) -> None:
    octets = memoryview(encode(value))
    rest, read = _DECODE_BY_CONSTRUCTOR[octets[0]](octets[1:])
    assert read == as_the_sdk_has_it(value)
    assert len(rest) == 0


# Forms that other peers write and `encode` does not; the octets are from section 1.6 of the specification.
@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("45", []),
        ("5601", True),
        ("5600", False),
        ("7000000001", UInt(1)),
        ("800000000000000001", ULong(1)),
        ("54ff", Int(-1)),
        ("55ff", -1),
        ("c00100", []),
        ("c003024041", [None, True]),
        ("c103024041", {None: True}),
        ("d00000000400000000", []),
        ("e00402500102", Array([UByte(1), UByte(2)])),
        ("e0020040", Array()),
        ("b0000000026162", b"ab"),
        ("7300000041", Char("A")),
        ("98" + "00" * 15 + "01", UUID(int=1)),
        ("005310c00100", Described(ULong(16), [])),
    ],
)
def test_forms_that_only_other_peers_write_are_read(octets: str, value: Any) -> None:
    decoded, end = decode(bytes.fromhex(octets))
    assert typed(decoded) == typed(value)
    assert end == len(octets) // 2


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        ("", "cut short"),
        ("3f", "unknown constructor 0x3f"),
        ("a1ff61", "cut short"),
        ("a101ff", "invalid start byte"),
        ("a301c3", "ordinal not in range"),
        ("7300110000", "not in range"),
        ("73ffffffff", "not in range"),
        ("730000d800", "surrogate"),
        ("c0050140", "cut short"),
        ("c0030140", "cut short"),
        ("c003014140", "fit its items"),
        ("c0010141", "fit its items"),
        ("c1020140", "a key without a value"),
        ("c104024540", "cut short"),
        ("c103024540", "a list for a key"),
        ("c1050440414041", "same key twice"),
        ("f000000005ffffffff40", "more items than it has octets"),
        ("e003025001", "cut short"),
        ("e00401500102", "fit its items"),
        ("e006010053104040", "described"),
        ("00" * 100_000, "recursion"),
    ],
)
def test_malformed_octets_are_refused_with_the_reason(octets: str, complaint: str) -> None:
    with pytest.raises(AmqpError, match=complaint) as caught:
        decode(bytes.fromhex(octets))
    assert caught.value.condition == Condition.DECODE_ERROR


@pytest.mark.parametrize("value", [object(), Array([object()]), Array([1, "a"]), Array([Described(0, 1)]), {1: {2}}])
def test_what_amqp_has_no_type_for_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize("value", [UByte(256), UInt(-1), UInt(1 << 32), ULong(-1), 1 << 63, Short(1 << 15)])
def test_a_number_outside_the_range_of_its_type_is_an_error(value: int) -> None:
    with pytest.raises(struct.error):
        encode(value)
