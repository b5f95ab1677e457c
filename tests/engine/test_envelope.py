from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.envelope import DEPTH, UNPACKED, records
from shared.model.errors import Unreadable

A, B = {"a": 1}, {"b": "ü"}


def zipped(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def found(body: bytes) -> list[tuple[Any, str]]:
    """Every record with its place; an error as its reason."""
    return [(r.reason if isinstance(r, Unreadable) else r, r.where if isinstance(r, Unreadable) else where)
            for r, where, _ in records(body)]  # fmt: skip


def parts(body: bytes) -> list[bytes]:
    return [part for _, _, part in records(body)]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (A, [(A, "$")]),
        ([A, B], [(A, "$[0]"), (B, "$[1]")]),
        ([], []),
        ({"records": [A, B]}, [(A, "$.records[0]"), (B, "$.records[1]")]),
        ({"records": []}, []),
        ({"value": [A], "@odata.context": "x", "nextLink": None}, [(A, "$.value[0]")]),
        ({"value": []}, []),
        ({"body": A}, [(A, "$.body")]),
        ({"statusCode": 200, "headers": {"x": "y"}, "body": A}, [(A, "$.body")]),
        ({"method": "POST", "queries": {}, "headers": {}, "body": {"value": [A]}}, [(A, "$.body.value[0]")]),
        ([{"records": [A]}, [B]], [(A, "$[0].records[0]"), (B, "$[1][0]")]),
        ({"records": [json.dumps(A), json.dumps([B])]}, [(A, "$.records[0]"), (B, "$.records[1][0]")]),
        (json.dumps(A), [(A, "$")]),
        (f"\n {json.dumps([A])}", [(A, "$[0]")]),
        (json.dumps(json.dumps(A)), [("a record must be an object, not text", "$")]),
    ],
)
def test_every_envelope_is_peeled_and_every_place_named(value: Any, wanted: list[tuple[Any, str]]) -> None:
    assert found(encoded(value)) == wanted


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"records": {"a": 1}},
        {"records": "text", "value": None},
        {"value": {"entities": [A]}},
        {"body": "text"},
        {"body": [A]},
        {"body": A, "subject": "x"},
        {"Records": [A]},
    ],
)
def test_what_only_looks_like_an_envelope_is_a_record(value: Any) -> None:
    assert found(encoded(value)) == [(value, "$")]


@pytest.mark.parametrize(
    ("text", "kind"), [("null", "null"), ("true", "a boolean"), ("1", "a number"), ("1.5", "a number"), ('"x"', "text")]
)
def test_a_scalar_is_no_record(text: str, kind: str) -> None:
    reason = f"a record must be an object, not {kind}"

    assert found(text.encode()) == [(reason, "$")]
    assert found(f'{{"records": [{{"a": 1}}, {text}, {{"b": "ü"}}]}}'.encode()) == [
        (A, "$.records[0]"),
        (reason, "$.records[1]"),
        (B, "$.records[2]"),
    ]


@pytest.mark.parametrize("body", [b"", b" ", b"\n\r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", zipped(b"")])
def test_an_empty_body_is_no_record(body: bytes) -> None:
    assert found(body) == [("empty", "byte 0")]


@pytest.mark.parametrize(
    ("body", "reason", "where"),
    [
        (b"{'a': 1}", "not JSON: object keys must be strings", "byte 1"),
        (b'{"a": 1,}', "not JSON: trailing comma in object", "byte 8"),
        (b'{"a": 1', "not JSON: Input data was truncated", "byte 7"),
        (b'{"a": \x80}', "not JSON: invalid character", "byte 6"),
        (b'{"a": "\xff"}', "not UTF-8", "byte 7"),
        ('{"ü": "'.encode() + b'\xed\xa0\x80"}', "not UTF-8", "byte 8"),
        ('{"a": "ü"}'.encode("latin-1"), "not UTF-8", "byte 7"),
        (b'\xef\xbb\xbf{"a": "\xff"}', "not utf-8, although it begins like it", "byte 10"),
        (b'\xff\xfe{\x00"', "not utf-16-le, although it begins like it", "byte 4"),
        (b"\xfe\xff\xd8\x00\x00{", "not utf-16-be, although it begins like it", "byte 2"),
        ('{"a": 1}'.encode("utf-16-le"), "not JSON: object keys must be strings", "byte 1"),
        ("\ufeff{}".encode("utf-32-le"), "not JSON: invalid character", "byte 0"),
        (b"<html></html>", "not JSON: invalid character", "byte 0"),
        (b"\x1f\x8b", "not gzip, although it begins like it: ", "byte 0"),
        (b"\x1f\x8b\x08\x00 nothing", "not gzip, although it begins like it: ", "byte 0"),
        (zipped(encoded(A))[:-9] + b"\x00" * 9, "not gzip, although it begins like it: ", "byte 0"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON: Integer value out of range", "byte 5007"),
        (b"[" * 100_000, "nested too deeply", "byte 0"),
        (b'{"a":' * 100_000, "nested too deeply", "byte 0"),
    ],
)
def test_a_body_that_is_no_json_is_told_with_the_reason_and_the_exact_place(
    body: bytes, reason: str, where: str
) -> None:
    ((told, place),) = found(body)

    assert told.startswith(reason)
    assert place == where
    assert parts(body) == [body]


def test_a_body_with_something_after_its_end_is_broken() -> None:
    ((reason, _),) = found(b'{"a": 1}}')

    assert reason == "not JSON: trailing characters"


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: zipped(text.encode()),
        lambda text: zipped(b"\xff\xfe" + text.encode("utf-16-le")),
        lambda text: zipped(text[:5].encode()) + zipped(text[5:].encode()),
        lambda text: json.dumps(text).encode(),
        lambda text: f"\r\n\t{text}\n\n".encode(),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "gzip", "gzip of utf-16", "gzip in pieces", "ascii in text", "blanks"],
)
def test_a_body_may_come_in_another_encoding(encode: Callable[[str], bytes]) -> None:
    body = encode(json.dumps(B, ensure_ascii=False))

    assert found(body) == [(B, "$")]
    assert parts(body) == [body]


