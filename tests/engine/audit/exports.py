"""Records as they come back from Log Analytics, by the ways there are to export them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.model.chain import Head, all_linked
from shared.model.record import Record, columns

KINDS = {column["name"]: column["type"] for column in columns()}
CHAIN = "c" * 32 + "-20260302T120000Z"


def records(count: int = 6, chain: str = CHAIN) -> tuple[list[Record], Head]:
    """Records with everything that may look different afterwards, linked."""
    made = [
        Record(
            TimeGenerated=f"2026-03-02T12:00:{number:02}.{number * 120_450:06d}Z",
            RecordId=f"{number:032x}",
            SchemaVersion=1,
            Decision="intent",
            Reason='wörds 😀, "quoted",\nin lines' if number % 2 else "",
            EventTime="2026-03-02T11:59:00.1234567Z" if number % 3 else "2026-03-02T11:59:00Z",
            Attempt=number % 2,
            Params={"z": None, "a": {"number": 1.0, "half": 0.5, "large": 2**60, "list": [None, True, {}], "": ""}},
            Plan={"expires": "2026-03-02T13:00:00.000000Z", "text": "3", "zone": "2026-03-02T13:00:00+01:00"},
            Limits=("one", "two") if number % 2 else None,
        )
        for number in range(1, count + 1)
    ]
    return all_linked(made, Head(chain))


def plain(made: Sequence[Record]) -> list[dict[str, Any]]:
    """As they were sent."""
    rows: list[dict[str, Any]] = msgspec.to_builtins(list(made))
    return rows


def as_array(rows: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps(rows, indent=2).encode()


def as_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """As data export writes them: with the columns that Azure adds, and keys in another order."""
    added = {"TenantId": "t", "Type": "RiposteAudit_CL", "_ResourceId": "", "_ItemId": "1"}
    return b"".join(json.dumps({**added, **dict(reversed(row.items()))}).encode() + b"\n" for row in rows)


def as_query(rows: Sequence[dict[str, Any]]) -> bytes:
    """As the query API answers: times with seven digits or none, dynamic columns as text, null for what is empty."""
    names = [*KINDS, "TenantId", "Type"]
    kinds = {**KINDS, "TenantId": "string", "Type": "string"}
    values = [[_queried(kinds[name], row.get(name)) for name in names] for row in rows]
    table = {"name": "PrimaryResult", "columns": [{"name": n, "type": kinds[n]} for n in names], "rows": values}
    return b"\xef\xbb\xbf" + json.dumps({"tables": [table]}).encode()


def as_cli(rows: Sequence[dict[str, Any]]) -> bytes:
    """As the command line prints it: texts throughout."""
    texts = [{n: str(v) if KINDS[n] == "int" else _queried(KINDS[n], v) for n, v in row.items()} for row in rows]
    return json.dumps([{"TableName": "PrimaryResult", **row} for row in texts]).encode()


def as_portal(rows: Sequence[dict[str, Any]]) -> bytes:
    """As the portal's CSV has it: times in US English, with milliseconds."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow([f"{name} [UTC]" if kind == "datetime" else name for name, kind in KINDS.items()])
    lines.writerows([_shown(kind, row.get(name)) for name, kind in KINDS.items()] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _queried(kind: str, value: Any) -> Any:
    if kind == "dynamic":
        return "" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
    if kind == "datetime" and value:
        head, _, digits = value.removesuffix("Z").partition(".")
        return f"{head}.{digits:0<7}Z" if digits.strip("0") else f"{head}Z"
    return value or ("" if kind == "string" else None)


def _shown(kind: str, value: Any) -> Any:
    if kind == "datetime" and value:
        time = datetime.fromisoformat(value)
        hour, half = time.hour % 12 or 12, "PM" if time.hour >= 12 else "AM"
        digits = f"{time.microsecond // 1000:03}"
        return f"{time.month}/{time.day}/{time.year}, {hour}:{time:%M:%S}.{digits} {half}"
    return "" if value in (None, "") else _queried(kind, value)


EXPORTS: dict[str, Callable[[Sequence[dict[str, Any]]], bytes]] = {
    "array": as_array, "lines": as_lines, "query": as_query, "command line": as_cli, "portal": as_portal,
}  # fmt: skip
