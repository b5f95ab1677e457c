"""Dry run: reads pass, writes are kept back and answered as if they had been done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from shared.wire.message import Request, Response, Send


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A write that would have been sent.

    Args:
        method: Its method.
        url: Its address without query.
        fields: Paths of the JSON body that it would have set, without their values.
    """

    method: str
    url: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


def dry(send: Send, kept_back: Callable[[KeptBack], None]) -> Send:
    """Wrap a transport so that nothing is changed; `kept_back` is told what would have been."""

    async def send_reads(request: Request) -> Response:
        if not request.writes:
            return await send(request)
        address = urlunsplit(urlsplit(request.url)._replace(query=""))
        body = _json(request.body)
        kept_back(KeptBack(request.method, address, tuple(sorted(_paths(body)))))
        return _answer(request, address, body)

    return send_reads


def _answer(request: Request, address: str, body: Any) -> Response:
    """What the service would answer: the written object under its own address, or nothing."""
    if request.method == "DELETE":
        return Response(204)
    written = body if isinstance(body, dict) else {}
    path = urlsplit(address).path
    shown = {"name": path.rpartition("/")[2], **written, "id": path, "value": None, "etag": 'W/"dry-run"'}
    if "vault" in urlsplit(address).netloc:
        shown = {"attributes": written.get("attributes", {}), "id": f"{address}/dry-run"}
    return Response(200, {"content-type": "application/json"}, json.dumps(shown).encode())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:  # not JSON: there are no fields to tell
        return None


def _paths(value: Any, at: str = "") -> list[str]:
    if isinstance(value, dict) and value:
        return [path for key, inner in value.items() for path in _paths(inner, f"{at}.{key}" if at else str(key))]
    return [at] if at else []
