"""Whether what was measured is as promised: once things have settled, the end is as the beginning. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from tests.chaos.soak.meter import Sample

MORE_ROWS, MORE_BLOCKS, MORE_MEGABYTES = 1.05, 1.0075, 1.03
"""How much of each there may be at the end, against what there was when things had settled."""

MORE_TIME = 1.5
"""Likewise for processor time of an event: machines are busy with other things, too."""

MORE_LATENCY = 1.1
"""Likewise for the time to the first act, which is simulated: only what else is on its way makes a difference."""

AGAIN = 1.3
"""Likewise against the very beginning: a target that was acted on lately takes two requests more, to lock the row it has."""


def verdict(samples: Sequence[Sample], settled: int) -> list[str]:
    """What is not as promised.

    Args:
        samples: In order of time.
        settled: The minute after which as much is forgotten as comes in.
    """
    after = [sample for sample in samples if sample.minute > settled]
    half = max(1, len(after) // 2)
    first, last = after[:half], after[-half:]
    if len(after) < 2 or not any(sample.latency for sample in first):
        return ["there is too little to judge by"]
    wrong: list[str] = []

    def compare(what: str, unit: str, most: float, value: Callable[[Sample], float]) -> None:
        before, now = (median(value(sample) for sample in some) for some in (first, last))
        if now > before * most:
            wrong.append(f"{what}: {now:,.2f}{unit} at the end, {before:,.2f}{unit} before; at most {most} times that")

    compare("rows of the ledger", "", MORE_ROWS, rows)
    compare("blocks of memory", "", MORE_BLOCKS, lambda sample: sample.blocks)
    compare("memory", " MB", MORE_MEGABYTES, lambda sample: sample.megabytes)
    compare("processor time of an event", " ms", MORE_TIME, milliseconds)
    compare("time to the first act", " s", MORE_LATENCY, latency)
    if latency(samples[-1]) > latency(samples[0]) * AGAIN:
        wrong.append(f"time to the first act: {latency(samples[-1]):.2f} s; it began with {latency(samples[0]):.2f} s")
    return wrong


def rows(sample: Sample) -> int:
    """The rows of the ledger."""
    return sum(sample.rows.values())


def milliseconds(sample: Sample) -> float:
    """Processor time of an event."""
    return 1000 * sample.cpu / max(1, sample.events)


def latency(sample: Sample) -> float:
    """Seconds from delivery to the first write, on average; 0 if nothing was done."""
    return fmean(sample.latency) if sample.latency else 0.0
