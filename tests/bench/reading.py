"""Events read per second on one core, source by source, against `json.loads` of the same bytes.

Each source reads its own recordings, each in many variants: other ids, addresses and times every time, as in life, so that what
is kept from one body does not answer for the next.
"""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from shared.engine.read import Sources
from shared.kinds.source import all_sources
from tests.bench.measure import Measure
from tests.lab import RECORDINGS

VARIANTS = 40
ROUNDS = 7
_GUID = re.compile(rb"(?<=-)[0-9a-fA-F]{8}(?=[0-9a-fA-F]{4}\b)")
_HASH = re.compile(rb"\b[0-9a-f]{8}(?=[0-9a-f]{24,56}\b)", re.IGNORECASE)
_HOST = re.compile(rb"(?<=\d\.)\d{1,3}(?=[\"\s,:;/\\])")
_SECOND = re.compile(rb"(?<=:\d\d:)\d\d(?=[.Z+])")


def measure() -> list[Measure]:
    """One for each source; those of alerts with what is wanted of them."""
    sources = Sources(all_sources())
    found: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    alerts: dict[str, list[bool]] = defaultdict(list)
    for file in sorted(RECORDINGS.iterdir()):
        body = file.read_bytes()
        events, dead = sources.read(body)
        names = {event.source for event in events}
        if len(names) == 1 and not dead and _is_document(body):
            (name,) = names
            found[name] += list(_variants(body, len(events)))
            alerts[name] += [event.case.startswith(("alert:", "incident:")) for event in events]
    return [_measured(name, bodies, sources, is_alert=all(alerts[name])) for name, bodies in sorted(found.items())]


def _is_document(body: bytes) -> bool:
    """Whether there is anything to compare with: one plain JSON document."""
    try:
        return isinstance(json.loads(body), (dict, list))
    except ValueError:
        return False


def _measured(name: str, bodies: list[tuple[bytes, int]], sources: Sources, *, is_alert: bool) -> Measure:
    events = sum(number for _, number in bodies)
    texts = [body for body, _ in bodies]
    pairs = [(_seconds(sources.read, texts), _seconds(json.loads, texts)) for _ in range(ROUNDS)]
    return Measure(
        name=f"events read per second: {name}",
        unit="/s",
        value=statistics.median(events / read for read, _ in pairs),
        floor=statistics.median(events / decoded for _, decoded in pairs),
        ratio=statistics.median(decoded / read for read, decoded in pairs),
        wanted="at least 0.3" if is_alert else "",
    )


def _seconds(work: Callable[[bytes], object], bodies: Iterable[bytes]) -> float:
    begin = time.perf_counter()
    for body in bodies:
        work(body)
    return time.perf_counter() - begin


def _variants(body: bytes, events: int) -> Iterator[tuple[bytes, int]]:
    for number in range(VARIANTS):
        varied = _GUID.sub(b"%08x" % (number * 7919 + 17), body)
        varied = _HASH.sub(b"%08x" % (number * 104729 + 5), varied)
        varied = _HOST.sub(b"%d" % (number + 2), varied)
        yield _SECOND.sub(b"%02d" % (number % 60), varied), events
