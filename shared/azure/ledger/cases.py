"""Cases: which one an event belongs to, and when somebody must come back to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.azure.ledger.form import LEASE, time_of
from shared.azure.ledger.retention import Retention, named
from shared.azure.ledger.runs import Runs
from shared.azure.ledger.steps import Noted, Steps
from shared.azure.table import Row, Value
from shared.model import ids
from shared.model.errors import Changed
from shared.model.record import Record

_OPEN, _ASKS = "open", "Asks"


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that is being worked on.

    Args:
        case: Its key: the one this event's alert was first handled under.
        partition: Where it is.
        fresh: Whether nothing was known of it.
        linked: Other cases that this event is also part of.
        row: The row that makes the sweep come back.
    """

    case: str
    partition: str
    fresh: bool
    linked: tuple[str, ...]
    row: Row


class Cases(Steps, Runs, Retention):
    """The cases, with their steps and runs."""

    async def open(self, case: str, same: Sequence[str] = ()) -> Opened:
        """Find the case an event belongs to, and make the sweep come back to it should this instance die.

        An alert that was handled on its own before its incident came is handled on under its own case: the incident
        joins it.
        """
        known = await asyncio.gather(*(self._case_of(name) for name in same))
        elder = min((found for found in known if found), default="")
        own = await self.once(case, elder or case)
        joined = own or elder or case
        missing = [name for name, found in zip(same, known, strict=True) if not found]
        raced = await asyncio.gather(*(self.once(name, joined) for name in missing))
        new = [name for name, found in zip(missing, raced, strict=True) if not found]
        linked = tuple(sorted({found for found in (*known, *raced) if found} - {joined}))
        partition = ids.partition(joined)
        row, _ = await asyncio.gather(
            self.come_back(partition, joined, self._clock.now() + LEASE),
            self.known_as(partition, new if own else [case, *new]),
        )
        return Opened(joined, partition, not (own or elder), linked, row)

    async def known(self, names: Sequence[str]) -> tuple[str, ...]:
        """The cases that something was handled under, by any of its names; nothing is written."""
        found = await asyncio.gather(*(self._case_of(name) for name in dict.fromkeys(names)))
        return tuple(sorted({case for case in found if case}))

    async def come_back(self, partition: str, case: str, when: datetime) -> Row:
        """Make the sweep look at a case at a time."""
        return await self._table.put(Row(_OPEN, partition, {"Case": case, "Due": when.isoformat()}))

    async def due(self) -> list[tuple[str, str, Row]]:
        """The cases to look at now: partition, case and the row that lists each."""
        now = self._clock.now()
        rows = await self._table.query(_OPEN)
        return [(row.key, str(row.values["Case"]), row) for row in rows if time_of(row.values["Due"]) <= now]

    async def asking(self) -> list[str]:
        """The partitions of the cases in which something waits for an approval, or may: somebody is at work on them."""
        return [row.key for row in await self._table.query(_OPEN) if row.values.get(_ASKS, True)]

    async def waiting(self) -> int:
        """How many cases are open."""
        return len(await self._table.query(_OPEN))

    async def settle(self, partition: str, case: str, row: Row) -> None:
        """After work on a case: list it for what is due next, or not at all. Whoever else works on it wins."""
        entries = await self.entries(partition)
        next_time = _next(entries, await self.unsent(partition), self._clock.now())
        for run in await self.runs(partition):
            if not run.finished:
                next_time = min(next_time or self._clock.now() + LEASE, run.accepted + LEASE)
        try:
            if next_time is None:
                await self.finished(partition, case)
                await self._table.delete(row)
            else:
                asks = any(noted.entry.asks is not None for noted in entries)
                values: dict[str, Value] = {"Case": case, "Due": next_time.isoformat(), _ASKS: asks}
                await self._table.replace(replace(row, values=values))
        except Changed:
            pass  # it is listed by somebody else's row now, who settles it

    async def once(self, name: str, value: str) -> str:
        """Say once what a name stands for; what it stood for before, or nothing if it is new."""
        row, new = await self._table.insert_or_get(Row(named(name), "case", {"Case": value, "Name": name[:1000]}))
        return "" if new else str(row.values["Case"])

    async def _case_of(self, name: str) -> str:
        row = await self._table.get(named(name), "case")
        return str(row.values["Case"]) if row else ""


def _next(entries: list[Noted], unsent: list[tuple[Record, Row]], now: datetime) -> datetime | None:
    times = [noted.entry.next or now + LEASE for noted in entries if noted.entry.waits]
    if unsent:
        times.append(now)
    return min(times, default=None)
