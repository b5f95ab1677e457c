"""How urgent what the running task does is. Under pressure the more urgent goes first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.model.severity import Severity

YIELDING = 30.0
"""Seconds that work below `high` waits for an API that takes no more requests. After that it is deferred, for whoever
waits keeps a slot from something that may be more urgent."""

_CURRENT: ContextVar[Severity] = ContextVar("urgency", default=Severity.LOW)


def current() -> Severity:
    """The urgency of the running task, and of the tasks it makes; `low` if nobody said."""
    return _CURRENT.get()


def patience() -> float:
    """Seconds that the running task may wait for an API that takes no more requests."""
    return math.inf if current() >= Severity.HIGH else YIELDING


@contextmanager
def urgent(urgency: Severity) -> Iterator[None]:
    """Work with this urgency from here on."""
    token = _CURRENT.set(urgency)
    try:
        yield
    finally:
        _CURRENT.reset(token)
