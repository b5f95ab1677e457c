"""Events that break the walk: a fault of ours in handling one makes it a dead letter, and the others go on.

The host repeats a batch that raises for ever, which is right while it cannot be stored and wrong while it cannot be
handled: one event would block its partition.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from shared.azure.faults import told_apart
from shared.engine.envelope import records
from shared.engine.fault import described, log_fault
from shared.engine.read import DeadLetter, Sources
from shared.model.delivery import Delivery
from shared.model.errors import AzureError
from shared.model.event import Event
from shared.model.ids import content_digest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """An event and what handling it ended in.

    Args:
        event: The event.
        delivery: What it came in.
        error: What was raised.
    """

    event: Event
    delivery: Delivery
    error: BaseException


def read(deliveries: Sequence[Delivery], sources: Sources) -> list[tuple[Delivery, list[Event], list[DeadLetter]]]:
    """Everything in a batch, body by body; a body that breaks the reading is a dead letter as it is."""
    try:
        return sources.read_all(deliveries)
    except Exception as error:  # noqa: BLE001 - whatever it is, only the body that did it must pay for it
        log_fault(log, "reading a batch broke off", error)
        return [_alone(delivery, sources) for delivery in deliveries]


def _alone(delivery: Delivery, sources: Sources) -> tuple[Delivery, list[Event], list[DeadLetter]]:
    try:
        return delivery, *sources.read(delivery.body)
    except Exception as error:  # noqa: BLE001 - as above
        return delivery, [], [DeadLetter(f"reading it broke off: {described(error)}", "", delivery.body)]


def is_poison(error: object) -> bool:
    """Whether an error is a fault in handling one event, and not that something could not be stored or the end of all.

    What Azure, the network or the machine answered passes, and the same event may go well the next time.
    """
    if not isinstance(error, Exception) or isinstance(error, OSError):
        return False
    return not isinstance(told_apart(error), AzureError)


def dead_letters(
    faults: Iterable[Fault], deliveries: Sequence[Delivery], sources: Sources
) -> list[tuple[Fault, DeadLetter]]:
    """What goes to the dead-letter hub for events that could not be handled: one for each, with the body it came as."""
    bodies = _Bodies(deliveries, sources)
    first: dict[tuple[int, str, str], Fault] = {}
    for fault in faults:
        log_fault(log, f"handling event {fault.event.digest[:16]} broke off", fault.error)
        first.setdefault((id(fault.delivery), fault.event.case, fault.event.digest), fault)
    return [(fault, _letter(fault, bodies)) for fault in first.values()]


def _letter(fault: Fault, bodies: _Bodies) -> DeadLetter:
    reason = f"handling it broke off: {described(fault.error)}"
    return DeadLetter(reason, "", bodies.of(fault.event, fault.delivery), fault.event.source)


class _Bodies:
    """The bodies of single events. To look for them takes time, so it is done only when one is asked for.

    Args:
        deliveries: The batch.
        sources: Read it once more.
    """

    def __init__(self, deliveries: Sequence[Delivery], sources: Sources) -> None:
        self._deliveries = deliveries
        self._read: Callable[[bytes], tuple[list[Event], list[DeadLetter]]] = sources.read

    def of(self, event: Event, delivery: Delivery) -> bytes:
        """The part of a body that an event was read from; the pieces of one that came in several; else all of it.

        The part is as it was, for ids are derived from it.
        """
        return self._parts.get(event.digest) or self._pieces.get((event.source, event.case)) or delivery.body

    @cached_property
    def _parts(self) -> dict[str, bytes]:
        return {content_digest(part): part for delivery in self._deliveries for _, _, part in records(delivery.body)}

    @cached_property
    def _pieces(self) -> dict[tuple[str, str], bytes]:
        found: dict[tuple[str, str], list[bytes]] = {}
        for delivery in self._deliveries:
            for record, _, part in records(delivery.body):
                for event in self._read(part)[0]:
                    found.setdefault((event.source, event.case), []).append(msgspec.json.encode(record))
        return {key: b"[" + b",".join(pieces) + b"]" for key, pieces in found.items()}
