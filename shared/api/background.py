"""Work that an answer does not wait for to the end: it goes on, and the sweep takes it up should it break off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from shared.engine.app import App
from shared.engine.fault import log_fault

log = logging.getLogger(__name__)


def begin(work: Coroutine[Any, Any, None], what: str, app: App) -> asyncio.Task[None]:
    """Begin work whose task the app keeps, so that it is not lost on the way."""
    task = asyncio.create_task(work)
    app.tasks.add(task)
    task.add_done_callback(app.tasks.discard)
    task.add_done_callback(lambda done: _tell(done, what))
    return task


def _tell(task: asyncio.Task[None], what: str) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log_fault(log, f"{what} broke off; the sweep takes it up", error)
