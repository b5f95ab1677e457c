"""Requests taken apart."""

from __future__ import annotations

import gzip

import pytest

from azsim.call import Call, parse
from azsim.clock import START
from azsim.messages import Request
from azsim.problem import Problem
from azsim.world import World
from tests.azsim.caller import allow, arm, error
from tests.azsim.test_faults import THING


def call(url: str = "https://host.example/", body: bytes = b"", **headers: str) -> Call:
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    return parse(World(), Request("post", url, head, body), 3)


def test_a_request_is_taken_apart() -> None:
    found = call(
        "https://user:pw@HOST.example:8443/a%20b/c%2Fd?$Filter=x+eq+1&Empty=&api-version=1", b"{}", If_Match="*"
    )
    assert (found.method, found.host, found.path) == ("POST", "host.example:8443", "/a b/c/d")
    assert found.query == {"$filter": "x eq 1", "empty": "", "api-version": "1"}
    assert found.headers == {"if-match": "*"}
    assert (found.number, found.at, found.body, found.status) == (3, START, b"{}", None)


def test_a_url_without_a_path_is_the_root() -> None:
    assert call("https://host.example").path == "/"


def test_a_compressed_body_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1}')
    assert call(body=packed, Content_Encoding="gzip").json_object() == {"a": 1}
    assert call(body=packed, Content_Encoding="GZIP").content() == b'{"a": 1}'
    assert call(body=b'{"a": 1}').content() == b'{"a": 1}'


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"cut off", mtime=0)[:-5], b"\x1f\x8b\x08\x00" + bytes(20)],
    ids=["plain", "cut off", "a head alone"],
)
def test_what_only_says_that_it_is_compressed_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        call(body=body, Content_Encoding="gzip").content()
    assert (caught.value.status, caught.value.code) == (400, "InvalidContentEncoding")


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"<xml/>", b"\xff\xfe\xff"])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        call(body=body).json()
    assert (caught.value.status, caught.value.code) == (400, "InvalidRequestContent")


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_json_that_is_no_object_is_refused_where_an_object_is_wanted(body: bytes) -> None:
    call(body=body).json()
    with pytest.raises(Problem) as caught:
        call(body=body).json_object()
    assert (caught.value.status, caught.value.code) == (400, "InvalidRequestContent")


async def test_a_service_answers_a_body_that_is_not_json_with_400(world: World) -> None:
    allow(world, "*")
    assert error(await arm(world, "PUT", THING, b"not json")) == (400, "InvalidRequestContent")
    assert error(await arm(world, "PUT", THING, b"[]")) == (400, "InvalidRequestContent")
    assert error(await arm(world, "PUT", THING, b"x", content_encoding="gzip")) == (400, "InvalidContentEncoding")
    packed = gzip.compress(b'{"location": "westeurope"}')
    assert (await arm(world, "PUT", THING, packed, content_encoding="gzip")).status == 201
