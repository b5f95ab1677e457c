"""What responders have spent of their budgets: one row for each of them among the control rows, for all instances."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.azure.ledger.form import Part, read, written
from shared.azure.table import Row, Table
from shared.model.budget import Allowed, Spend, Spent, over
from shared.model.errors import Changed, Temporary
from shared.wire.clock import Clock

_CONTROL, _BUDGET = "control", "budget-"

PATIENCE = timedelta(seconds=60)
"""For which others may be faster, again and again."""


class Budgets(Part):
    """What has been spent."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table, clock)
        self._spending: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def spent(self, responder: str, since: datetime) -> Spent:
        """What a responder has acted on since a time."""
        row = await self._table.get(_CONTROL, _BUDGET + responder)
        return Spent() if row is None else read(row, Spent).since(since)

    async def spend(
        self, responder: str, spend: Spend, allowed: Sequence[Allowed], since: datetime, *, approved: bool
    ) -> tuple[list[str], Spent]:
        """Spend a target of a responder's budget, unless that goes beyond it. The same target again costs nothing more.

        Args:
            responder: Its name.
            spend: The target.
            allowed: What its limits come to.
            since: What is older is forgotten.
            approved: Whether it is spent all the same.

        Returns:
            What it goes beyond, and what had been spent before.

        Raises:
            Temporary: If others were faster for too long.
        """
        async with self._spending[responder]:  # of one instance only one asks at a time: the row knows no order
            end, wait = self._clock.now() + PATIENCE, 0.05
            while True:
                row = await self._table.get(_CONTROL, _BUDGET + responder)
                before = Spent() if row is None else read(row, Spent).since(since)
                beyond = list(over(allowed, before, spend.target, self._clock.now()))
                if beyond and not approved:
                    return beyond, before
                try:
                    await self._write(row, responder, before.with_(spend))
                except Changed as error:
                    if self._clock.now() >= end:
                        raise Temporary(f"the budget of {responder} is being spent by too many at once") from error
                else:
                    return beyond, before
                await self._clock.sleep(wait)
                wait = min(wait * 2, 1.0)

    async def _write(self, row: Row | None, responder: str, spent: Spent) -> None:
        values = written(spent)
        if row is None:
            await self._table.insert(Row(_CONTROL, _BUDGET + responder, values))
        else:
            await self._table.replace(dataclasses.replace(row, values=values))
