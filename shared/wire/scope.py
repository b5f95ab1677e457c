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
    with _in(f"{current()}/{name}" if current() else name):
        yield


@contextmanager
def apart(name: str) -> Iterator[None]:
    """Do what several tasks share in a scope of its own: any of them may be the one that does it."""
    with _in(name):
        yield


@contextmanager
def _in(name: str) -> Iterator[None]:
    token = _CURRENT.set(name)
    try:
        yield
    finally:
        _CURRENT.reset(token)
