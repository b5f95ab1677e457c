"""The real Azure: one pool of HTTPS connections. The only module that opens a socket."""

from __future__ import annotations

import asyncio
import io
import ssl
from typing import TYPE_CHECKING

from shared.wire.load import load
from shared.wire.message import Request, Response, Unanswered, Unreachable

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS = 100
CONNECT_SECONDS = 10.0


class Live:
    """Sends requests. Proxies and certificates come from the environment (HTTPS_PROXY, SSL_CERT_FILE)."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Response:
        """Send a request and read its whole response.

        Raises:
            Unreachable: If no connection could be made.
            Unanswered: If the connection failed after that.
        """
        session = self._session or await self._open()
        import aiohttp
        from yarl import URL

        try:
            async with session.request(
                request.method,
                URL(request.url, encoded=True),  # as the SDK wrote it: an escaped slash stays escaped
                headers=dict(request.headers),
                data=io.BytesIO(request.body) if request.body else None,  # goes out in pieces
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
                headers = {name.lower(): value for name, value in answer.headers.items()}
                headers.pop("content-encoding", None)  # aiohttp has unpacked the body
                return Response(answer.status, headers, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _open(self) -> aiohttp.ClientSession:
        await load("aiohttp")
        context = await asyncio.to_thread(ssl.create_default_context)
        import aiohttp

        if self._session is None:  # another task may have been faster
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context)
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                trust_env=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_once,),
            )
        return self._session


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Left alone, aiohttp sends a GET, PUT or DELETE again when its answer is lost; that is for the retry policy."""
    import aiohttp

    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from error
