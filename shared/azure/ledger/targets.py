"""What cases hold: each target has a partition with its lock and its holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from shared.azure.ledger.form import LEASE, Part, read, written
from shared.azure.table import Row
from shared.model import ids
from shared.model.errors import Changed, Temporary
from shared.model.ledger import Hold, Holds, Past


@dataclass(frozen=True, slots=True)
class Locked:
    """A target that this instance has locked."""

    holds: Holds
    row: Row


class Targets(Part):
    """The targets."""

    async def lock(self, target: str, owner: str, deadline: datetime) -> Locked:
        """Lock a target for this instance.

        Raises:
            Temporary: Somebody else has it until after the deadline.
        """
        place = _place(target)
        wait = 0.2
        while True:
            until = self._clock.now() + LEASE
            try:
                row = await self._table.insert(replace(place, values=written(Holds(owner, until))))
                return Locked(Holds(owner, until), row)
            except Changed:
                pass
            there = await self._table.get(place.partition, place.key)
            if there is not None:
                holds = read(there, Holds)
                if not holds.owner or holds.until is None or holds.until <= self._clock.now():
                    taken = msgspec.structs.replace(holds, owner=owner, until=until)
                    try:
                        return Locked(taken, await self._table.replace(replace(there, values=written(taken))))
                    except Changed:
                        continue
            if self._clock.now() + timedelta(seconds=wait) > deadline:
                raise Temporary(f"target {target} is being worked on by another step")
            await self._clock.sleep(wait)
            wait = min(wait * 2, 5.0)

    async def holds(self, target: str) -> Holds:
        """What is held of a target, by anybody."""
        place = _place(target)
        there = await self._table.get(place.partition, place.key)
        return Holds() if there is None else read(there, Holds)

    async def keep(self, locked: Locked, holds: tuple[Hold, ...], past: tuple[Past, ...] = ()) -> Locked:
        """Write a locked target's holds, and what is to be remembered besides.

        Raises:
            Changed: The lock had ended and somebody else took it.
        """
        kept = msgspec.structs.replace(locked.holds, holds=holds, past=(*locked.holds.past, *past))
        return Locked(kept, await self._table.replace(replace(locked.row, values=written(kept))))

    async def unlock(self, locked: Locked) -> None:
        """Give a target free. A lock that has been taken over is left alone."""
        try:
            if locked.holds.holds or locked.holds.past:
                free = msgspec.structs.replace(locked.holds, owner="", until=None)
                await self._table.replace(replace(locked.row, values=written(free)))
            else:
                await self._table.delete(locked.row)
        except Changed:
            pass  # it ended by itself meanwhile, and is somebody else's


def _place(target: str) -> Row:
    return Row(f"target-{ids.digest(target)[:32]}", "target")
