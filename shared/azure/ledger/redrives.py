"""Which dead letters were put back, by whom, and what came of it: one row for each of them, among the control rows."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import timedelta

from msgspec.structs import replace

from shared.azure.ledger.form import Part, read, written
from shared.azure.table import Row
from shared.model.dead_letter import PutBack, PutBacks
from shared.model.errors import Changed, Refused

_CONTROL, _REDRIVE, _AFTER_REDRIVES = "control", "redrive-", "redrive."

KEPT = 20
"""Times that are remembered of each letter."""

FORGOTTEN = timedelta(days=90)
"""After the last time: an event hub of any tier has dropped the letter by then."""


class Redrives(Part):
    """The dead letters that were put back."""

    async def put_back(self, letter: str) -> PutBacks | None:
        """How often a letter was put back; None if it never was."""
        row = await self._table.get(_CONTROL, _REDRIVE + letter)
        return None if row is None else read(row, PutBacks)

    async def put_backs(self) -> dict[str, PutBacks]:
        """How often each letter was put back, by its id."""
        rows = await self._table.query(_CONTROL, _REDRIVE, _AFTER_REDRIVES)
        return {found.letter: found for found in (read(row, PutBacks) for row in rows)}

    async def begin_put_back(self, letter: str, began: PutBack) -> Row:
        """Note that a letter is being put back. Nobody else does until that has ended, or its time is over.

        Raises:
            Refused: If somebody is at it.
        """
        new = Row(_CONTROL, _REDRIVE + letter, written(PutBacks(letter=letter, times=(began,), count=1)))
        row, first = await self._table.insert_or_get(new)
        if first:
            return row
        before = read(row, PutBacks)
        last = before.times[-1]
        if last.until is not None and last.until > self._clock.now():
            raise Refused(_at_it(letter, last))
        times = (*before.times, began)[-KEPT:]
        again = written(PutBacks(letter=letter, times=times, count=before.count + 1))
        try:
            return await self._table.replace(dataclasses.replace(row, values=again))
        except Changed as error:
            raise Refused(f"dead letter {letter} is being put back by somebody else since a moment ago") from error

    async def end_put_back(self, row: Row, ended: PutBack) -> None:
        """Note how that ended.

        Raises:
            Changed: If its time was over and somebody else has begun since.
        """
        before = read(row, PutBacks)
        values = written(replace(before, times=(*before.times[:-1], ended)))
        await self._table.replace(dataclasses.replace(row, values=values))

    async def forget_put_backs(self) -> int:
        """Forget letters that their hub has forgotten; how many there were."""
        gone = self._clock.now() - FORGOTTEN
        rows = await self._table.query(_CONTROL, _REDRIVE, _AFTER_REDRIVES)
        old = [row for row in rows if read(row, PutBacks).times[-1].began < gone]
        for row in old:
            with suppress(Changed):  # it is put back once more, just now
                await self._table.delete(row)
        return len(old)


def _at_it(letter: str, last: PutBack) -> str:
    who = last.who.name or last.who.kind
    return f"dead letter {letter} is being put back by {who} since {last.began:%H:%M:%S}; wait for the end of that"
