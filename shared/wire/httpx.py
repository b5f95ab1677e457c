"""Our transports under httpx clients, as msgraph-sdk uses them."""

from __future__ import annotations

import httpx

from shared.wire.message import Request, Send, Unanswered, WireError


class HttpxTransport(httpx.AsyncBaseTransport):
    """An httpx transport over a `Send`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send.

        Raises:
            httpx.ReadError: The request was sent, and no answer came.
            httpx.ConnectError: It was not sent.
        """
        body = await request.aread()
        try:
            response = await self._send(Request(request.method, str(request.url), dict(request.headers), body))
        except Unanswered as error:
            raise httpx.ReadError(str(error), request=request) from error
        except WireError as error:  # Unreachable, Undeclared
            raise httpx.ConnectError(str(error), request=request) from error
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body, request=request)
