"""How the ledger's values are written into rows, and read again."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from shared.azure.table import Row, Table, Value
from shared.wire.clock import Clock

LEASE = timedelta(minutes=6)
"""How long a claim and a lock last: longer than any function may work on one."""

TEXT = 30_000
"""Characters of a text column; beyond, the value is packed."""

Kept = TypeVar("Kept", bound=Struct)


class Part:
    """A part of the ledger.

    Args:
        table: Where it is kept.
        clock: Time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock


def written(value: Struct) -> dict[str, Value]:
    """A value as the columns of a row: one text, or packed into several of bytes."""
    text = msgspec.json.encode(value)
    if len(text) <= TEXT:
        return {"Data": text.decode()}
    packed = gzip.compress(text, mtime=0)
    return {f"Data{i:02d}": packed[i * 60_000 : (i + 1) * 60_000] for i in range(len(packed) // 60_000 + 1)}


def read(row: Row, kind: type[Kept]) -> Kept:
    """The value that a row was written with."""
    text = row.values.get("Data")
    if isinstance(text, str):
        return msgspec.json.decode(text, type=kind)
    parts = (value for key, value in sorted(row.values.items()) if key.startswith("Data") and isinstance(value, bytes))
    return msgspec.json.decode(gzip.decompress(b"".join(parts)), type=kind)


def time_of(value: Value) -> datetime:
    """A time in a column."""
    return datetime.fromisoformat(str(value))
