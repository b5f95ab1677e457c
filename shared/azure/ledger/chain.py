"""The records of a case form a hash chain: they are linked in the transaction that writes them.

The row `step!chain` beside the steps is the chain's head, and every transaction with records replaces it, so that of two
instances at one case only one can write the next record; the other reads the head again and links its records anew. What
was read or written last is remembered: then nothing needs to be read before a write, and what is remembered wrongly does
no harm, for the write holds only if the head is still at that version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

import msgspec

from shared.azure.ledger.form import Part, written
from shared.azure.table import Row, Table, Write
from shared.model.chain import Head, all_linked
from shared.model.errors import Changed, Temporary
from shared.model.record import Record
from shared.wire.clock import Clock

HEAD = "step!chain"
"""Sorts before the steps, to be read with them in one go."""

OUT = "out-"
REMEMBERED = 2_000
"""Heads; each takes about 1 KB."""

TRIES = 100
"""Of a write that lost the head each time; whoever took it has written, so all get on."""

LONGEST = 0.5
"""Seconds between two tries, at most."""


class Chains(Part):
    """The chains of the cases."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table, clock)
        self._heads: dict[str, Row] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def head(self, partition: str) -> Head | None:
        """The end of a case's chain; None if it has no records."""
        row = await self._table.get(partition, HEAD)
        return None if row is None else _head(row)

    async def heads(self) -> list[Head]:
        """The ends of all chains there are."""
        return [_head(row) for row in await self._table.everywhere(HEAD)]

    async def _commit(self, partition: str, writes: Sequence[Write], records: Iterable[Record]) -> list[Row]:
        """Do these writes, all of them conditional, and write the records behind the last one of the case, or nothing.

        Returns:
            The rows of the writes as they are now.

        Raises:
            Changed: The condition of one of the writes does not hold.
            Temporary: Others wrote records of this case at every try.
        """
        records = list(records)
        if not records:
            return await self._table.commit(writes)
        async with self._turns.setdefault(partition, asyncio.Lock()):  # one instance need not race against itself
            head = await self._first(partition, writes)
            for number in range(TRIES):
                try:
                    return await self._linked(partition, head, writes, records)
                except Changed:
                    if await self._others_changed(writes):
                        raise
                    if number:
                        await self._clock.sleep(self._table.chance.fraction() * min(0.02 * 2**number, LONGEST))
                    there = await self._table.get(partition, HEAD) or Row(partition, HEAD)
                    if there.etag == head.etag:
                        raise
                self._remember(there)
                head = there
        raise Temporary(f"others wrote records of case {partition} at each of {TRIES} tries")

    async def _linked(self, partition: str, head: Row, writes: Sequence[Write], records: list[Record]) -> list[Row]:
        """Try it with the head as it is believed to be."""
        now = self._clock.now()
        begun = Head(f"{partition}-{now:%Y%m%dT%H%M%SZ}")
        placed, end = all_linked(records, _head(head) if head.etag else begun)
        moved = replace(head, values=msgspec.to_builtins(end) | {"Time": now.isoformat()})
        outgoing = [Write("insert", Row(partition, f"{OUT}{one.Sequence:010}", written(one))) for one in placed]
        rows = await self._table.commit([*writes, *outgoing, Write("replace" if head.etag else "insert", moved)])
        self._remember(rows[-1])
        return rows[: len(writes)]

    async def _first(self, partition: str, writes: Sequence[Write]) -> Row:
        """The head as it is remembered; else the one there is, unless the case seems to begin with this."""
        known = self._heads.get(partition)
        text = msgspec.json.encode((_head(known), known.etag)).decode() if known else ""
        recalled = self._table.chance.recalled(text)
        if recalled:
            head, etag = msgspec.json.decode(recalled, type=tuple[Head, str])
            return Row(partition, HEAD, msgspec.to_builtins(head), etag)
        if writes and writes[0].verb == "insert":
            return Row(partition, HEAD)
        return await self._table.get(partition, HEAD) or Row(partition, HEAD)

    async def _others_changed(self, writes: Sequence[Write]) -> bool:
        """Whether a write failed for its own sake, and not for that of the head."""
        for write in writes:
            there = await self._table.get(write.row.partition, write.row.key)
            if (there.etag if there else "") != write.row.etag:
                return True
        return False

    def _remember(self, row: Row) -> None:
        """Remember a head as it was read or written, unless a later one is known."""
        known = self._heads.pop(row.partition, None)
        if not row.etag:  # it is not there any more
            return
        if known is not None and _head(known).chain == _head(row).chain:
            row = max(known, row, key=lambda each: _head(each).sequence)
        self._heads[row.partition] = row
        if len(self._heads) > REMEMBERED:
            del self._heads[next(iter(self._heads))]


def _head(row: Row) -> Head:
    return msgspec.convert(dict(row.values), Head)
