"""What was asked of Azure and what it answered, by request: for the audit record."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.wire.message import Request, Response, Send

_ID_HEADERS = ("x-ms-request-id", "request-id", "x-ms-correlation-request-id")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was sent.

    Args:
        method: Its method.
        place: Host and path, without query.
        status: The answer's status; 0 if none came.
        request_id: Azure's id for it; empty if it gave none.
    """

    method: str
    place: str
    status: int
    request_id: str


def journaled(send: Send, journal: list[Exchange]) -> Send:
    """Wrap a transport so that every exchange is written to `journal`, in the order in which they were begun."""

    async def send_and_write(request: Request) -> Response:
        url = urlsplit(request.url)
        at, place = len(journal), url.netloc + url.path
        journal.append(Exchange(request.method, place, 0, ""))
        response = await send(request)
        request_id = next((response.headers[name] for name in _ID_HEADERS if name in response.headers), "")
        journal[at] = Exchange(request.method, place, response.status, request_id)
        return response

    return send_and_write
