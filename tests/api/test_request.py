from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azsim.tenants import contoso
from shared.api.answer import Problem
from shared.api.request import MOST_BYTES, MOST_ENTITIES, MOST_MISTAKES, MOST_REASON, Request, understood
from shared.model.entity import Account, AzureResource, Host, Ip
from tests.api.asking import ALEX

ONE = "$: give exactly one of `event`, `incident` and `entities`"


def wrong(value: Any) -> list[str]:
    """What is told of a body."""
    return refused(json.dumps(value).encode())["errors"]  # type: ignore[no-any-return]


def refused(body: bytes, status: int = 400) -> dict[str, Any]:
    with pytest.raises(Problem) as raised:
        understood(body)
    assert raised.value.answer.status == status
    answer: dict[str, Any] = raised.value.answer.body
    return answer


def entity(**fields: Any) -> list[str]:
    """What is told of one entity."""
    return [text.removeprefix("entities[0]") for text in wrong({"entities": [fields]})]


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        ({"event": {"a": [1]}}, Request(event={"a": [1]})),
        ({"event": [{"a": 1}], "incident": None}, Request(event=[{"a": 1}])),
        ({"event": '{"a": 1}'}, Request(event='{"a": 1}')),
        ({"incident": "x", "dry_run": False, "reason": "r"}, Request(incident="x", dry_run=False, reason="r")),
        ({"entities": [ALEX], "dry_run": None}, Request(entities=[Account(upn="alex.wilber@contoso.example")])),
        ({"entities": [{"kind": "ip", "address": "192.0.2.1"}]}, Request(entities=[Ip(address="192.0.2.1")])),
    ],
)
def test_each_form_of_a_request_is_understood(body: dict[str, Any], request_: Request) -> None:
    assert understood(json.dumps(body).encode()) == request_


def test_ids_are_taken_in_any_usual_spelling() -> None:
    request = understood(
        json.dumps(
            {
                "entities": [
                    {"kind": "account", "object_id": f"{{{contoso.ADELE.upper()}}}", "sid": " s-1-5-21-1-2-3-1104"},
                    {"kind": "azure_resource", "resource_id": f"{contoso.WEB_VM}/"},
                    {"kind": "host", "azure_id": contoso.WEB_VM[1:].join(("/", "")), "name": "vm-web-01"},
                ]
            }
        ).encode()
    )

    assert request.entities == [
        Account(object_id=contoso.ADELE, sid="S-1-5-21-1-2-3-1104"),
        AzureResource(resource_id=contoso.WEB_VM),
        Host(azure_id=contoso.WEB_VM, name="vm-web-01"),
    ]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [ONE]),
        ({"event": {}, "incident": "x"}, [ONE]),
        ({"event": None, "incident": None, "entities": None}, [ONE]),
        ([], ["$: expected `object`, got `array`"]),
        ("text", ["$: expected `object`, got `str`"]),
        ({"event": 3}, ["event: expected `str | object | array | null`, got `int`"]),
        ({"entities": []}, ["entities: expected `array` of length >= 1"]),
        ({"entities": [ALEX] * (MOST_ENTITIES + 1)}, ["entities: expected `array` of length <= 100"]),
        ({"entities": {}}, ["entities: expected `array | null`, got `object`"]),
        ({"event": {}, "reason": "r" * (MOST_REASON + 1)}, ["reason: expected `str` of length <= 1000"]),
        ({"event": {}, "dry_run": "yes"}, ["dry_run: expected `bool | null`, got `str`"]),
        ({"event": {}, "dry-run": True}, ["dry-run: there is no 'dry-run'; did you mean 'dry_run'?"]),
    ],
)
def test_what_is_wrong_with_a_request_is_told_with_its_place(body: Any, errors: list[str]) -> None:
    assert wrong(body) == errors


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"kind": "acount"}, [".kind: there is no 'acount'; did you mean 'account'?"]),
        ({"kind": 3}, [".kind: expected `str`, got `int`"]),
        ({"upn": "a@b.example"}, [".kind: expected `str`, got `null`"]),
        ({"kind": "account"}, [": carries no id"]),
        ({"kind": "account", "upn": ""}, [": carries no id"]),
        ({"kind": "account", "role": "target"}, [": carries no id"]),
        ({"kind": "account", "name": "a", "role": "boss"}, [".role: invalid enum value 'boss'"]),
        ({"kind": "account", "name": "a", "unp": "b"}, [".unp: there is no 'unp'; did you mean 'upn'?"]),
        ({"kind": "account", "upn": 3}, [".upn: expected `str`, got `int`"]),
        ({"kind": "account", "upn": "adele"}, [".upn: 'adele' is not a name such as adele@contoso.example"]),
        ({"kind": "account", "sid": "S-1'"}, ['.sid: "S-1\'" is not a SID such as S-1-5-21-1-2-3-1104']),
        ({"kind": "account", "object_id": "x' or id ne 'y"}, [".object_id: \"x' or id ne 'y\" is not a GUID"]),
        ({"kind": "host", "azure_id": "vm-web-01"}, [".azure_id: 'vm-web-01' is not the id of an Azure resource"]),
        (
            {"kind": "azure_resource", "resource_id": f"{contoso.SHOP}/../x?y#z"},
            [f".resource_id: {f'{contoso.SHOP}/../x?y#z'[:80]!r} is not the id of an Azure resource"],
        ),
        ({"kind": "security_group", "object_id": "1"}, [".object_id: '1' is not a GUID"]),
    ],
)
def test_what_is_wrong_with_an_entity_is_told_with_its_place(fields: dict[str, Any], errors: list[str]) -> None:
    assert entity(**fields) == errors


def test_all_mistakes_are_told_at_once() -> None:
    body = {"entitis": 1, "reason": 2, "entities": [{"kind": "ip"}, 7, {"kind": "account", "upn": 1, "sid": "x"}]}

    assert [error.partition(":")[0] for error in wrong(body)] == [
        "entitis",
        "entities[0]",
        "entities[1]",
        "entities[2].upn",
        "entities[2].sid",
        "reason",
    ]


def test_of_very_many_mistakes_the_first_are_told() -> None:
    assert len(wrong({f"field-{number}": 1 for number in range(40_000)})) == MOST_MISTAKES


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"event": "\xff"}',
        b"{'event': 1}",
        b"[" * 100_000,
        b'{"event":' * 100_000,
        b"NaN",
        b"event=1",
    ],
)
def test_what_is_no_json_is_told_so(body: bytes) -> None:
    assert refused(body)["title"] == "The body is no JSON"


@pytest.mark.parametrize("body", [b" " * (MOST_BYTES + 1), json.dumps({"event": {"a": "x" * 5_000_000}}).encode()])
def test_a_huge_body_is_not_even_looked_at(body: bytes) -> None:
    assert "1048576 bytes" in refused(body, 413)["detail"]


def test_no_body_is_an_empty_request() -> None:
    assert refused(b"")["errors"] == [ONE]


texts = st.text(max_size=8)
words = st.sampled_from(
    ["event", "incident", "entities", "dry_run", "reason", "kind", "account", "upn", "object_id", "ip"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | texts, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(anything)
def test_any_json_is_a_request_or_a_list_of_mistakes(value: Any) -> None:
    try:
        request = understood(json.dumps(value).encode())
    except Problem as problem:
        told = problem.answer.body.get("errors")
    else:
        told = [name for name in ("event", "incident", "entities") if getattr(request, name) is not None]
    assert told
