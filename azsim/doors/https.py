"""HTTPS on loopback, under the services' real names.

A program that is to be run whole and unchanged speaks to `management.azure.com`. This door is a proxy: it takes
CONNECT for any host, answers TLS itself with a certificate made for that name by a throw-away authority, and passes the
requests to the world. The program needs three environment variables and no other setting: see `Door.environment`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
from aiohttp import web

from azsim.messages import Lost, Request, Unreachable
from azsim.services.identity import Identities

if TYPE_CHECKING:
    from azsim.world import World

MOST_BYTES = 64 * 1024 * 1024
_HOP = frozenset(
    {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)


@dataclass(frozen=True, slots=True)
class Door:
    """An open door.

    Args:
        proxy: The proxy's address.
        authority: File of the authority's certificate.
        header: What the identity endpoint wants to be sent.
    """

    proxy: str
    authority: Path
    header: str

    @property
    def environment(self) -> dict[str, str]:
        """What sends an unchanged program here: a proxy, an authority to trust, and where identities are to be had."""
        return {
            "HTTPS_PROXY": self.proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(self.authority),
            "REQUESTS_CA_BUNDLE": str(self.authority),
            "IDENTITY_ENDPOINT": f"{self.proxy}/msi/token",
            "IDENTITY_HEADER": self.header,
        }


@asynccontextmanager
async def open_door(world: World, folder: Path) -> AsyncIterator[Door]:
    """Serve a world on loopback until the block ends.

    Args:
        world: The world.
        folder: Where the authority's certificate is put.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    runner = web.AppRunner(_application(world), handle_signals=False, handler_cancellation=True)
    await runner.setup()
    inside = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_context(authority))
    await inside.start()
    port: int = runner.addresses[0][1]
    clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
    outside = await asyncio.start_server(lambda r, w: _connect(r, w, port, world, clients), "127.0.0.1", 0)
    address = outside.sockets[0].getsockname()
    try:
        header = world.state(Identities).header
        yield Door(f"http://{address[0]}:{address[1]}", folder / "authority.pem", header)
    finally:
        outside.close()
        for client in clients.values():
            client.close()
        await runner.cleanup()
        if clients:
            await asyncio.wait(clients)


def _application(world: World) -> web.Application:
    async def answer(request: web.Request) -> web.StreamResponse:
        url = f"https://{request.host}{request.raw_path}"
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        try:  # the body has been unpacked here
            response = await world.send(Request(request.method, url, headers, await request.read()))
        except (Lost, Unreachable):
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPBadGateway from None
        dropped = _HOP - {"content-length"} if request.method == "HEAD" else _HOP  # no body to count there
        kept = {name: value for name, value in response.headers.items() if name not in dropped}
        return web.Response(status=response.status, headers=kept, body=response.body)

    application = web.Application(client_max_size=MOST_BYTES)
    application.router.add_route("*", "/{path:.*}", answer)
    return application


def _context(authority: trustme.CA) -> ssl.SSLContext:
    """A server context that shows each client a certificate for the name it asked for."""
    contexts: dict[str, ssl.SSLContext] = {}

    def made(name: str) -> ssl.SSLContext:
        if name not in contexts:
            contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(contexts[name])
        return contexts[name]

    def named(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = made(name or "127.0.0.1")

    first = made("127.0.0.1")
    first.sni_callback = named
    return first


async def _connect(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    port: int,
    world: World,
    clients: dict[asyncio.Task[None], asyncio.StreamWriter],
) -> None:
    """One client of the proxy: CONNECT, or a plain request to the identity endpoint."""
    task = asyncio.current_task()
    assert task is not None
    clients[task] = writer
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"CONNECT "):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        else:
            await _plain(head, writer, world)
    except (ConnectionError, asyncio.IncompleteReadError):
        return  # the client went away
    finally:
        del clients[task]
        writer.close()


async def _plain(head: bytes, writer: asyncio.StreamWriter, world: World) -> None:
    line, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = line.split(" ", 2)
    headers = {name: value.strip() for name, _, value in (text.partition(":") for text in lines)}
    response = await world.send(Request(method, f"http://127.0.0.1{path}", headers))
    content = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    status = f"HTTP/1.1 {response.status} azsim\r\n{content}content-length: {len(response.body)}\r\n"
    writer.write(f"{status}connection: close\r\n\r\n".encode() + response.body)
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        with suppress(ConnectionError):
            writer.close()
