"""The steps of a case and, beside them, the records that have not reached Log Analytics yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shared.azure.ledger.chain import HEAD, OUT, Chains
from shared.azure.ledger.form import read, written
from shared.azure.table import Row, Write
from shared.model.errors import Changed
from shared.model.ledger import Entry
from shared.model.record import Record

_STEP, _AFTER_STEPS = "step-", "step."
_AFTER_OUT = "out."


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry and the version of its row."""

    entry: Entry
    row: Row


class Steps(Chains):
    """The steps: a state and its record change in one transaction."""

    async def entries(self, partition: str) -> list[Noted]:
        """Every step of a case."""
        rows = await self._table.query(partition, HEAD, _AFTER_STEPS)
        if rows and rows[0].key == HEAD:
            self._remember(rows.pop(0))
        return [Noted(read(row, Entry), row) for row in rows]

    async def entry(self, partition: str, key: str) -> Noted | None:
        """One step."""
        row = await self._table.get(partition, _STEP + key)
        return None if row is None else Noted(read(row, Entry), row)

    async def begin(self, partition: str, entry: Entry, records: Iterable[Record]) -> Noted:
        """Write a step that is not there, with its records, in one transaction.

        Raises:
            Changed: It is there.
        """
        row = Row(partition, _STEP + entry.step.key, written(entry))
        return Noted(entry, (await self._commit(partition, [Write("insert", row)], records))[0])

    async def move(
        self, noted: Noted, entry: Entry, records: Iterable[Record], beginning: Iterable[Entry] = ()
    ) -> Noted:
        """Change a step that is as it was read, with its records and steps that begin with it, in one transaction.

        Raises:
            Changed: Somebody else has changed it, or one of the others is there.
        """
        partition = noted.row.partition
        writes = [Write("replace", replace(noted.row, values=written(entry)))]
        writes += [Write("insert", Row(partition, _STEP + one.step.key, written(one))) for one in beginning]
        return Noted(entry, (await self._commit(partition, writes, records))[0])

    async def note(self, partition: str, record: Record) -> None:
        """Store a record of a case beside its steps, none of which is touched."""
        await self._commit(partition, [], [record])

    async def unsent(self, partition: str) -> list[tuple[Record, Row]]:
        """The records of a case that have not been delivered, in the order of their chain."""
        rows = await self._table.query(partition, OUT, _AFTER_OUT)
        return [(read(row, Record), row) for row in rows]

    async def sent(self, rows: Sequence[Row]) -> None:
        """Forget records that have been delivered."""
        for start in range(0, len(rows), 100):
            await self._forget(rows[start : start + 100])

    async def _forget(self, rows: Sequence[Row]) -> None:
        try:
            await self._table.commit([Write("delete", row) for row in rows])
        except Changed:  # another instance delivered some of them, too: one by one then
            for row in rows:
                await self._table.delete(row)
