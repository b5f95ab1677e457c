"""A body before it is JSON: unpacked, decoded, or told to be broken, with the exact place."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from shared.engine.envelope import UNPACKED
from tests.engine.envelopes import A, B, encoded, found, parts, zipped


@pytest.mark.parametrize("body", [b"", b" ", b"\n\r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", zipped(b"")])
def test_an_empty_body_is_no_record(body: bytes) -> None:
    assert found(body) == [("empty", "byte 0")]


@pytest.mark.parametrize(
    ("body", "reason", "where"),
    [
        (b"{'a': 'it's'}", "not JSON: object keys must be strings", "byte 1"),
        (b'{"a": 1,}', "not JSON: trailing comma in object", "byte 8"),
        (b'{"a": 1', "not JSON: Input data was truncated", "byte 7"),
        (b'{"a": \x80}', "not JSON: invalid character", "byte 6"),
        (b'{"a": "\xff"}', "not UTF-8", "byte 7"),
        ('{"ü": "'.encode() + b'\xed\xa0\x80"}', "not UTF-8", "byte 8"),
        ('{"a": "ü"}'.encode("latin-1"), "not UTF-8", "byte 7"),
        (b'\xef\xbb\xbf{"a": "\xff"}', "not utf-8, although it begins like it", "byte 10"),
        (b'\xff\xfe{\x00"', "not utf-16-le, although it begins like it", "byte 4"),
        (b"\xfe\xff\xd8\x00\x00{", "not utf-16-be, although it begins like it", "byte 2"),
        (b"{\x00\x00\xd8\x00\x00", "not utf-16-le, although it begins like it", "byte 2"),
        (b"eyJhIjog" * 4, "not JSON: ", "byte 24"),
        (b"bm90aGluZyBvZiB0aGUga2luZA==", "not JSON: invalid character", "byte 0"),
        (b"aGF=hhhhhhhhhhhhhhhhhh", "not JSON: invalid character", "byte 0"),
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
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: base64.b64encode(text.encode()),
        lambda text: b"\n" + base64.urlsafe_b64encode(zipped(text.encode())).rstrip(b"=") + b"\n",
        lambda text: repr(json.loads(text)).encode(),
        lambda text: zipped(text.encode()),
        lambda text: zipped(b"\xff\xfe" + text.encode("utf-16-le")),
        lambda text: zipped(text[:5].encode()) + zipped(text[5:].encode()),
        lambda text: json.dumps(text).encode(),
        lambda text: f"\r\n\t{text}\n\n".encode(),
    ],
    ids=[
        "utf-8",
        "utf-16-le",
        "utf-16-be",
        "utf-16-le without a mark",
        "utf-16-be without a mark",
        "base64",
        "gzip in base64 for addresses",
        "single quotes",
        "gzip",
        "gzip of utf-16",
        "gzip in pieces",
        "ascii in text",
        "blanks",
    ],
)
def test_a_body_may_come_in_another_encoding(encode: Callable[[str], bytes]) -> None:
    body = encode(json.dumps(B, ensure_ascii=False))

    assert found(body) == [(B, "$")]
    assert parts(body) == [body]


def test_a_body_that_unpacks_to_the_limit_is_read_and_one_byte_more_is_not() -> None:
    full = b" " * (UNPACKED - 2) + b"{}"

    assert found(zipped(full, 1)) == [({}, "$")]
    assert found(zipped(full + b" ", 1)) == [(f"larger than {UNPACKED} bytes when unpacked", f"byte {UNPACKED}")]


@pytest.mark.parametrize("pack", [bytes, zipped, lambda body: body.decode().encode("utf-16")])
def test_a_body_cut_off_at_any_byte_is_one_broken_body(pack: Callable[[bytes], bytes]) -> None:
    body = pack(encoded({"records": [{"title": "Gefährlich", "entities": [{"a": [1.5, None, True]}]}]}))

    for length in range(len(body)):
        ((reason, where),) = found(body[:length])
        assert isinstance(reason, str)
        assert where.startswith("byte ")
