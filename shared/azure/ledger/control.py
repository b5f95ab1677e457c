"""What belongs to no case: packets of records on their way, and the kill switch."""

from __future__ import annotations

from shared.azure.ledger.form import Part
from shared.azure.table import Row
from shared.model.ledger import Switch

_PACKET, _CONTROL = "packet", "control"


class Control(Part):
    """Packets and the kill switch."""

    async def pack(self, content: bytes, name: str) -> Row:
        """Keep a packet of records and dead letters that belong to no case.

        Args:
            content: The packet, at most 700 KB.
            name: Its place in the order.

        Raises:
            Changed: There is such a packet.
        """
        pieces = [content[i : i + 60_000] for i in range(0, len(content), 60_000)]
        return await self._table.insert(Row(_PACKET, name, {f"Part{i:02d}": piece for i, piece in enumerate(pieces)}))

    async def packets(self) -> list[tuple[bytes, Row]]:
        """Every packet that has not been delivered, oldest first."""
        return [(unpacked(row), row) for row in await self._table.query(_PACKET)]

    async def switch(self) -> Switch:
        """The kill switch. Its row has columns a person can set: `On`, `Who`, `Why`."""
        row = await self._table.get(_CONTROL, "kill_switch")
        if row is None:
            return Switch()
        values = row.values
        return Switch(on=bool(values.get("On", True)), who=str(values.get("Who", "")), why=str(values.get("Why", "")))


def unpacked(row: Row) -> bytes:
    """The content of a packet."""
    parts = (value for key, value in sorted(row.values.items()) if key.startswith("Part"))
    return b"".join(part for part in parts if isinstance(part, bytes))
