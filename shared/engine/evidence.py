"""Evidence before containment: tried first, waited for until a deadline, and never a reason not to contain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec

from shared.engine.app import App
from shared.engine.fault import log_fault
from shared.engine.plan import Planned
from shared.model.errors import AzureError
from shared.model.ledger import Entry
from shared.model.states import ENDS

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at evidence that another instance is collecting."""

COLLECTED = frozenset({"done", "already"})


async def collected(
    plans: Sequence[Planned],
    within: timedelta,
    partition: str,
    do: Callable[[Planned], Awaitable[None]],
    app: App,
) -> list[Planned]:
    """Try the steps that collect evidence; the others, each told what is missing when its time is over.

    What takes longer goes on beside containment; what did not work is tried again by the sweep.

    Raises:
        AzureError: If the ledger cannot be written.
    """
    first = [plan for plan in plans if plan.step.terms.evidence]
    then = [plan for plan in plans if not plan.step.terms.evidence]
    if not first or not then:
        await asyncio.gather(*map(do, first))  # nothing waits for it
        return then
    began = app.clock.now()
    tasks = [asyncio.ensure_future(do(plan)) for plan in first]
    for task in tasks:
        app.tasks.add(task)
        task.add_done_callback(app.tasks.discard)
    ended, _ = await asyncio.wait(tasks, timeout=within.total_seconds())
    for task in ended:
        _told(task)
    while True:
        entries = await _entries(first, partition, app)
        until = min((entry.started for entry in entries.values()), default=began) + within
        if all(_over(entry) for entry in entries.values()) or app.clock.now() >= until:
            break
        await app.clock.sleep(LOOK)
    lacking = tuple(_missing(plan, entries.get(plan.step.key)) for plan in first if not _is_there(plan, entries))
    return [replace(plan, step=msgspec.structs.replace(plan.step, lacking=lacking)) for plan in then]


def _told(task: asyncio.Future[None]) -> None:
    """What broke off is missing, which containment's record says; what could not be stored comes again."""
    error = task.exception()
    if isinstance(error, AzureError):
        raise error
    if error is not None:
        log_fault(log, "collecting evidence broke off", error)


async def _entries(plans: Sequence[Planned], partition: str, app: App) -> dict[str, Entry]:
    keys = {plan.step.key for plan in plans}
    found = await app.ledger.entries(partition)
    return {noted.entry.step.key: noted.entry for noted in found if noted.entry.step.key in keys}


def _over(entry: Entry) -> bool:
    """Whether there is nothing to wait for: it has ended, or is tried again later."""
    return entry.state in ENDS or entry.state in ("planned", "held")


def _is_there(plan: Planned, entries: dict[str, Entry]) -> bool:
    entry = entries.get(plan.step.key)
    return entry is not None and entry.state in COLLECTED


def _missing(plan: Planned, entry: Entry | None) -> str:
    what = f"{plan.step.aim.responder} on {plan.step.target_id}"
    if entry is None:
        return f"{what}: not begun"
    state = "under way" if entry.state == "claimed" else entry.state
    return f"{what}: {state}{f', {entry.reason}' if entry.reason else ''}"
