"""Marks: how far each provider's list has been compared with the ledger."""

from __future__ import annotations

from dataclasses import replace

from shared.azure.ledger.form import Part, read, written
from shared.azure.table import Row
from shared.model import ids
from shared.model.mark import Mark

_MARK = "mark"


class Marks(Part):
    """The marks."""

    async def mark(self, provider: str, place: str) -> tuple[Mark, Row] | None:
        """How far a provider's list of a place has been compared; None: not at all."""
        row = await self._table.get(_MARK, _key(provider, place))
        return None if row is None else (read(row, Mark), row)

    async def begin_mark(self, mark: Mark) -> tuple[Mark, Row]:
        """Write a mark that is not there.

        Raises:
            Changed: It is there.
        """
        row = Row(_MARK, _key(mark.provider, mark.place), written(mark))
        return mark, await self._table.insert(row)

    async def move_mark(self, row: Row, mark: Mark) -> None:
        """Change a mark that is as it was read.

        Raises:
            Changed: Another instance has compared the same list meanwhile.
        """
        await self._table.replace(replace(row, values=written(mark)))


def _key(provider: str, place: str) -> str:
    return f"{provider}-{ids.digest(place.lower())[:16]}"
