from __future__ import annotations

import json
from typing import Any

import pytest

from shared.engine.envelope import DEPTH
from tests.engine.envelopes import A, B, encoded, found, parts


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (A, [(A, "$")]),
        ([A, B], [(A, "$[0]"), (B, "$[1]")]),
        ([], []),
        ({"records": [A, B]}, [(A, "$.records[0]"), (B, "$.records[1]")]),
        ({"records": []}, []),
        ({"records": [], "value": [B]}, [(B, "$.value[0]")]),
        ({"records": [], "value": []}, []),
        ({"value": [A], "@odata.context": "x", "nextLink": None}, [(A, "$.value[0]")]),
        ({"value": []}, []),
        ({"body": A}, [(A, "$.body")]),
        ({"statusCode": 200, "headers": {"x": "y"}, "body": A}, [(A, "$.body")]),
        ({"Records": [A]}, [(A, "$.Records[0]")]),
        ({"Value": [A]}, [(A, "$.Value[0]")]),
        ({"BODY": A, "StatusCode": 200}, [(A, "$.BODY")]),
        ({"Outputs": {"Body": A}}, [(A, "$.Outputs.Body")]),
        ({"Tables": [{"Columns": [{"Name": "a"}], "Rows": [[1]]}]}, [(A, "$.Tables[0]")]),
        ({"_raw": json.dumps(A), **dict.fromkeys("abcdefgh")}, [(A, "$._raw")]),
        ({"value": A, "@odata.context": "x"}, [(A, "$.value")]),
        ({"value": {"entities": [A]}}, [({"entities": [A]}, "$.value")]),
        ({"_raw": json.dumps(A), "host": "x"}, [(A, "$._raw")]),
        ({"message": json.dumps(A), "@timestamp": "x", "tags": []}, [(A, "$.message")]),
        ({"name": "When_an_incident", "outputs": {"headers": {}, "body": A}}, [(A, "$.outputs.body")]),
        (
            {
                "tables": [
                    {"name": "t", "columns": [{"name": "a", "type": "int"}, {"name": "b"}], "rows": [[1, "ü"], [2]]}
                ]
            },
            [({"a": 1, "b": "ü"}, "$.tables[0]"), ({"a": 2}, "$.tables[1]")],
        ),
        (
            {"tables": ["x", {"columns": [None], "rows": "none"}]},
            [
                ("a record must be an object, not text", "$.tables[0]"),
                ({"columns": [None], "rows": "none"}, "$.tables[1]"),
            ],
        ),
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
        {"value": {"entities": [A]}, "next": 1},
        {"message": "{}"},
        {"records": [A], "value": [B]},
        {"records": [A], "Records": [B]},
        {"records": [A], "value": [B], **dict.fromkeys("abcdefgh")},
        {"outputs": {"body": "text"}},
        {"body": "text"},
        {"body": [A]},
        {"body": A, "subject": "x"},
        {"Records": [A], **dict.fromkeys("abcdefgh")},
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


def test_a_body_may_be_wrapped_so_often_and_no_more() -> None:
    value: Any = A
    for _ in range(DEPTH):
        value = [value]

    assert found(encoded(value)) == [(A, "$" + "[0]" * DEPTH)]
    assert found(encoded([[value], B])) == [(f"wrapped more than {DEPTH} times", "$[0]" + "[0]" * DEPTH), (B, "$[1]")]


def test_text_inside_of_a_body_that_is_no_json_is_told_with_its_place() -> None:
    assert found(encoded({"records": ["{a: 1}", A, '[{"a": 1}, 2]']})) == [
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


ENTITY = {"kind": "Ip", "type": "Microsoft.SecurityInsights/Entities", "properties": {"address": "203.0.113.54"}}


def test_an_array_of_an_incidents_entities_is_one_record() -> None:
    pascal = {name.capitalize(): value for name, value in ENTITY.items()}

    assert found(encoded([ENTITY, pascal])) == [({"entities": [ENTITY, pascal]}, "$")]


@pytest.mark.parametrize(
    "other", [A, {**ENTITY, "kind": "SecurityAlert"}, {**ENTITY, "kind": None}, {**ENTITY, "type": "Microsoft.Other/x"}]
)
def test_an_array_that_holds_anything_else_is_many(other: Any) -> None:
    assert found(encoded([ENTITY, other])) == [(ENTITY, "$[0]"), (other, "$[1]")]
