"""How the engine calls SDK code: errors in our words, and a missing permission tried once more with a new token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.azure.credential import Credential
from shared.azure.faults import told_apart
from shared.model.errors import Forbidden

Got = TypeVar("Got")


async def in_our_words(work: Awaitable[Got], *, wrote: bool = True) -> Got:
    """Await SDK work; what it raises comes in our words.

    Args:
        work: The work.
        wrote: Whether it may have changed something when its answer was lost.
    """
    try:
        return await work
    except Exception as error:
        told = told_apart(error, wrote=wrote)
        if told is None or told is error:
            raise
        raise told from error


async def with_fresh_token(work: Callable[[], Awaitable[Got]], credential: Credential) -> Got:
    """Do work; if a permission is missing, once more with a new token, for the old one may be older than the grant."""
    try:
        return await work()
    except Forbidden:
        credential.forget()
        return await work()
