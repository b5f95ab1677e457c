"""One hour of simulated time at 50 events a second: memory is flat, rows are bounded, the first act comes as soon as ever.

The ledger remembers for ten minutes here, so that most of the hour shows what comes after: each row that comes is paid for
by one that goes. With another time there is as much more as that time is longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.chaos.soak.meter import ENDS, Sample
from tests.chaos.soak.stage import Plan, soak
from tests.chaos.soak.verdict import latency, milliseconds, rows, verdict

PLAN = Plan()
SETTLED = 25
"""Minutes until as much is forgotten as comes in: what is cut off for ten minutes is remembered for ten more."""

HEAD = ("minute", "events", "acts", "rows", "blocks", "MB", "ms/event", "first act s")

Say = Callable[[str], None]


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    say("  " + "".join(f"{name:>13}" for name in HEAD))
    meter, hub = soak(PLAN, lambda sample: say(_line(sample)))
    _kinds(meter.samples, say)
    events = sum(sample.events for sample in meter.samples)
    decided = " ".join(f"{name}={count}" for name, count in sorted(meter.decisions.items()))
    say(f"  {events:,} events: {decided}; letters in the hub={hub.letters}")
    wrong = verdict(meter.samples, SETTLED)
    if meter.decisions["dead_letter"] != hub.letters:
        wrong.append(f"{meter.decisions['dead_letter']} dead letters, {hub.letters} of them in the hub")
    ended = sum(meter.decisions[end] for end in ENDS)
    if meter.decisions["intent"] != ended:
        wrong.append(f"{meter.decisions['intent']:,} deeds were begun, {ended:,} ended as they should")
    return wrong


def _line(sample: Sample) -> str:
    figures = (
        f"{sample.minute}",
        f"{sample.events:,}",
        f"{sample.acts:,}",
        f"{rows(sample):,}",
        f"{sample.blocks:,}",
        f"{sample.megabytes:.0f}" if sample.megabytes else "-",
        f"{milliseconds(sample):.2f}",
        f"{latency(sample):.2f}",
    )
    return "  " + "".join(f"{figure:>13}" for figure in figures)


def _kinds(samples: list[Sample], say: Say) -> None:
    """The rows of the ledger by kind, as time went on."""
    shown = samples[:: max(1, len(samples) // 6)]
    say(f"  {'rows after minute':18}" + "".join(f"{sample.minute:>8}" for sample in shown))
    for kind in sorted(sum((sample.rows for sample in samples), Counter())):
        say(f"  {kind:18}" + "".join(f"{sample.rows[kind]:>8,}" for sample in shown))
