"""Station 1: read. A body becomes events; what no source can read becomes a dead letter. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from shared.engine.envelope import records
from shared.engine.fault import log_fault
from shared.kinds.fields import Fields
from shared.kinds.source import Mark, Source
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.ids import content_digest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that could not be read.

    Args:
        reason: Why.
        where: The exact place in the body.
        body: The part that could not be read; the whole body if it has no parts.
        source: The source that tried; empty if none did.
    """

    reason: str
    where: str
    body: bytes
    source: str = ""


class Sources:
    """All sources, ready to recognise: a body is dispatched by its keys, so the cost does not grow with their number.

    Args:
        sources: By name.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)
        self._marks: dict[str, list[tuple[str, Mark]]] = {}
        for name, source in sources.items():
            for mark in source.marks:
                self._marks.setdefault(mark.keys[0], []).append((name, mark))

    @property
    def names(self) -> list[str]:
        """The names of all sources."""
        return sorted(self._sources)

    def read(self, body: bytes) -> tuple[list[Event], list[DeadLetter]]:
        """Everything in a body: events, and what is none."""
        events: list[Event] = []
        dead: list[DeadLetter] = []
        for record, where, part in records(body):
            if isinstance(record, Unreadable):
                dead.append(DeadLetter(record.reason, record.where, part))
                continue
            source = ""
            try:
                fields = Fields(record)
                source = self._recognise(fields)
                events += _stamped(self._sources[source].read(fields), source, part, record)
            except Unreadable as error:
                dead.append(DeadLetter(error.reason, _inside(where, error.where), part, source))
            except Exception as error:  # noqa: BLE001 - a fault of one source must not take the rest of the batch along
                what = f"source {source}" if source else "recognising it"
                log_fault(log, f"{what} failed", error)
                dead.append(DeadLetter(f"{what} failed: {type(error).__name__}", where, part, source))
        return events, dead

    def _recognise(self, fields: Fields) -> str:
        """The one source that knows this record.

        Raises:
            Unreadable: If none does, or more than one.
        """
        found = {
            name for key in fields.keys() & self._marks.keys() for name, mark in self._marks[key] if mark.fits(fields)
        }
        if len(found) == 1:
            return found.pop()
        if found:
            raise Unreadable(f"more than one source claims it: {', '.join(sorted(found))}")
        raise Unreadable(f"no source knows it; its fields: {', '.join(sorted(fields.keys())[:8]) or 'none'}")


def _stamped(events: Iterable[Event], source: str, part: bytes, record: dict[str, Any]) -> list[Event]:
    digest = content_digest(part)
    return [replace(event, source=source, digest=digest, raw=record) for event in events]


def _inside(where: str, place: str) -> str:
    return f"{where}.{place}" if place else where
