"""Which source a record is for. Pure.

A record is dispatched by the names of its fields and by what the telling ones hold: each is looked up once, so the cost does
not grow with the number of sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.kinds.fields import Fields, Shape
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable

_LONGEST = 256
_PARTS = "./-"


@dataclass(frozen=True, slots=True)
class _Table:
    """The marks that one field decides about.

    Args:
        by_value: Those for what it holds, or for how that begins.
        others: Those for which it is enough that it is there.
    """

    by_value: dict[str, list[tuple[str, Mark]]] = field(default_factory=dict)
    others: list[tuple[str, Mark]] = field(default_factory=list)


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
        for key, table in self._here(record.shape):
            yield from table.others
            if table.by_value:
                for value in _beginnings(record.text(key).lower()):
                    yield from table.by_value.get(value, ())

    def _here(self, shape: Shape) -> tuple[tuple[str, _Table], ...]:
        """The tables that matter for records of one shape."""
        known: tuple[tuple[str, _Table], ...] | None = shape.kept.get(self)
        if known is None:
            known = shape.kept[self] = tuple(
                (key, self._tables[key]) for key in sorted(shape.names.keys() & self._tables.keys())
            )
        return known


def _beginnings(text: str) -> Iterator[str]:
    """A value, and how it begins up to each dot, slash and dash."""
    if text:
        yield text
    for at in range(len(text[:_LONGEST]) - 1, 0, -1):
        if text[at] in _PARTS:
            yield text[: at + 1]
