"""Links and the form they are taken over: the same for ever, for records are kept longer than a version of the program."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from shared.model import canonical
from shared.model.chain import Head, all_linked, linked, unlinked
from shared.model.record import Record

RECORD = Record(
    TimeGenerated="2026-03-02T12:00:01.120450Z",
    RecordId="0" * 32,
    SchemaVersion=1,
    Decision="intent",
    Reason='ä "😀"\n\x01',
    Params={"b": [1.0, 0.1, None, True], "a": None, "é": {}, "until": "2026-03-02T13:00:00+01:00"},
    Limits=(),
)
FORM = (
    '{"Chain":"c","Decision":"intent","Params":{"b":[1,"0.1",null,true],"until":"2026-03-02T12:00:00.000Z","é":{}},'
    '"Reason":"ä \\"😀\\"\\n\\u0001","RecordId":"00000000000000000000000000000000",'
    '"RecordedTime":"2026-03-02T12:00:01.120Z","SchemaVersion":1,"Sequence":1}'
)


def test_the_hash_is_that_of_the_form_that_is_described() -> None:
    made, head = linked(RECORD, Head("c"))

    assert made.Hash == hashlib.sha256(FORM.encode()).hexdigest() == head.hash
    assert made.Hash == "18538a5915bb3c1102433221f13a0f2b2b4c15f0af3f7599e1c3e07bc1a717e3"
    assert (head.chain, head.sequence) == ("c", 1)


def test_each_record_holds_the_hash_of_the_one_before() -> None:
    (one, two), head = all_linked([RECORD, RECORD], Head("c", 4, "f" * 64))

    assert (one.Sequence, one.PreviousHash, two.Sequence, two.PreviousHash) == (5, "f" * 64, 6, one.Hash)
    assert head == Head("c", 6, two.Hash)
    assert unlinked(two) == RECORD


def test_a_record_that_has_a_place_already_gets_the_new_one_only() -> None:
    first, _ = linked(RECORD, Head("a"))

    assert linked(first, Head("b", 1, "0" * 64)) == linked(RECORD, Head("b", 1, "0" * 64))


@pytest.mark.parametrize(
    ("kind", "value", "same"),
    [
        ("string", "", None),
        ("string", " a\r\n", " a\r\n"),
        ("int", "3", 3),
        ("int", 3.0, 3),
        ("int", "x", "x"),
        ("datetime", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z"),
        ("datetime", "2026-03-02T09:00:00.1239999Z", "2026-03-02T09:00:00.123Z"),
        ("datetime", "2026-03-02T01:30:00.5+01:30", "2026-03-02T00:00:00.500Z"),
        ("datetime", "3/2/2026, 12:00:01.120 AM", "2026-03-02T00:00:01.120Z"),
        ("datetime", "3/2/2026, 12:00:01\u202fPM", "2026-03-02T12:00:01.000Z"),
        ("datetime", "2026-02-30T00:00:00Z", None),
        ("datetime", "soon", None),
        ("dynamic", '"[1, 2]"', [1, 2]),
        ("dynamic", "[broken", "[broken"),
        ("dynamic", "word", "word"),
        ("dynamic", {"a": 2**60}, {"a": 2**60}),
        ("dynamic", [1e300, 10**400, 1.5], ["1e+300", str(10**400), "1.5"]),
    ],
)  # fmt: skip
def test_a_value_has_one_form(kind: str, value: Any, same: Any) -> None:
    assert canonical.value_of(kind, value) == same
    assert canonical.value_of(kind, same) == same


def test_other_columns_and_empty_ones_do_not_count() -> None:
    row = msgspec.to_builtins(RECORD)

    assert canonical.form(
        {**row, "TenantId": "t", "Type": "x", "Attempt": 0, "Diff": "[]", "Target": ""}
    ) == canonical.form(row)
