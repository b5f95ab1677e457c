"""What an SDK raised, in our words: told apart in this one place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.errors import AzureError, Changed, Forbidden, NotFound, Permanent, RiposteError, Temporary, Uncertain
from shared.wire.message import Throttled, Unanswered, Undeclared, Unreachable
from shared.wire.retry import TRANSIENT

_PERMISSIONS = (
    re.compile(r"perform action\(s\) '([^']+)'"),
    re.compile(r"perform action '([^']+)'"),
    re.compile(r"Action: '([^']+)'"),
)


def told_apart(error: BaseException, *, wrote: bool = True) -> RiposteError | None:
    """The error in our words; None if it is not one of Azure's.

    Args:
        error: What an SDK call raised, from azure-core, Kiota or the wire itself.
        wrote: Whether the call that failed may have changed something.
    """
    if isinstance(error, RiposteError):
        return error
    status, code, message, headers = _answer(error)
    if status:
        return _by_status(status, code, message, headers, wrote=wrote)
    for cause in _causes(error):
        if isinstance(cause, Undeclared):
            return Permanent(f"not sent: {cause}", code="Undeclared")
        if isinstance(cause, Unreachable):
            return _not_sent(cause)
        if isinstance(cause, Unanswered):
            kind = Uncertain if wrote else Temporary
            return kind(f"no answer from Azure: {cause}", code="Unanswered")
    return None


def _by_status(status: int, code: str, message: str, headers: Mapping[str, str], *, wrote: bool) -> AzureError:
    text = f"{status} {code}: {message}" if code else f"{status}: {message}"
    if status in (401, 403):
        missing = permission_in(message)
        return Forbidden(f"the responder's identity lacks {missing} ({text})" if missing else text, status, code)
    if status == 404:
        return NotFound(text, status, code)
    if status in (409, 412):
        return Changed(text, status, code)
    if status == 429 or (status == 503 and "retry-after" in headers):
        return Temporary(text, status, code, _seconds(headers.get("retry-after")))
    if status in TRANSIENT:
        return Uncertain(text, status, code) if wrote else Temporary(text, status, code)
    return Permanent(text, status, code)


def _not_sent(cause: Unreachable) -> Temporary:
    if isinstance(cause, Throttled):
        return Temporary(f"not sent: {cause}", code="Throttled", retry_after=cause.retry_after)
    return Temporary(f"Azure could not be reached: {cause}", code="Unreachable")


def permission_in(message: str) -> str:
    """The permission that Azure's message says is missing; empty if it names none."""
    return next((match[1] for match in (p.search(message) for p in _PERMISSIONS) if match), "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from; not what was being handled meanwhile, which may be another request's."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__


def _answer(error: BaseException) -> tuple[int, str, str, Mapping[str, str]]:
    """Status, code, message and headers, from azure-core's errors and from Kiota's, without importing either."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(error, "response_status_code", None) or 0
    headers = getattr(response, "headers", None) or getattr(error, "response_headers", None) or {}
    plain = {str(key).lower(): str(_first(headers, key)) for key in headers}
    inner = getattr(error, "error", None)
    code = getattr(error, "error_code", None) or getattr(inner, "code", None) or ""
    code = str(getattr(code, "value", code))  # storage's codes are enumerations
    message = str(getattr(inner, "message", None) or getattr(error, "message", None) or error)
    if not code:
        match = re.search(r"^Code: (\S+)", message, re.MULTILINE)
        code = match[1] if match else plain.get("x-ms-error-code", "")
    return int(status), code, message.strip(), plain


def _first(headers: Any, key: str) -> Any:
    found = headers[key] if isinstance(headers, Mapping) else headers.get(key)
    return next(iter(found), "") if isinstance(found, (list, set, tuple)) else found


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:  # a date: the policy on the wire has waited for it already
        return None
