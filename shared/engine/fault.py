"""A fault in the log: something failed that should not, in our code or in a library."""

from __future__ import annotations

import logging
import traceback
from pathlib import PurePath

from shared.model.errors import RiposteError

FRAMES = 8
"""Of the way to the fault, the innermost ones."""


def log_fault(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log what failed: an error of ours in its words, any other by its type and place.

    The words of others, which may quote what somebody sent, go no further than debug.
    """
    log.error("%s: %s", what, described(error))
    if not isinstance(error, RiposteError):
        log.debug("%s", what, exc_info=error)


def described(error: BaseException) -> str:
    """An error of ours in its words, any other by its type and place."""
    if isinstance(error, RiposteError):
        return str(error)
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][-FRAMES:]
    way = " > ".join(f"{PurePath(code.co_filename).name}:{line} {code.co_name}" for code, line in frames)
    return f"{type(error).__name__} at {way or 'an unknown place'}"
