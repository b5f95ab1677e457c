"""An error as Azure reports it: a status, a code and a message, put into the envelope of each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(Exception):
    """A request that a service answers with an error."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def bad_request(code: str, message: str) -> Problem:
    """A 400."""
    return Problem(400, code, message)


def precondition_failed(
    message: str = "The condition specified using HTTP conditional header(s) is not met.",
) -> Problem:
    """A 412: If-Match or If-None-Match does not hold."""
    return Problem(412, "PreconditionFailed", message)
