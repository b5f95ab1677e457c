"""Several things at once, none of which goes on after the others are over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def side_by_side(*work: Awaitable[Any]) -> list[Any]:
    """What all of them give, in their order; each comes to its end even if another fails.

    Raises:
        BaseException: What the first of them raised, in their order.
    """
    ends = await asyncio.gather(*work, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return ends
