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
}

HEAD = """\
# Faults

What becomes of a step, of its records and of the tenant when something fails on the way, compared with the same walk without it.
This page is what `make chaos LANES=faults` gives, and is compared with it there. Struck were an event's walk at each of its
requests, for every responder, and at every eleventh all others: a run that was asked for, the second half, undo, expiry,
approval, what is done instead, extension, evidence, what is put back. A fault strikes once, if it does not say how long it lasts.
Where several things are said, it depends on the request. `later`: the sweep did it. No effect was there twice, and no step
ended without its record.

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
