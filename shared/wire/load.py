"""SDKs are imported when first needed, in a thread.

Some take seconds, and all functions of the app share one event loop with the worker's own pings.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from collections.abc import Callable


def _nothing_more() -> None:
    pass


async def load(*modules: str, then: Callable[[], None] = _nothing_more) -> None:
    """Import modules in a thread, unless they are here already; `then` runs there after them."""
    missing = [module for module in modules if module not in sys.modules]
    if missing:
        await asyncio.to_thread(_import, missing, then)


def _import(modules: list[str], then: Callable[[], None]) -> None:
    for module in modules:
        importlib.import_module(module)
    then()
    gc.freeze()  # they stay: a full collection would walk through some 300,000 objects again, for a tenth of a second
