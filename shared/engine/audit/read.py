"""Exported records, whatever exported them: JSON arrays, JSON lines, the tables of a query, and CSV. Pure."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from shared.model import canonical
from shared.model.errors import Unreadable
from shared.model.record import columns

_BIG_FIELD = 2**24
_SPACE = re.compile(r"\s*")
_TIMES = {column["name"] for column in columns() if column["type"] == "datetime"}


def rows(content: bytes) -> list[dict[str, Any]]:
    """The rows of an export, in its order.

    Raises:
        Unreadable: It is none, or holds times that are not UTC.
    """
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("this is no text in UTF-8 or UTF-16", f"byte {error.start}") from error
    start = text.lstrip()[:1]
    if not start:
        return []
    return list(_json(text) if start in "[{" else _csv(text))


def _json(text: str) -> Iterator[dict[str, Any]]:
    """What one JSON text holds; or several, one after the other, as JSON lines are."""
    decoder, at = json.JSONDecoder(), 0
    while rest := _SPACE.match(text, at):
        if rest.end() == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, rest.end())
        except (json.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", at)) + 1
            raise Unreadable(f"this is no JSON: {getattr(error, 'msg', 'too deep')}", f"line {line}") from error
        yield from _objects(value)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("tables"), list):
        for table in value["tables"]:
            yield from _table(table)
    elif isinstance(value, dict):
        yield value
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        yield from value
    else:
        raise Unreadable("records are objects, arrays of objects, or the tables of a query")


def _table(table: Any) -> Iterator[dict[str, Any]]:
    try:
        names = [str(column["name"]) for column in table["columns"]]
        yield from (dict(zip(names, row, strict=True)) for row in table["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("a table of a query has columns with names, and rows of as many values") from error


def _csv(text: str) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_BIG_FIELD)
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        names = [_name(title) for title in next(lines)]
        if "RecordId" not in names:
            raise Unreadable("the first line of CSV names the columns, and RecordId is not among them", "line 1")
        for values in lines:
            if values:
                yield _checked(dict(zip(names, values, strict=True)), lines.line_num)
    except (csv.Error, ValueError) as error:
        raise Unreadable(
            f"this is no CSV with the same columns in each line: {error}", f"line {lines.line_num}"
        ) from error


def _name(title: str) -> str:
    """A column's name, as which the portal has `TimeGenerated [UTC]`."""
    name, _, zone = title.strip().partition(" [")
    if zone and zone != "UTC]":
        raise Unreadable(
            f"the times of {name} are those of {zone[:-1]}: set the portal to UTC and export again", "line 1"
        )
    return name


def _checked(row: dict[str, Any], line: int) -> dict[str, Any]:
    for name in _TIMES & row.keys():
        if row[name] and not canonical.time_of(row[name]):
            raise Unreadable(
                f"{name} is {row[name]!r}, which is no time in RFC 3339 nor as the portal writes it in English "
                "(United States): set its language to that, or export JSON",
                f"line {line}",
            )
    return row


def joined(exports: Iterable[bytes]) -> list[dict[str, Any]]:
    """The rows of several exports, one after the other."""
    return [row for content in exports for row in rows(content)]