def test_a_body_may_be_wrapped_so_often_and_no_more() -> None:
    value: Any = A
    for _ in range(DEPTH):
        value = [value]

    assert found(encoded(value)) == [(A, "$" + "[0]" * DEPTH)]
    assert found(encoded([[value], B])) == [(f"wrapped more than {DEPTH} times", "$[0]" + "[0]" * DEPTH), (B, "$[1]")]


def test_a_body_that_unpacks_to_the_limit_is_read_and_one_byte_more_is_not() -> None:
    full = b" " * (UNPACKED - 2) + b"{}"

    assert found(zipped(full, 1)) == [({}, "$")]
    assert found(zipped(full + b" ", 1)) == [(f"larger than {UNPACKED} bytes when unpacked", f"byte {UNPACKED}")]


LINES = [encoded(A), encoded(B), encoded([{"c": 3}, {"d": 4}])]
READ = [(A, "line {}"), (B, "line {}"), ({"c": 3}, "line {}[0]"), ({"d": 4}, "line {}[1]")]


def numbered(*lines: int) -> list[tuple[Any, str]]:
    return [(value, where.format(lines[min(i, 2)])) for i, (value, where) in enumerate(READ)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\n\n", b"\n  \n"])
def test_a_body_may_be_one_document_a_line(end: bytes) -> None:
    step = 2 if len(end.splitlines()) == 2 else 1

    assert found(end.join(LINES)) == found(end.join(LINES) + end) == numbered(1, 1 + step, 1 + 2 * step)


@pytest.mark.parametrize(
    ("bad", "reason", "where"),
    [
        (b'{"cut off": "in the mi', "not JSON: Input data was truncated", "byte 22"),
        (b"<not JSON>", "not JSON: invalid character", "byte 0"),
        (b'{"a": "\xff"}', "not UTF-8", "byte 7"),
        (b"[" * 5000, "nested too deeply", "byte 0"),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_bad_line_never_takes_its_neighbours_with_it(bad: bytes, reason: str, where: str, at: int) -> None:
    lines = [*LINES[:at], bad, *LINES[at:]]
    body = b"\n".join(lines)

    good = [number for number in (1, 2, 3, 4) if number != at + 1]
    assert [item for item in found(body) if isinstance(item[0], dict)] == numbered(*good)
    assert [item for item in found(body) if not isinstance(item[0], dict)] == [(reason, f"line {at + 1}, {where}")]
    assert bad in parts(body)


def test_a_scalar_on_a_line_is_no_record() -> None:
    assert found(b'{"a": 1}\n17\nnull') == [
        (A, "line 1"),
        ("a record must be an object, not a number", "line 2"),
        ("a record must be an object, not null", "line 3"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"a": [A, B], "c": {}}, indent=2)[:-2].encode(),
        json.dumps([A, B], indent=2)[:-2].encode(),
        b"one\ntwo\nthree",
        b'{"a":\n{"b"\n:1}}}',
        b"[\n]\n]",
    ],
)
def test_a_broken_body_of_many_lines_is_one_broken_body(body: bytes) -> None:
    ((reason, _),) = found(body)

    assert reason.startswith("not JSON: ")
    assert parts(body) == [body]


def test_text_inside_of_a_body_that_is_no_json_is_told_with_its_place() -> None:
    assert found(encoded({"records": ["{'a': 1}", A, '[{"a": 1}, 2]']})) == [
        ("not JSON: object keys must be strings", "$.records[0], byte 1"),
        (A, "$.records[1]"),
        (A, "$.records[2][0]"),
        ("a record must be an object, not a number", "$.records[2][1]"),
    ]


def test_the_part_of_a_record_is_the_record_and_the_part_of_a_bad_one_is_the_bad_one() -> None:
    body = encoded({"records": [A, 17, "{bad", json.dumps(B)]})

    assert [json.loads(part) for part in parts(body)] == [A, 17, "{bad", B]


def test_many_bad_records_are_not_many_copies_of_the_body() -> None:
    for body in (encoded([1] * 5000), b'{"a": 1}\n' + b"bad\n" * 5000):
        assert sum(map(len, parts(body))) <= len(body)


def wrap(value: Any, how: str) -> Any:
    return {"list": [value], "records": {"records": [value]}, "value": {"value": [value]}, "body": {"body": value}}[how]


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


LEVELS = {"list": 1, "records": 2, "value": 2, "body": 1}
"""How deep each wrapping is: an object that holds a list is two."""


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


@pytest.mark.parametrize("pack", [bytes, zipped, lambda body: body.decode().encode("utf-16")])
def test_a_body_cut_off_at_any_byte_is_one_broken_body(pack: Callable[[bytes], bytes]) -> None:
    body = pack(encoded({"records": [{"title": "Gefährlich", "entities": [{"a": [1.5, None, True]}]}]}))

    for length in range(len(body)):
        ((reason, where),) = found(body[:length])
        assert isinstance(reason, str)
        assert where.startswith("byte ")
