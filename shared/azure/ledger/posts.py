"""Records that belong to no case: kept in packets, and linked in chains of the instance's own.

An instance has as many chains as it keeps packets at the same time, so that none waits for another. Their heads are in
memory alone: with the instance its chains end. A chain whose packet could not be kept, or perhaps was, is not gone on with,
for the records in that packet would be missing in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from shared.azure.audit import uploads
from shared.azure.ledger.control import Control
from shared.azure.table import Row, Table
from shared.model import ids
from shared.model.chain import Head, all_linked
from shared.model.record import Record
from shared.wire.clock import Clock


class Posts(Control):
    """Packets of records, with their chains."""

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__(table, clock)
        self._free: list[Head] = []
        self._numbers = itertools.count(1)

    async def post(self, records: Sequence[Record], instance: str) -> list[tuple[bytes, Row]]:
        """Keep records that belong to no case, linked in a chain of this instance.

        Returns:
            The packets, each as it is to be uploaded, with its row.

        Raises:
            AzureError: If they cannot be kept: those in the packets before are.
        """
        if not records:
            return []
        head = self._free.pop() if self._free else Head(f"instance-{instance}-{next(self._numbers)}")
        recalled = self._table.chance.recalled(msgspec.json.encode(head).decode())
        placed, end = all_linked(records, msgspec.json.decode(recalled, type=Head))
        packets = [(upload, await self.pack(upload, self.named(upload))) for upload in uploads(placed)]
        self._free.append(end)
        return packets

    def named(self, content: bytes) -> str:
        """The name of a packet: its place in the order, and what tells it from others of the same moment."""
        return f"{self._clock.now():%Y%m%dT%H%M%S%f}-{ids.content_digest(content)[:16]}"
