"""Faults: each fault of the SDKs at each request of an event's walk and at some of all others; services down, clocks wrong.

Whatever it is, it ends with a record, and no effect is there twice. The run gives `docs/faults.md`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos.crash.line import SENT
from tests.chaos.crash.many import in_processes, in_simulated_time
from tests.chaos.crash.play import clean
from tests.chaos.crash.walks import cases, walk_of
from tests.chaos.faults.endings import Ending, struck
from tests.chaos.faults.kinds import KINDS
from tests.chaos.faults.table import Row, page, place
from tests.lab import ROOT

STRIDE = 11
"""At every so many requests of a walk that is no event's a fault strikes, each beginning at another one."""

PAGE = ROOT / "docs" / "faults.md"
GIVEN = ROOT / "build" / "chaos" / "faults.md"

SHOWN = 8
"""Mistakes of a walk that are told one by one."""

Say = Callable[[str], None]


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    jobs = [(walk.title, name) for walk, name in cases()]
    endings, wrong = [], []
    for (title, name), (found, mistakes) in in_processes(_play, jobs):
        endings += found
        wrong += mistakes[:SHOWN]
        say(f"  {title:32}{name:30}{len(found):6,} faults{len(mistakes):5} wrong")
    say(f"  {len(endings):,} faults")
    order = [kind.title for kind in KINDS]
    text = page(sorted(endings, key=lambda each: (order.index(each[0][0]), each[0][1])))
    GIVEN.parent.mkdir(parents=True, exist_ok=True)
    GIVEN.write_text(text)
    if not PAGE.exists() or PAGE.read_text() != text:
        wrong.append(f"{PAGE.relative_to(ROOT)} is not what the run gives: cp {GIVEN.relative_to(ROOT)} docs/")
    return wrong


def _play(job: tuple[str, str]) -> tuple[list[tuple[Row, Ending]], list[str]]:
    """Strike a walk with everything: how each ended, and what is wrong."""
    title, name = job
    found: list[tuple[Row, Ending]] = []
    wrong = []
    with tempfile.TemporaryDirectory(prefix="riposte-faults-") as folder:
        played = in_simulated_time(lambda: clean(walk_of(title), name, Path(folder)))
        requests = [each for each in played.requests if each != SENT]  # HTTP: what the fault is an answer to
        every = 1 if title == "an event is delivered" else STRIDE
        for at, kind in enumerate(KINDS):
            numbers = range(1) if kind.whole else range(at % every, len(requests), every)
            for number in numbers:
                end = in_simulated_time(partial(struck, played, kind, number))
                where = "any" if kind.whole else place(requests[number])
                found.append(((kind.title, where), end))
                if end.wrong:
                    told = "" if kind.whole else f" at request {number}, {requests[number][:100]}"
                    wrong.append(f"{title}, {name}: {kind.title}{told}: {'; '.join(end.wrong)}")
    return found, wrong
