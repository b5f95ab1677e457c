"""The table of faults and what becomes of things, as a page for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.faults.endings import Ending

PLACES = {
    "tokens": "localhost",
    "the ledger": ".table.",
    "bodies": ".blob.",
    "Log Analytics": ".ingest.",
    "the dead-letter hub": "AMQP",
}

HEAD = """\
# Faults

What becomes of a step, of its records and of the tenant when something fails on the way. This page is what the run of
`make chaos LANES=faults` gives; it is compared with it there. Every walk that there is was struck: an event, a run that was asked
for, the second half, undo, expiry, approval, what is done instead, extension, evidence, what is put back. Where several
things are said, it depends on the request: each of them was seen.

| fault | at a request to | the step is | its records say | the tenant was |
| --- | --- | --- | --- | --- |
"""

Row = tuple[str, str]


def place(request: str) -> str:
    """What a request was to."""
    found = next((name for name, mark in PLACES.items() if mark in request), "")
    return found or ("the tenant, to read" if request.startswith("GET ") else "the tenant, to write")


def page(endings: Iterable[tuple[Row, Ending]]) -> str:
    """The page."""
    rows: defaultdict[Row, tuple[set[str], set[str], set[str]]] = defaultdict(lambda: (set(), set(), set()))
    for row, end in endings:
        for words, word in zip(rows[row], (end.step, end.record, end.tenant), strict=True):
            words.add(word)
    lines = [
        f"| {' | '.join((*row, *('; '.join(sorted(words)) for words in cells)))} |\n" for row, cells in rows.items()
    ]
    return HEAD + "".join(lines)
