"""The ledger: what Riposte has decided and done, in one table.

A partition for each case holds its steps and, beside them, the records that have not reached Log Analytics yet, so that
a state and its record change in one transaction. A partition for each target holds its lock and its holds. The
partition `open` lists the cases that somebody must come back to, `packet` the records that belong to no case.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from shared.azure.table import Row, Table, Value, Write
from shared.model import ids
from shared.model.errors import Changed, Temporary
from shared.model.ledger import Entry, Hold, Holds, Run, Switch
from shared.model.permission import data
from shared.model.record import Record
from shared.wire.clock import Clock

LEASE = timedelta(minutes=6)
"""How long a claim and a lock last: longer than any function may work on one."""

_ENTITIES = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
PERMISSIONS = tuple(data(f"{_ENTITIES}/{verb}") for verb in ("read", "add/action", "update/action", "delete"))
"""What the ledger asks of its table."""

TEXT = 30_000
"""Characters of a text column; beyond, the value is packed."""

_OPEN, _PACKET, _CONTROL = "open", "packet", "control"
_STEP, _OUT, _RUN = "step-", "out-", "run-"
_AFTER = {_STEP: "step.", _OUT: "out.", _RUN: "run."}

Kept = TypeVar("Kept", bound=Struct)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that is being worked on.

    Args:
        case: Its key: the one this event's alert was first handled under.
        partition: Where it is.
        fresh: Whether nothing was known of it.
        linked: Other cases that this event is also part of.
        row: The row that makes the sweep come back.
    """

    case: str
    partition: str
    fresh: bool
    linked: tuple[str, ...]
    row: Row


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry and the version of its row."""

    entry: Entry
    row: Row


@dataclass(frozen=True, slots=True)
class Locked:
    """A target that this instance has locked."""

    holds: Holds
    row: Row


class Ledger:
    """The ledger.

    Args:
        table: Where it is kept.
        clock: Time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    # --- cases ----------------------------------------------------------------------------------------------------

    async def open(self, case: str, same: Sequence[str] = ()) -> Opened:
        """Find the case an event belongs to, and make the sweep come back to it should this instance die.

        An alert that was handled on its own before its incident came is handled on under its own case: the incident
        joins it.
        """
        known = await asyncio.gather(*(self._case_of(name) for name in same))
        elder = min((found for found in known if found), default="")
        own = await self._name(case, elder or case)
        joined = own or elder or case
        missing = [name for name, found in zip(same, known, strict=True) if not found]
        raced = await asyncio.gather(*(self._name(name, joined) for name in missing))
        linked = tuple(sorted({found for found in (*known, *raced) if found} - {joined}))
        partition = ids.partition(joined)
        row = await self.come_back(partition, joined, self._clock.now() + LEASE)
        return Opened(joined, partition, not (own or elder), linked, row)

    async def come_back(self, partition: str, case: str, when: datetime) -> Row:
        """Make the sweep look at a case at a time."""
        return await self._table.put(Row(_OPEN, partition, {"Case": case, "Due": when.isoformat()}))

    async def due(self) -> list[tuple[str, str, Row]]:
        """The cases to look at now: partition, case and the row that lists each."""
        now = self._clock.now()
        rows = await self._table.query(_OPEN)
        return [(row.key, str(row.values["Case"]), row) for row in rows if _time(row.values["Due"]) <= now]

    async def waiting(self) -> int:
        """How many cases are open."""
        return len(await self._table.query(_OPEN))

    async def settle(self, partition: str, case: str, row: Row) -> None:
        """After work on a case: list it for what is due next, or not at all. Whoever else works on it wins."""
        next_time = _next(await self.entries(partition), await self.unsent(partition), self._clock.now())
        for run in await self.runs(partition):
            if not run.finished:
                next_time = min(next_time or self._clock.now() + LEASE, run.accepted + LEASE)
        try:
            if next_time is None:
                await self._table.delete(row)
            else:
                values: dict[str, Value] = {"Case": case, "Due": next_time.isoformat()}
                await self._table.replace(replace(row, values=values))
        except Changed:
            pass  # it is listed by somebody else's row now, who settles it

    # --- steps ----------------------------------------------------------------------------------------------------

    async def entries(self, partition: str) -> list[Noted]:
        """Every step of a case."""
        rows = await self._table.query(partition, _STEP, _AFTER[_STEP])
        return [Noted(_read(row, Entry), row) for row in rows]

    async def entry(self, partition: str, key: str) -> Noted | None:
        """One step."""
        row = await self._table.get(partition, _STEP + key)
        return None if row is None else Noted(_read(row, Entry), row)

    async def begin(self, partition: str, entry: Entry, records: Iterable[Record]) -> Noted:
        """Write a step that is not there, with its records, in one transaction.

        Raises:
            Changed: It is there.
        """
        return await self._write("insert", Row(partition, _STEP + entry.step.key), entry, records)

    async def move(self, noted: Noted, entry: Entry, records: Iterable[Record]) -> Noted:
        """Change a step that is as it was read, with its records, in one transaction.

        Raises:
            Changed: Somebody else has changed it.
        """
        return await self._write("replace", noted.row, entry, records)

    async def _write(self, verb: str, row: Row, entry: Entry, records: Iterable[Record]) -> Noted:
        first = Write("insert" if verb == "insert" else "replace", replace(row, values=_written(entry)))
        outgoing = [Write("insert", _out(row.partition, record)) for record in records]
        written = await self._table.commit([first, *outgoing])
        return Noted(entry, written[0])

    # --- records on their way -------------------------------------------------------------------------------------

    async def unsent(self, partition: str) -> list[tuple[Record, Row]]:
        """The records of a case that have not been delivered, in order."""
        rows = await self._table.query(partition, _OUT, _AFTER[_OUT])
        return [(_read(row, Record), row) for row in rows]

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

    # --- targets --------------------------------------------------------------------------------------------------

    async def lock(self, target: str, owner: str, deadline: datetime) -> Locked:
        """Lock a target for this instance.

        Raises:
            Temporary: Somebody else has it until after the deadline.
        """
        place = Row(f"target-{ids.digest(target)[:32]}", "target")
        wait = 0.2
        while True:
            until = self._clock.now() + LEASE
            try:
                row = await self._table.insert(replace(place, values=_written(Holds(owner, until))))
                return Locked(Holds(owner, until), row)
            except Changed:
                pass
            there = await self._table.get(place.partition, place.key)
            if there is not None:
                holds = _read(there, Holds)
                if not holds.owner or holds.until is None or holds.until <= self._clock.now():
                    taken = msgspec.structs.replace(holds, owner=owner, until=until)
                    try:
                        return Locked(taken, await self._table.replace(replace(there, values=_written(taken))))
                    except Changed:
                        continue
            if self._clock.now() + timedelta(seconds=wait) > deadline:
                raise Temporary(f"target {target} is being worked on by another step")
            await self._clock.sleep(wait)
            wait = min(wait * 2, 5.0)

    async def keep(self, locked: Locked, holds: tuple[Hold, ...]) -> Locked:
        """Write a locked target's holds.

        Raises:
            Changed: The lock had ended and somebody else took it.
        """
        kept = msgspec.structs.replace(locked.holds, holds=holds)
        return Locked(kept, await self._table.replace(replace(locked.row, values=_written(kept))))

    async def unlock(self, locked: Locked) -> None:
        """Give a target free. A lock that has been taken over is left alone."""
        try:
            if locked.holds.holds:
                free = msgspec.structs.replace(locked.holds, owner="", until=None)
                await self._table.replace(replace(locked.row, values=_written(free)))
            else:
                await self._table.delete(locked.row)
        except Changed:
            pass  # it ended by itself meanwhile, and is somebody else's

    # --- runs and control -----------------------------------------------------------------------------------------

    async def once(self, name: str, value: str) -> str:
        """Say once what a name stands for; what it stood for before, or nothing if it is new."""
        return await self._name(name, value)

    async def accept(self, partition: str, run: Run) -> bool:
        """Write a run that was asked for; False if it is there."""
        return (await self._table.insert_or_get(Row(partition, _RUN + run.id, _written(run))))[1]

    async def run(self, partition: str, run_id: str) -> Run | None:
        """A run that was asked for."""
        row = await self._table.get(partition, _RUN + run_id)
        return None if row is None else _read(row, Run)

    async def runs(self, partition: str) -> list[Run]:
        """The runs of a case that were asked for."""
        return [_read(row, Run) for row in await self._table.query(partition, _RUN, _AFTER[_RUN])]

    async def finish(self, partition: str, run: Run, rehearsed: Sequence[Record] = ()) -> None:
        """Note that every step of a run has been taken up, and what a dry run found."""
        done = msgspec.structs.replace(run, finished=True, rehearsed=tuple(rehearsed))
        await self._table.put(Row(partition, _RUN + run.id, _written(done)))

    async def switch(self) -> Switch:
        """The kill switch. Its row has columns a person can set: `On`, `Who`, `Why`."""
        row = await self._table.get(_CONTROL, "kill_switch")
        if row is None:
            return Switch()
        values = row.values
        return Switch(on=bool(values.get("On", True)), who=str(values.get("Who", "")), why=str(values.get("Why", "")))

    # --- names ----------------------------------------------------------------------------------------------------

    async def _case_of(self, name: str) -> str:
        row = await self._table.get(_named(name), "case")
        return str(row.values["Case"]) if row else ""

    async def _name(self, name: str, case: str) -> str:
        """Say which case a name belongs to; the case it belonged to before, or nothing if it is new."""
        row, new = await self._table.insert_or_get(Row(_named(name), "case", {"Case": case, "Name": name[:1000]}))
        return "" if new else str(row.values["Case"])


