from __future__ import annotations

import asyncio

import pytest

from shared.wire.journal import Exchange, journaled
from shared.wire.message import Request, Response, Unanswered


@pytest.mark.parametrize("header", ["x-ms-request-id", "request-id", "x-ms-correlation-request-id"])
async def test_every_exchange_is_written_down_without_its_query(header: str) -> None:
    journal: list[Exchange] = []

    async def send(_: Request) -> Response:
        return Response(200, {header: "abc"})

    await journaled(send, journal)(Request("GET", "https://management.azure.com/x?sig=hunter2"))

    assert journal == [Exchange("GET", "management.azure.com/x", 200, "abc")]


async def test_a_request_without_an_answer_is_written_down_too() -> None:
    journal: list[Exchange] = []

    async def send(_: Request) -> Response:
        raise Unanswered("reset")

    with pytest.raises(Unanswered):
        await journaled(send, journal)(Request("PUT", "https://x/y"))

    assert journal == [Exchange("PUT", "x/y", 0, "")]


async def test_exchanges_are_written_down_in_the_order_in_which_they_were_begun() -> None:
    journal: list[Exchange] = []

    async def send(request: Request) -> Response:
        await asyncio.sleep(2 if request.url.endswith("slow") else 1)
        return Response(200, {})

    sending = journaled(send, journal)
    await asyncio.gather(sending(Request("GET", "https://x/slow")), sending(Request("GET", "https://x/fast")))

    assert [exchange.place for exchange in journal] == ["x/slow", "x/fast"]
