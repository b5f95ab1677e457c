"""Whatever a body holds and however it is wrapped: records made up by hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.envelope import DEPTH, records
from tests.engine.envelopes import encoded, found, zipped

LEVELS = {"list": 1, "records": 2, "value": 2, "body": 1}

"""How deep each wrapping is: an object that holds a list is two."""


OBJECTS = st.dictionaries(
    st.text(max_size=3).filter(lambda key: key not in ("records", "value", "body")),
    st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=2),
    max_size=3,
)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "gzip": zipped,
}


def wrap(value: Any, how: str) -> Any:
    return {"list": [value], "records": {"records": [value]}, "value": {"value": [value]}, "body": {"body": value}}[how]


def wraps(ways: list[str]) -> bool:
    """Whether these wrappings, the innermost first, make an envelope: a `body` holds an object, never a list."""
    return sum(LEVELS[way] for way in ways) <= DEPTH and ("list", "body") not in pairwise(ways)


@settings(deadline=None)
@given(
    OBJECTS, st.lists(st.sampled_from(sorted(LEVELS)), max_size=DEPTH).filter(wraps), st.sampled_from(sorted(ENCODINGS))
)
def test_a_record_comes_out_of_every_wrapping_as_it_went_in(record: Any, ways: list[str], encoding: str) -> None:
    value = record
    for way in ways:
        value = wrap(value, way)

    assert [item for item, _ in found(ENCODINGS[encoding](encoded(value)))] == [record]


@settings(deadline=None)
@given(st.lists(OBJECTS, min_size=2, max_size=5).filter(any))  # empty objects alone do not show one a line
def test_documents_on_lines_come_out_as_they_went_in(values: list[Any]) -> None:
    assert [item for item, _ in found(b"\n".join(map(encoded, values)))] == values


@settings(deadline=None, max_examples=300)
@given(
    st.binary()
    | st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"1", b":", b",", b"\n", b"\xff", b"a"])).map(b"".join)
)
def test_no_bytes_are_too_odd_to_be_told_apart(body: bytes) -> None:
    for prefix in (b"", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"):
        for record, where, part in records(prefix + body):
            assert isinstance(record, dict) or record.where
            assert where
            assert isinstance(part, bytes)
