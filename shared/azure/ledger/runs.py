"""The runs of a case that somebody asked for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from shared.azure.ledger.form import Part, read, written
from shared.azure.table import Row
from shared.model.ledger import Run
from shared.model.record import Record

_RUN, _AFTER_RUNS = "run-", "run."


class Runs(Part):
    """The runs."""

    async def accept(self, partition: str, run: Run) -> bool:
        """Write a run that was asked for; False if it is there."""
        return (await self._table.insert_or_get(Row(partition, _RUN + run.id, written(run))))[1]

    async def run(self, partition: str, run_id: str) -> Run | None:
        """A run that was asked for."""
        row = await self._table.get(partition, _RUN + run_id)
        return None if row is None else read(row, Run)

    async def runs(self, partition: str) -> list[Run]:
        """The runs of a case that were asked for."""
        return [read(row, Run) for row in await self._table.query(partition, _RUN, _AFTER_RUNS)]

    async def finish(self, partition: str, run: Run, rehearsed: Sequence[Record] = ()) -> None:
        """Note that every step of a run has been taken up, and what a dry run found."""
        done = replace(run, finished=True, rehearsed=tuple(rehearsed))
        await self._table.put(Row(partition, _RUN + run.id, written(done)))
