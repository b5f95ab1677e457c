"""Retention: what is over is forgotten some time after, so that the ledger stays small. Log Analytics keeps the records.

What still holds a target is not over, however long ago it was: the way back needs to know what was there before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from msgspec.structs import replace

from shared.azure.ledger import Finished, Locked, Noted
from shared.engine.act import unlocked
from shared.engine.app import STEP, App
from shared.engine.fault import log_fault
from shared.kinds.responder import Operation
from shared.model.errors import Changed

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Cases that are forgotten side by side."""

MOST = 2_000
"""Cases that one sweep forgets; the next goes on."""


async def forget(app: App) -> int:
    """Forget cases that ended long enough ago; how many were.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    before = app.clock.now() - app.settings.retention
    finished = await app.ledger.finished_before(before, MOST)
    done = 0
    for start in range(0, len(finished), AT_ONCE):
        some = finished[start : start + AT_ONCE]
        results = await asyncio.gather(*(_case(case, app) for case in some), return_exceptions=True)
        for case, result in zip(some, results, strict=True):
            if isinstance(result, BaseException):  # it stays listed; the next sweep tries again
                log_fault(log, f"case {case.partition} could not be forgotten", result)
            elif result:
                done += 1
    return done


async def _case(finished: Finished, app: App) -> bool:
    """Forget one case; False if it is not over, or went on and ended once more since: then it is listed again."""
    entries = await app.ledger.entries(finished.partition)
    went_on = await app.ledger.end(finished.partition) not in ("", finished.end)
    if went_on or await app.ledger.is_open(finished.partition) or await _any_holds(entries, app):
        await app.ledger.not_now(finished)
        return False
    for noted in entries:
        await _let_go(noted, app)
    try:
        await app.ledger.forget(finished)
    except Changed:
        return False
    return True


async def _any_holds(entries: Sequence[Noted], app: App) -> bool:
    """Whether a step holds its target, which may still be put back: with that, the case is listed again."""
    for step in (noted.entry.step for noted in entries):
        operation = isinstance(app.responders.get(step.aim.responder), Operation)
        holds = () if operation or not step.target else (await app.ledger.holds(step.target_id)).holds
        if any(hold.step == step.key for hold in holds):
            return True
    return False


async def _let_go(noted: Noted, app: App) -> None:
    """Give up what an operation remembers for its way back, and what is too old to make anything last longer."""
    step, before = noted.entry.step, app.clock.now() - app.settings.retention
    there = await app.ledger.holds(step.target_id)
    holds = tuple(hold for hold in there.holds if hold.step != step.key)
    if len(holds) == len(there.holds) and all(past.time >= before for past in there.past):
        return
    locked = await app.ledger.lock(step.target_id, app.instance, app.clock.now() + STEP)
    holds = tuple(hold for hold in locked.holds.holds if hold.step != step.key)
    past = tuple(past for past in locked.holds.past if past.time >= before)
    await unlocked(Locked(replace(locked.holds, holds=holds, past=past), locked.row), app)
