from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from shared.wire.live import Live
from shared.wire.message import Request, Unanswered, Unreachable

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """A server on loopback, with the ways in which servers misbehave."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.raw_path} {await request.text()}", headers={"X-Seen": "1"})

    async def packed(_: web.Request) -> web.Response:
        body = gzip.compress(b'{"a": 1}')
        return web.Response(body=body, headers={"content-encoding": "gzip", "content-type": "application/json"})

    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": "/echo"})

    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def size(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.content_length} {len(await request.read())}")

    application = web.Application(client_max_size=2**24)
    application.router.add_put("/size", size)
    application.router.add_route("*", "/echo", echo)
    application.router.add_get("/packed", packed)
    application.router.add_get("/moved", moved)
    application.router.add_get("/cut", cut)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def alive() -> AsyncIterator[Live]:
    live = Live()
    try:
        yield live
    finally:
        await live.close()


async def test_a_request_is_sent_and_its_whole_answer_read() -> None:
    async with served() as base, alive() as live:
        answer = await live.send(Request("PUT", f"{base}/echo?a=%2F", {"x": "y"}, b"body"))

    assert (answer.status, answer.headers["x-seen"], answer.body) == (200, "1", b"PUT /echo?a=%2F body")


async def test_a_packed_answer_is_unpacked_and_does_not_claim_to_be_packed() -> None:
    async with served() as base, alive() as live:
        answer = await live.send(Request("GET", f"{base}/packed"))

    assert (answer.body, "content-encoding" in answer.headers) == (b'{"a": 1}', False)


async def test_redirects_are_not_followed() -> None:
    async with served() as base, alive() as live:
        assert (await live.send(Request("GET", f"{base}/moved"))).status == 302


async def test_a_refused_connection_never_sent_anything() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with alive() as live:
        with pytest.raises(Unreachable):
            await live.send(Request("GET", f"http://127.0.0.1:{port}/"))
        with pytest.raises(Unreachable):
            await live.send(Request("GET", "nonsense"))


async def test_a_cut_connection_may_have_sent_everything() -> None:
    async with served() as base, alive() as live:
        with pytest.raises(Unanswered):
            await live.send(Request("GET", f"{base}/cut"))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_request_whose_answer_is_lost_is_not_sent_again(method: str) -> None:
    seen: list[bytes] = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server, alive() as live:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(Unanswered):
            await live.send(Request(method, f"http://{host}:{port}/"))

    assert len(seen) == 1


async def test_a_large_body_is_sent_whole_and_with_its_size() -> None:
    body = bytes(range(256)) * 8000
    async with served() as base, alive() as live:
        answer = await live.send(Request("PUT", f"{base}/size", {}, body))

    assert answer.body == f"{len(body)} {len(body)}".encode()


async def test_many_at_once_share_one_session() -> None:
    async with served() as base, alive() as live:
        answers = await asyncio.gather(*(live.send(Request("GET", f"{base}/echo?{i}")) for i in range(20)))

    assert [answer.body for answer in answers] == [f"GET /echo?{i} ".encode() for i in range(20)]


async def test_closing_twice_is_fine() -> None:
    live = Live()
    await live.close()
    await live.close()
