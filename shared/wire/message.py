"""One request, one response, and the ways to end without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Args:
        method: In upper case.
        url: With query.
        headers: As the SDK set them.
        body: Empty if there is none.
        reads: Whether it only reads, for the POSTs that do; None: as its method says.
        until: When it is too late to send it, by the event loop's clock; None: never.
        in_line: Entered by whoever keeps it waiting before it is sent: nobody waits for its answer meanwhile.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reads: bool | None = None
    until: float | None = field(default=None, compare=False)
    in_line: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, compare=False, repr=False)

    @property
    def writes(self) -> bool:
        """Whether the request may change something."""
        return self.method not in _READING if self.reads is None else not self.reads


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Send = Callable[[Request], Awaitable[Response]]
"""What every transport is: a function from a request to its response."""


class WireError(Exception):
    """No response came."""


class Unreachable(WireError):
    """The request was never sent."""


class Throttled(Unreachable):
    """The API takes no more requests for now: the request was not sent.

    Args:
        message: Which API.
        retry_after: Seconds until there is room again, as far as is known.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Unanswered(WireError):
    """The request was sent, but no answer came: it may have taken effect."""


class Undeclared(WireError):
    """The request needs a permission that the responder does not declare; it was not sent."""
