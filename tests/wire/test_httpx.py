from __future__ import annotations

import httpx
import pytest

from shared.wire.httpx import HttpxTransport
from shared.wire.message import Request, Response, Unanswered, Undeclared, Unreachable, WireError


async def test_a_request_goes_through_and_its_answer_comes_back() -> None:
    seen: list[Request] = []

    async def send(request: Request) -> Response:
        seen.append(request)
        return Response(201, {"x": "y"}, b"{}")

    async with httpx.AsyncClient(transport=HttpxTransport(send)) as client:
        answer = await client.post("https://graph.microsoft.com/v1.0/users", json={"a": 1})

    assert (seen[0].method, seen[0].body) == ("POST", b'{"a":1}')
    assert (answer.status_code, answer.headers["x"], answer.json()) == (201, "y", {})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (Unanswered("reset"), httpx.ReadError),
        (Unreachable("no"), httpx.ConnectError),
        (Undeclared("no"), httpx.ConnectError),
    ],
)
async def test_what_happens_on_the_wire_comes_in_the_words_of_httpx(
    raised: WireError, expected: type[Exception]
) -> None:
    async def send(_: Request) -> Response:
        raise raised

    async with httpx.AsyncClient(transport=HttpxTransport(send)) as client:
        with pytest.raises(expected) as caught:
            await client.get("https://graph.microsoft.com/v1.0/users")

    assert caught.value.__cause__ is raised
