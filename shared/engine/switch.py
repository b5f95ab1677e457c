"""The kill switch as an instance sees it: read from the ledger, never older than a few seconds."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from shared.azure.ledger import Ledger
from shared.model.errors import Refused, Stopped
from shared.model.switch import Switch
from shared.wire.clock import Clock
from shared.wire.scope import apart

FRESH = timedelta(seconds=5)


class KillSwitch:
    """Reads the switch.

    Args:
        ledger: Where it is.
        clock: Tells when a reading is too old.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._read: tuple[datetime, Switch] | None = None
        self._reading = asyncio.Lock()

    async def now(self) -> Switch:
        """How it stands, at most five seconds ago.

        Raises:
            AzureError: If it cannot be read.
        """
        async with self._reading:
            with apart("kill_switch"):
                return await self._now()

    async def let_do(self) -> None:
        """Right before a deed: a step may have waited for minutes since its guards were asked.

        Raises:
            Refused: If no deed is done any more.
            Stopped: If deeds wait until it is off.
            AzureError: If it cannot be read.
        """
        switch = await self.now()
        if switch.on:
            raise Stopped(switch.reason) if switch.mode == "queue" else Refused(switch.reason)

    async def let_undo(self) -> None:
        """Right before something is put back.

        Raises:
            Stopped: If nothing is.
            AzureError: If it cannot be read.
        """
        switch = await self.now()
        if switch.stops_undo:
            raise Stopped(switch.reason)

    def forget(self) -> None:
        """Read it again when it is asked for next: this instance has turned it."""
        self._read = None

    async def _now(self) -> Switch:
        if self._read is None or self._read[0] + FRESH <= self._clock.now():
            self._read = (self._clock.now(), await self._ledger.switch())
        return self._read[1]
