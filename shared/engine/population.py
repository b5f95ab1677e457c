"""How many there are of what responders act on, counted in Azure and kept for an hour."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from shared.wire.clock import Clock
from shared.wire.scope import apart

FRESH = timedelta(hours=1)


class Populations:
    """Counts, each made once for all who ask within an hour.

    Args:
        clock: Tells their age.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[datetime, int]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def count(self, of: str, ask: Callable[[], Awaitable[int]]) -> int:
        """How many there are.

        Args:
            of: Of what, in words.
            ask: Counts them in Azure. What it raises is raised to whoever asks.
        """
        async with self._turns[of]:
            with apart(f"count:{of}"):
                now = self._clock.now()
                kept = self._kept.get(of)
                if kept is None or kept[0] + FRESH <= now:
                    kept = self._kept[of] = (now, await ask())
                return kept[1]
