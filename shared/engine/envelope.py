"""Envelopes: the records in a body, however the exporter wrapped them.

Azure Monitor and data export write `{"records": […]}`, lists of Resource Manager and Graph `{"value": […]}`, Event Grid
an array, Logic Apps `{"body": {…}}`, pullers one object a line; some encode an object as text once more.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.model.errors import Unreadable

DEPTH = 6
UNPACKED = 64 * 1024 * 1024

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LISTS = ("records", "value")

Record = dict[str, Any] | Unreadable


def records(body: bytes) -> Iterator[tuple[Record, str, bytes]]:
    """Every record in a body, its place in it, and the part of the body that it is.

    What is no record comes as the error, and the rest goes on.
    """
    try:
        text = _plain(body)
    except Unreadable as error:
        yield error, error.where, body
        return
    try:
        value = _parse(text)
    except Unreadable as error:
        lines = text.splitlines()
        if len(lines) > 1 and any(map(_is_document, lines)):
            yield from _lines(lines)
        else:
            yield error, error.where, body
        return
    for found, where, part in _peel(value, "$", DEPTH):
        yield found, where, body if where == "$" else msgspec.json.encode(part)


def _lines(lines: list[bytes]) -> Iterator[tuple[Record, str, bytes]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = _parse(line)
        except Unreadable as error:
            yield Unreadable(error.reason, f"line {number}, {error.where}"), f"line {number}", line
        else:
            for found, where, part in _peel(value, f"line {number}", DEPTH):
                yield found, where, msgspec.json.encode(part)


def _peel(value: Any, where: str, depth: int) -> Iterator[tuple[Record, str, Any]]:
    if depth < 0:
        yield Unreadable(f"wrapped more than {DEPTH} times", where), where, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _peel(item, f"{where}[{number}]", depth - 1)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            inside = _parse(value.encode())
        except Unreadable as error:
            yield Unreadable(error.reason, f"{where}, {error.where}"), where, value
        else:
            yield from _peel(inside, where, depth - 1)
    elif isinstance(value, dict):
        inner = _wrapped(value)
        if inner is None:
            yield value, where, value
        else:
            yield from _peel(value[inner], f"{where}.{inner}", depth - 1)
    else:
        yield Unreadable(f"a record must be an object, not {_json_type(value)}", where), where, value


def _wrapped(value: dict[str, Any]) -> str | None:
    """The name under which an envelope holds what matters; None if the object is no envelope."""
    for name in _LISTS:
        if isinstance(value.get(name), list):
            return name
    body = value.get("body")
    if isinstance(body, dict) and set(value) <= {"body", "headers", "statusCode", "method", "queries"}:
        return "body"
    return None


def _plain(body: bytes) -> bytes:
    """The body unpacked and in UTF-8."""
    if body[:2] == b"\x1f\x8b":
        body = _unzipped(body)
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            try:
                return body[len(mark) :].decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise Unreadable(
                    f"not {encoding}, although it begins like it", f"byte {len(mark) + error.start}"
                ) from error
    return body


def _unzipped(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            unpacked = file.read(UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"not gzip, although it begins like it: {error}", "byte 0") from error
    if len(unpacked) > UNPACKED:
        raise Unreadable(f"larger than {UNPACKED} bytes when unpacked", f"byte {UNPACKED}")
    return unpacked


def _parse(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        if not text.strip():
            raise Unreadable("empty", "byte 0") from error
        place = re.search(r"\(byte (\d+)\)", str(error))
        what = str(error).removeprefix("JSON is malformed: ").partition(" (byte")[0]
        raise Unreadable(f"not JSON: {what}", f"byte {place[1] if place else len(text)}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8", f"byte {_undecodable(text)}") from error
    except RecursionError as error:
        raise Unreadable("nested too deeply", "byte 0") from error


def _is_document(line: bytes) -> bool:
    """Whether a line is a document of its own: one such line shows that a body is one document a line."""
    if line[:1] not in (b"{", b"["):
        return False
    try:
        return bool(_parse(line))
    except Unreadable:
        return False


def _undecodable(text: bytes) -> int:
    """Where a text stops being UTF-8."""
    return len(re.split("[\udc80-\udcff]", text.decode(errors="surrogateescape"), maxsplit=1)[0].encode())


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", str: "text"}.get(type(value), type(value).__name__)
