"""Station 1: read. A body becomes events; what no source can read becomes a dead letter. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import force_setattr

from shared.engine.envelope import records
from shared.engine.fault import log_fault
from shared.engine.join import joined
from shared.engine.recognise import Recognition
from shared.kinds.fields import Fields
from shared.kinds.source import Source
from shared.model.case import record_case
from shared.model.delivery import Delivery
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
    """All sources, ready to recognise and to read.

    Args:
        sources: By name.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)
        self._recognition = Recognition(sources)
        self._joins = frozenset(name for name, source in sources.items() if source.joins)

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
                source = self._recognition.source_of(fields)
                events += _stamped(self._sources[source].read(fields), source, part, record)
            except Unreadable as error:
                dead.append(DeadLetter(error.reason, _inside(where, error.where), part, source))
            except Exception as error:  # noqa: BLE001 - a fault of one source must not take the rest of the batch along
                what = f"source {source}" if source else "recognising it"
                log_fault(log, f"{what} failed", error)
                dead.append(DeadLetter(f"{what} failed: {type(error).__name__}", where, part, source))
        if len(events) > 1:
            events = [event for event, _ in joined(((event, None) for event in events), self._joins)]
        return events, dead

    def read_all(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, list[Event], list[DeadLetter]]]:
        """Everything in a batch, body by body. What came in pieces in several bodies stands where its first piece was."""
        read = [self.read(delivery.body) for delivery in deliveries]
        pieces = [(event, at) for at, (events, _) in enumerate(read) for event in events]
        whole: list[list[Event]] = [[] for _ in deliveries]
        for event, at in joined(pieces, self._joins):
            whole[at].append(event)
        return [(delivery, events, dead) for delivery, events, (_, dead) in zip(deliveries, whole, read, strict=True)]


def _stamped(events: Iterable[Event], source: str, part: bytes, record: dict[str, Any]) -> list[Event]:
    """A record's events, with what its source does not know. They are new, and nobody else has seen them yet."""
    digest = content_digest(part)
    found = list(events)
    for number, event in enumerate(found):
        force_setattr(event, "source", source)
        force_setattr(event, "digest", digest)
        force_setattr(event, "raw", record)
        if not event.case:
            force_setattr(event, "case", record_case(source, f"{digest}-{number}" if number else digest))
    return found


def _inside(where: str, place: str) -> str:
    return f"{where}.{place}" if place else where
