"""Crash everywhere: an instance is killed before and after every request of every walk, and another one goes on.

Effects exactly once, records complete, nothing left claimed, locked or waiting, the chain whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos.crash.many import in_processes, in_simulated_time
from tests.chaos.crash.play import clean, killed
from tests.chaos.crash.walks import cases, walk_of

SHOWN = 8
"""Mistakes of a walk that are told one by one."""

Say = Callable[[str], None]


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    jobs = [(walk.title, name) for walk, name in cases()]
    points, wrong = 0, []
    for (title, name), (number, requests, mistakes) in in_processes(_play, jobs):
        points += number
        wrong += mistakes[:SHOWN]
        say(f"  {title:32}{name:30}{requests:4} requests{number:6,} crash points{len(mistakes):4} wrong")
    say(f"  {points:,} crash points")
    return wrong


def _play(job: tuple[str, str]) -> tuple[int, int, list[str]]:
    """Kill a walk everywhere: how many points there are, how many requests, and what is wrong."""
    title, name = job
    with tempfile.TemporaryDirectory(prefix="riposte-crash-") as folder:
        played = in_simulated_time(lambda: clean(walk_of(title), name, Path(folder)))
        wrong = []
        for point, resume in played.points:
            mistakes = in_simulated_time(partial(killed, played, point, resume))
            if mistakes:
                wrong.append(f"{title}, {name}, {point}, {resume}: {'; '.join(mistakes)}")
    return len(played.points), len(played.requests), wrong
