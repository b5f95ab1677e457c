"""What goes over the wire: one request, one response, and the ways a connection ends without one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; header names in any case, the body as bytes."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response that carries `value` as JSON."""
    head = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, head, _ENCODER.encode(value).encode())


class Unreachable(ConnectionError):
    """The connection could not be made: the request was never seen."""


class Lost(ConnectionError):
    """The connection was cut after the request was sent: whether it took effect is not known to the caller."""
