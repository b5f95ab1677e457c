"""Bodies of one document a line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.envelopes import A, B, encoded, found, parts

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
        (b"[" * 100_000, "nested too deeply", "byte 0"),
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