def unpacked(row: Row) -> bytes:
    """The content of a packet."""
    parts = (value for key, value in sorted(row.values.items()) if key.startswith("Part"))
    return b"".join(part for part in parts if isinstance(part, bytes))


def _named(name: str) -> str:
    return f"same-{ids.digest(name)[:32]}"


def _out(partition: str, record: Record) -> Row:
    return Row(partition, f"{_OUT}{record.TimeGenerated.replace(':', '')}-{record.RecordId}", _written(record))


def _next(entries: list[Noted], unsent: list[tuple[Record, Row]], now: datetime) -> datetime | None:
    times = [noted.entry.due or noted.entry.lease or now + LEASE for noted in entries if noted.entry.waits]
    if unsent:
        times.append(now)
    return min(times, default=None)


def _written(value: Struct) -> dict[str, Value]:
    text = msgspec.json.encode(value)
    if len(text) <= TEXT:
        return {"Data": text.decode()}
    packed = gzip.compress(text, mtime=0)
    return {f"Data{i:02d}": packed[i * 60_000 : (i + 1) * 60_000] for i in range(len(packed) // 60_000 + 1)}


def _read(row: Row, kind: type[Kept]) -> Kept:
    text = row.values.get("Data")
    if isinstance(text, str):
        return msgspec.json.decode(text, type=kind)
    parts = (value for key, value in sorted(row.values.items()) if key.startswith("Data") and isinstance(value, bytes))
    return msgspec.json.decode(gzip.decompress(b"".join(parts)), type=kind)


def _time(value: Value) -> datetime:
    return datetime.fromisoformat(str(value))
