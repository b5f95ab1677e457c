"""An answer to an HTTP request; errors in the form of RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from shared.model.errors import RiposteError


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Args:
        status: Its HTTP status.
        body: What it says, as plain values.
        headers: Besides the content type.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as JSON."""
        return msgspec.json.encode(self.body)

    @property
    def content_type(self) -> str:
        """What the body is."""
        return "application/problem+json" if self.status >= 400 else "application/json"


class Problem(RiposteError):
    """A request that is answered with an error.

    Args:
        answer: The answer.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer.body))


def problem(
    status: int,
    title: str,
    detail: str = "",
    errors: Sequence[str] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """An error: what was wrong, and what to do about it."""
    body: dict[str, Any] = {"title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    return Answer(status, body, headers)
