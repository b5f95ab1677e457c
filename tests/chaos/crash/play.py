"""A walk is played once to find its points, and then once for each of them: killed there, and gone on with by another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from shared.azure.ledger import LEASE
from tests.chaos.crash.after import Sight, left, seen, wrong
from tests.chaos.crash.line import Line, Moment, Point, lived
from tests.chaos.crash.stage import staged, swept, written
from tests.chaos.crash.walks import Resume, Walk
from tests.lab import Lab

SWEEPS = 4
"""After each of which everything may be in order; more are not waited for."""

MOMENTS: tuple[Moment, ...] = ("before", "after")

Killed = tuple[Point, Resume]
"""Where an instance is killed, and how it goes on."""


@dataclass(frozen=True)
class Clean:
    """A walk that nobody interrupted.

    Args:
        walk: The walk.
        name: The responder.
        folder: Where its playbook is.
        requests: What it sent, in order.
        sight: How things stood in the end.
    """

    walk: Walk
    name: str
    folder: Path
    requests: tuple[str, ...]
    sight: Sight

    @property
    def points(self) -> list[Killed]:
        """Every point at which it can be killed, with every way to go on."""
        numbers = range(len(self.requests))
        return [(Point(n, moment), resume) for n in numbers for moment in MOMENTS for resume in self.walk.resumes]


async def clean(walk: Walk, name: str, folder: Path) -> Clean:
    """Play a walk to its end.

    Raises:
        AssertionError: It does not even end as it should when nobody interrupts it.
    """
    async with staged(name, written(folder, name, walk.options, walk.more(name))) as stage:
        await walk.prepare(stage)
        line = Line()
        made = stage.instance(line)
        assert await lived(walk.go(stage, made), made.app.tasks, line)
        requests = tuple(line.requests)
        await swept(made)
        sight = seen(stage, made)
        mistakes = wrong(stage, made, sight)
    assert not mistakes, (walk.title, name, mistakes)
    return Clean(walk, name, folder, requests, sight)


async def killed(played: Clean, point: Point, resume: Resume) -> list[str]:
    """Kill an instance at a point of the walk, and have another one go on; what is wrong in the end."""
    walk = played.walk
    async with staged(played.name, played.folder) as stage:
        await walk.prepare(stage)
        before = seen(stage, stage.first)
        line = Line(point)
        made = stage.instance(line)
        if await lived(walk.go(stage, made), made.app.tasks, line):
            return [f"it was not killed: it makes {len(line.requests)} requests, not {len(played.requests)}"]
        heir = stage.instance()
        if resume == "redelivered late":
            await asyncio.sleep(LEASE.total_seconds() + 1)
        if resume in ("swept", "swept, then redelivered"):
            await _settled(heir)
        if resume != "swept" or seen(stage, heir) == before:
            await walk.go(stage, heir)
            await _settled(heir)
        return wrong(stage, heir, played.sight)


async def _settled(made: Lab) -> None:
    for _ in range(SWEEPS):
        await swept(made)
        if not left(made):
            break
