"""Cases that are over: listed by the time they ended, and forgotten some time after.

A row of the partition `finished` for each time a case ended, in order of time, so that only what is due is read. With
the case go the names it was known by. What came of it stays in Log Analytics.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.azure.ledger.chain import HEAD, Chains
from shared.azure.table import Row, Write
from shared.model import ids
from shared.model.errors import Changed

_FINISHED, _ALIAS = "finished", "alias-"
_TIME = "%Y%m%dT%H%M%S"

AT_ONCE = 100
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A case that ended.

    Args:
        partition: Where it is.
        case: Its key.
        end: The end of its chain of records then.
        row: The row that lists it.
    """

    partition: str
    case: str
    end: str
    row: Row


class Retention(Chains):
    """What is to be forgotten some day."""

    async def finished(self, partition: str, case: str) -> None:
        """List a case that has ended."""
        key = f"{self._clock.now().strftime(_TIME)}-{partition}"
        await self._table.put(Row(_FINISHED, key, {"Case": case, "End": await self.end(partition)}))

    async def end(self, partition: str) -> str:
        """The end of a case's chain of records, as a text that is another one after each record."""
        head = await self.head(partition)
        return f"{head.chain}/{head.sequence}" if head else ""

    async def finished_before(self, time: datetime, most: int) -> list[Finished]:
        """The cases that ended before a time, oldest first."""
        rows = await self._table.query(_FINISHED, last=time.strftime(_TIME), most=most)
        return [_read(row) for row in rows]

    async def is_open(self, partition: str) -> bool:
        """Whether somebody must come back to a case."""
        return await self._table.get("open", partition) is not None

    async def known_as(self, partition: str, names: Sequence[str]) -> None:
        """Note in a case the names it is known by, so that they can be forgotten with it."""
        for start in range(0, len(names), AT_ONCE):
            some = dict.fromkeys(names[start : start + AT_ONCE])
            rows = [Row(partition, _ALIAS + named(name), {"Name": name[:1000]}) for name in some]
            if rows:
                await self._table.commit([Write("put", row) for row in rows])

    async def forget(self, finished: Finished) -> None:
        """Forget a case: its names first, then all its rows, and last that it is to be forgotten.

        Raises:
            Changed: Something came in for it meanwhile: then it is not over, and stays.
        """
        rows = await self._table.query(finished.partition)
        names = [row.key.removeprefix(_ALIAS) for row in rows if row.key.startswith(_ALIAS)]
        for name in dict.fromkeys((*names, named(finished.case))):  # whoever wrote the last may have died right after
            there = await self._table.get(name, "case")
            if there is not None:
                await self._table.delete(there)
        for start in range(0, len(rows), AT_ONCE):
            await self._table.commit([Write("delete", row) for row in rows[start : start + AT_ONCE]])
        self._remember(Row(finished.partition, HEAD))  # it is not there any more
        await self.not_now(finished)

    async def not_now(self, finished: Finished) -> None:
        """Take a case off the list; it is listed again when it ends once more."""
        with suppress(Changed):  # another instance did
            await self._table.delete(finished.row)


def _read(row: Row) -> Finished:
    partition = row.key.partition("-")[2]
    return Finished(partition, str(row.values["Case"]), str(row.values["End"]), row)


def named(name: str) -> str:
    """The partition of a name that a case is known by."""
    return f"same-{ids.digest(name)[:32]}"
