"""What becomes of a walk that a fault has struck, in a few words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.chaos import chain
from tests.chaos.crash.after import Sight, left, seen, unended, untold
from tests.chaos.crash.play import Clean
from tests.chaos.crash.stage import Stage, staged, swept
from tests.chaos.faults.kinds import Kind
from tests.lab import Lab

SWEEPS = 40
"""Until everything is in order: an outage of hours is waited for."""

NOT_DONE = ("failed", "refused")


@dataclass(frozen=True)
class Ending:
    """An ending.

    Args:
        step: What became of the step.
        record: What the records say.
        tenant: What was done.
        wrong: What must not be.
    """

    step: str
    record: str
    tenant: str
    wrong: list[str] = field(default_factory=list)


async def struck(played: Clean, kind: Kind, number: int) -> Ending:
    """Play a walk with a fault at a request."""
    walk = played.walk
    async with staged(played.name, played.folder) as stage:
        await walk.prepare(stage)
        before = seen(stage, stage.first)
        made = kind.strike(stage, number, lambda other: walk.go(stage, other))
        failed = await _failed(played, stage, made)
        heir = stage.instance()
        late = failed or bool(left(heir))
        await _settled(heir)
        if failed or seen(stage, heir) == before != played.sight:
            late = True
            await walk.go(stage, heir)
            await _settled(heir)
        now = seen(stage, heir)
        late = late or any(row["Decision"] == "deferred" for row in stage.first.records)
        mistakes = [text for text in left(heir) if "the lock" not in text]
        mistakes += [*_locks(heir), *unended(stage, heir), *untold(stage, heir)]
        mistakes += [*chain.broken(stage.first.records), *_doubled(now, played.sight)]
    return Ending(_step(now, played.sight, late=late), _record(now, played.sight), _tenant(now, played.sight), mistakes)


async def _failed(played: Clean, stage: Stage, made: Lab) -> bool:
    """Whether the walk raised, so that the host of the event hub delivers once more."""
    try:
        await played.walk.go(stage, made)
    except Exception:  # noqa: BLE001 - whatever it is, what matters is how it ends
        return True
    await asyncio.gather(*made.app.tasks, return_exceptions=True)
    return False


async def _settled(made: Lab) -> None:
    for _ in range(SWEEPS):
        await swept(made)
        if not left(made):
            break


def _locks(made: Lab) -> Iterator[str]:
    """Locks that have not ended: those that could not be given up end by themselves."""
    now = made.world.clock.now()
    for row in made.ledger_rows():
        until = json.loads(row["Data"]).get("until") if row["RowKey"] == "target" else None
        if until and datetime.fromisoformat(until) > now:
            yield f"the lock {row['PartitionKey']} is held"


def _doubled(now: Sight, clean: Sight) -> Iterator[str]:
    for request, times in now.effects.items():
        if times > max(1, clean.effects[request]):
            yield f"{request} took effect {times} times"
    for end, times in now.ends.items():
        if end[1] == "done" and times > max(1, clean.ends[end]):
            yield f"there are {times} records that step {end[0]} is done"
    done = {key for key, (state, _) in clean.states.items() if state in ("done", "undone")}
    lies = [key for key in done if now.states.get(key, ("", ""))[0] in NOT_DONE]
    if lies and clean.effects and now.effects == clean.effects:
        yield f"step {lies[0]} is {now.states[lies[0]][0]}, and its effect is in the tenant"


def _step(now: Sight, clean: Sight, *, late: bool) -> str:
    others = {
        now.states.get(key, ("not begun", ""))[0] for key, was in clean.states.items() if now.states.get(key) != was
    }
    if others:
        return ", ".join(sorted(others))
    return "as without it, later" if late else "as without it"


def _record(now: Sight, clean: Sight) -> str:
    others = {decision for (_, decision) in (now.ends - clean.ends)}
    return ", ".join(sorted(others)) if others else "as without it"


def _tenant(now: Sight, clean: Sight) -> str:
    if now.effects == clean.effects:
        return "as without it"
    if not now.effects:
        return "untouched"
    if any(times > max(1, clean.effects[request]) for request, times in now.effects.items()):
        return "changed twice"
    return "as without it, and what was due since is done" if now.effects > clean.effects else "changed in part"
