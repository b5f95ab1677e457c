"""What the running task works for: names lines of the log, and keeps the recordings of parallel work apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("scope", default="")


def current() -> str:
    """The scope of the running task; empty outside any."""
    return _CURRENT.get()


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Work for `name` from here on, inside the scope there is already."""
    token = _CURRENT.set(f"{current()}/{name}" if current() else name)
    try:
        yield
    finally:
        _CURRENT.reset(token)
