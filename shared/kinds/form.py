"""Which fields hold what an entity consists of, in all the forms Microsoft uses, as one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.kinds.fields import LONGEST_OF_NOTHING, Fields, Shape, as_text

Check = Callable[[str], str]
"""The text if it is what it should be, in its one spelling; empty if not."""
_Plan = tuple[tuple[str, Check, tuple[str, ...]], ...]


class Form:
    """A table of parts: by its name, how a part is checked and what its field may be called, the most wanted first.

    What an object does not have costs nothing: which fields there are is worked out once for all objects with the same
    names.
    """

    __slots__ = ("_parts",)

    def __init__(self, **parts: tuple[Check, tuple[str, ...]]) -> None:
        self._parts = parts

    def read(self, fields: Fields) -> dict[str, Any]:
        """The parts that are there and right, without the others."""
        found: dict[str, Any] = {}
        raw = fields.raw
        plan: _Plan | None = fields.shape.kept.get(self)
        if plan is None:
            plan = fields.shape.kept[self] = self._plan(fields.shape)
        for part, check, keys in plan:
            for key in keys:
                value = raw[key]
                if type(value) is not str or len(value) <= LONGEST_OF_NOTHING:
                    value = as_text(value)
                if value and (text := check(value)):
                    found[part] = text
                    break
        return found

    def _plan(self, shape: Shape) -> _Plan:
        return tuple((part, check, shape[names]) for part, (check, names) in self._parts.items() if shape[names])


def named(*names: str) -> tuple[Check, tuple[str, ...]]:
    """Any text, under one of these names."""
    return str.strip, names
