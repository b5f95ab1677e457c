"""Which source a record is for. Pure.

A record is dispatched by the names of its fields and by what the telling ones hold: each is looked up once, so the cost does
not grow with the number of sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.kinds.fields import Fields, Shape
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable

_LONGEST = 256
_PART = re.compile("[./-]")


@dataclass(slots=True)
class _Table:
    """The marks that one field decides about.

    Args:
        by_value: Those for what it holds, or for how that begins.
        others: Those for which it is enough that it is there.
        parts: Whether the beginnings of what it holds matter.
    """

    by_value: dict[str, list[tuple[str, Mark]]] = field(default_factory=dict)
    others: list[tuple[str, Mark]] = field(default_factory=list)
    parts: bool = False


_Here = tuple[list[tuple[str, Mark]], list[tuple[str, _Table]]]


class Recognition:
    """All marks of all sources.

    Args:
        sources: By name.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._tables: dict[str, _Table] = {}
        for name, source in sources.items():
            for mark in source.marks:
                table = self._tables.setdefault(mark.keys[0], _Table())
                for value in mark.values:
                    table.by_value.setdefault(value.removesuffix("*"), []).append((name, mark))
                    table.parts |= value.endswith("*")
                if not mark.values:
                    table.others.append((name, mark))

    def source_of(self, record: Fields) -> str:
        """The one source that knows a record. Those that claim the rest are asked if no other does.

        Raises:
            Unreadable: If none does, or more than one.
        """
        found: set[str] = set()
        rest: set[str] = set()
        for name, mark in self._candidates(record):
            names = rest if mark.rest else found
            if name not in names and mark.fits(record):
                names.add(name)
        found = found or rest
        if len(found) == 1:
            return found.pop()
        if found:
            raise Unreadable(f"more than one source claims it: {', '.join(sorted(found))}")
        raise Unreadable(f"no source knows it; its fields: {', '.join(sorted(record.keys())[:8]) or 'none'}")

    def _candidates(self, record: Fields) -> Iterator[tuple[str, Mark]]:
        others, tables = self._here(record.shape)
        yield from others
        for key, table in tables:
            text = record.text(key)[:_LONGEST].lower()
            yield from table.by_value.get(text, ())
            if table.parts:
                for part in _PART.finditer(text):
                    yield from table.by_value.get(text[: part.end()], ())

    def _here(self, shape: Shape) -> _Here:
        """The marks that records of one shape may bear, and the tables of those that their values decide about."""
        known: _Here | None = shape.kept.get(self)
        if known is None:
            names = shape.names.keys()
            tables = [(key, self._tables[key]) for key in sorted(names & self._tables.keys())]
            others = [found for _, table in tables for found in table.others if names >= set(found[1].keys)]
            known = shape.kept[self] = (others, [found for found in tables if found[1].by_value])
        return known
