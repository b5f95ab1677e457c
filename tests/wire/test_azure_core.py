from __future__ import annotations

import io
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from azsim.clock import Clock
from shared.wire.azure_core import AzureCoreTransport
from shared.wire.message import Request, Response, Send, Unanswered, Undeclared, Unreachable, WireError


def echoing(seen: list[Request]) -> Send:
    async def send(request: Request) -> Response:
        seen.append(request)
        return Response(200, {"content-type": "application/json"}, b'{"a": 1}')

    return send


async def test_a_request_goes_through_and_its_answer_comes_back() -> None:
    seen: list[Request] = []
    async with AzureCoreTransport(echoing(seen), Clock()) as transport:
        answer = await transport.send(HttpRequest("put", "https://x/y", json={"b": 2}, headers={"if-match": "1"}))

    assert (seen[0].method, seen[0].url, seen[0].body) == ("PUT", "https://x/y", b'{"b": 2}')
    assert seen[0].headers["if-match"] == "1"
    assert (answer.status_code, answer.json(), answer.headers["Content-Type"]) == (200, {"a": 1}, "application/json")
    assert [chunk async for chunk in answer.iter_bytes()] == [b'{"a": 1}']


@pytest.mark.parametrize("content", [b"abc", "abc", io.BytesIO(b"abc")])
async def test_every_kind_of_body_is_sent(content: bytes | str | io.BytesIO) -> None:
    seen: list[Request] = []

    await AzureCoreTransport(echoing(seen), Clock()).send(HttpRequest("POST", "https://x", content=content))

    assert seen[0].body == b"abc"


async def test_a_body_that_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(TypeError, match="list_iterator"):
        await AzureCoreTransport(echoing([]), Clock()).send(HttpRequest("POST", "https://x", content=iter([b"a"])))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (Unanswered("reset"), ServiceResponseError),
        (Unreachable("refused"), ServiceRequestError),
        (Undeclared("no"), ServiceRequestError),
    ],
)
async def test_what_happens_on_the_wire_comes_in_the_words_of_azure_core(
    raised: WireError, expected: type[Exception]
) -> None:
    async def send(_: Request) -> Response:
        raise raised

    with pytest.raises(expected) as caught:
        await AzureCoreTransport(send, Clock()).send(HttpRequest("GET", "https://x"))

    assert caught.value.__cause__ is raised


async def test_an_answer_is_streamed_in_one_piece_to_those_who_ask_as_storage_does() -> None:
    answer: Any = await AzureCoreTransport(echoing([]), Clock()).send(HttpRequest("GET", "https://x"))

    stream = answer.stream_download(None, decompress=True)

    assert (stream.response, stream.content_length) == (answer, 8)
    assert [piece async for piece in stream] == [b'{"a": 1}']


async def test_pollers_wait_on_the_clock() -> None:
    clock = Clock()
    before = clock.now()

    await AzureCoreTransport(echoing([]), clock).sleep(30)

    assert (clock.now() - before).total_seconds() == 30
