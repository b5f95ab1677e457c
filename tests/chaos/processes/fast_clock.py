"""Time that runs faster than the machine's and is the same in every process.

A lease is minutes long, and nobody waits for that many. The tenant and all workers are given this clock; only the
event loop's time-outs, the event hubs and the storage account go by the machine's.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from azsim import clock
from shared.wire.clock import SystemClock

RATE = 12
"""Seconds in one of the machine's: a lease of six minutes is over in half a minute."""

BEHIND = timedelta(minutes=55)
"""How far it is behind the machine's time at first.

Azurite compares a token's times with the machine's. A token is good for an hour: one given now must have begun by the
machine's time and not be over, which holds while this clock catches up."""

LONGEST = BEHIND.total_seconds() / (RATE - 1)
"""For how many of the machine's seconds it may be used: then it has caught up."""


class FastClock(clock.Clock):
    """Time that runs `RATE` times as fast as the machine's.

    Args:
        since: When it was set, by the machine's clock. Clocks of the same `since` agree, in whatever process.
    """

    def __init__(self, since: datetime) -> None:
        super().__init__(since)
        self._since = since
        self._machine = SystemClock()

    def now(self) -> datetime:
        """The current time, in UTC."""
        return self._since - BEHIND + (self._machine.now() - self._since) * RATE

    async def sleep(self, seconds: float) -> None:
        """Wait for seconds of this clock."""
        await asyncio.sleep(seconds / RATE)
