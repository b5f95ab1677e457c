"""Our transports under azure-core clients: pass the result as `transport=`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.rest._http_response_impl_async import AsyncHttpResponseImpl
from azure.core.utils import CaseInsensitiveDict

from shared.wire.clock import Clock
from shared.wire.message import Request, Response, Send, Unanswered, WireError


class AzureCoreTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """An azure-core transport over a `Send`. Pollers wait on the clock."""

    def __init__(self, send: Send, clock: Clock) -> None:
        self._send = send
        self._clock = clock

    async def send(self, request: HttpRequest, **_: Any) -> AsyncHttpResponse:
        """Send.

        Raises:
            ServiceRequestError: The request was not sent.
            ServiceResponseError: It was, and no answer came.
        """
        try:
            response = await self._send(
                Request(request.method.upper(), request.url, dict(request.headers), _body(request))
            )
        except Unanswered as error:
            raise ServiceResponseError(str(error), error=error) from error
        except WireError as error:  # Unreachable, Undeclared
            raise ServiceRequestError(str(error), error=error) from error
        return _Answer(request, response)

    async def sleep(self, duration: float) -> None:
        """Wait, as pollers of long-running operations do."""
        await self._clock.sleep(duration)

    async def open(self) -> None:
        """Nothing to open: the connections are not this client's."""

    async def close(self) -> None:
        """Nothing to close: the connections are not this client's."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        pass


class _Answer(AsyncHttpResponseImpl):
    """A response whose body is already here.

    The class below it is azure-core's own (the one under its aiohttp transport): only it offers `parts()`, which
    Table transactions need.
    """

    def __init__(self, request: HttpRequest, response: Response) -> None:
        super().__init__(
            request=request,
            internal_response=None,
            block_size=65536,
            status_code=response.status,
            reason="",
            headers=CaseInsensitiveDict(response.headers),
            content_type=response.headers.get("content-type"),
            stream_download_generator=_Stream,
        )
        self._content = response.body
        self._is_closed = True
        self._is_stream_consumed = True

    def body(self) -> bytes:
        """The whole body."""
        return self.content

    async def load_body(self) -> None:
        """Nothing to load."""


class _Stream(AsyncIterator[bytes]):
    """A body in one piece, as a stream of azure-core's: downloads of Storage read its attributes."""

    def __init__(self, pipeline: object, response: _Answer, **_: Any) -> None:
        del pipeline
        self.response = response
        self.content_length = len(response.content)
        self._pieces = iter((response.content,))

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _body(request: HttpRequest) -> bytes:
    content = request.content
    if content is None:
        return b""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    read = getattr(content, "read", None)
    if read is None:
        raise TypeError(f"{request.method} {request.url}: a body of type {type(content).__name__} cannot be sent")
    return bytes(read())
