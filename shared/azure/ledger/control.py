"""What belongs to no case: packets of records on their way, and the kill switch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import get_args

import msgspec

from shared.azure.ledger.form import Part, read, written
from shared.azure.table import Row, Value
from shared.model.step import Actor
from shared.model.switch import Switch, SwitchMode, Turned

_PACKET, _CONTROL = "packet", "control"
_SWITCH, _NOTED, _AFTER_SWITCH = "kill_switch", "kill_switch_noted", "kill_switch_o"


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
        """The kill switch. Its row has columns a person can set: `On`, `Mode`, `Who`, `Why`."""
        row = await self._table.get(_CONTROL, _SWITCH)
        return Switch() if row is None else _stands(row.values)

    async def turn(self, switch: Switch, actor: Actor) -> Switch:
        """Turn the kill switch; how it stood before.

        Raises:
            Changed: Somebody else has turned it at the same moment.
        """
        there = await self._table.get(_CONTROL, _SWITCH)
        by = msgspec.json.encode(Turned(switch=switch, actor=actor)).decode()
        values: dict[str, Value] = {
            "On": switch.on,
            "Mode": switch.mode,
            "Who": switch.who,
            "Why": switch.why,
            "By": by,
        }
        if there is None:
            await self._table.insert(Row(_CONTROL, _SWITCH, values))
            return Switch()
        await self._table.replace(dataclasses.replace(there, values=values))
        return _stands(there.values)

    async def turned(self) -> tuple[Turned, Turned]:
        """How the kill switch stands, and how it stood when that was last put on record."""
        rows = {row.key: row for row in await self._table.query(_CONTROL, _SWITCH, _AFTER_SWITCH)}
        row, noted = rows.get(_SWITCH), rows.get(_NOTED)
        now = Turned() if row is None else Turned(switch=_stands(row.values), actor=_by(row.values), etag=row.etag)
        return now, Turned() if noted is None else read(noted, Turned)

    async def note_turned(self, turned: Turned) -> None:
        """Note that this is on record."""
        await self._table.put(Row(_CONTROL, _NOTED, written(turned)))


def _stands(values: Mapping[str, Value]) -> Switch:
    """How the switch of a row stands: off only if it says so, and in the strictest way if nobody knows the word."""
    mode: SwitchMode = "off"
    if bool(values.get("On", True)):
        word = str(values.get("Mode", "") or "undo_only").strip().lower()
        mode = next((known for known in get_args(SwitchMode) if known == word != "off"), "deny")
    return Switch(mode=mode, who=str(values.get("Who", "")), why=str(values.get("Why", "")))


def _by(values: Mapping[str, Value]) -> Actor | None:
    """Who turned it by the API; nobody, if the row has been changed by hand since."""
    with suppress(msgspec.DecodeError, msgspec.ValidationError):
        said = msgspec.json.decode(str(values.get("By", "")), type=Turned)
        return said.actor if said.switch == _stands(values) else None
    return None


def unpacked(row: Row) -> bytes:
    """The content of a packet."""
    parts = (value for key, value in sorted(row.values.items()) if key.startswith("Part"))
    return b"".join(part for part in parts if isinstance(part, bytes))
