"""The sweep: what was left behind, or is due by now, is taken up again. Run by a timer on every instance."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from shared.azure.ledger import LEASE, Noted, Opened
from shared.azure.table import Row
from shared.engine import outbox, record
from shared.engine.again import try_again
from shared.engine.app import App
from shared.engine.asked import take_up
from shared.engine.claim import take_over
from shared.engine.conclude import conclude
from shared.engine.fault import log_fault
from shared.engine.forget import forget
from shared.engine.lapse import lapse
from shared.engine.moves import move
from shared.engine.outcome import of_error
from shared.engine.pipeline import do_step
from shared.engine.plan import Ask, Planned
from shared.engine.resolve import resolve
from shared.engine.second_half import second_half
from shared.engine.turn import record_turn
from shared.engine.undo import resume_undo, undo
from shared.engine.urgency import urgency
from shared.model import ids
from shared.model.errors import AzureError, Changed
from shared.model.ledger import Entry, Run
from shared.model.states import UNDOABLE
from shared.model.step import Actor
from shared.wire.journal import Exchange
from shared.wire.scope import scope
from shared.wire.urgency import urgent

log = logging.getLogger(__name__)


async def sweep(app: App) -> int:
    """Take up everything that is due; returns how many cases were looked at.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    await outbox.post_stored(app)
    await record_turn(app)
    cases = await app.ledger.due()
    results = await asyncio.gather(*(_case(*case, app) for case in cases), return_exceptions=True)
    for (partition, _, _), result in zip(cases, results, strict=True):
        if isinstance(result, BaseException):  # the case stays listed; the next sweep tries again
            log_fault(log, f"case {partition} could not be swept", result)
    await forget(app)
    return len(cases)


async def _case(partition: str, case: str, row: Row, app: App) -> None:
    with scope(f"sweep:{partition}"):
        opened = Opened(case, partition, False, (), row)
        for run in await app.ledger.runs(partition):
            if not run.finished and run.accepted + LEASE <= app.clock.now():
                await _again(run, app)
        for noted in await app.ledger.entries(partition):
            await _entry(noted, opened, app)
        await outbox.post_case(partition, app)
        await app.ledger.settle(partition, case, row)


async def _again(run: Run, app: App) -> None:
    playbook = app.playbooks.named(run.playbook)
    if playbook is None:
        reason = f"playbook {run.playbook} is not there any more"
        made = record.of_run(run, "refused", reason, app.clock.now())
        await outbox.post([made], (), app)
        await app.ledger.finish(ids.partition(run.event.case), run, [made])
        return
    await take_up(run, playbook, app)


async def _entry(noted: Noted, opened: Opened, app: App) -> None:
    entry, now = noted.entry, app.clock.now()
    left = entry.lease is not None and entry.lease <= now
    due = entry.due is not None and entry.due <= now
    over = entry.state in UNDOABLE and entry.expires is not None and entry.expires <= now
    with scope(entry.step.key), urgent(urgency(entry.step.event, entry.step.actor)):
        if (entry.state == "held" and due) or (entry.forcing is not None and entry.forcing.until <= now):
            with suppress(Changed):  # somebody has answered meanwhile
                await lapse(noted, "nobody approved its plan in time", "sweep", app)
        elif entry.step.aim.responder not in app.responders:
            log.error("step %s calls %s, which is not there any more", entry.step.key, entry.step.aim.responder)
        elif not (left or due or over) or await _stopped(entry, app, back=over or entry.state == "undoing"):
            return
        elif entry.state == "undoing" and left:
            taken = await take_over(noted, "undoing", app, "sweep")
            if taken is not None:
                await resume_undo(taken, app)
        elif entry.state == "planned" and due and not entry.step.target:
            await _look_again(noted, opened, app)
        elif (entry.state == "planned" and due) or (entry.state == "claimed" and left):
            await try_again(noted, app)
        elif over and entry.lease is None:
            await undo(noted, Actor(), app, "sweep")
        elif entry.due_for == "later" and due and entry.state in UNDOABLE and (left or entry.lease is None):
            await second_half(noted, app)


async def _stopped(entry: Entry, app: App, *, back: bool) -> bool:
    """Whether the kill switch has it wait: then its row is left as it is until it is off, however often this looks."""
    try:
        switch = await app.switch.now()
    except AzureError as error:  # a deed goes on to its guards, who put that on record
        log.warning("the kill switch cannot be read: step %s is not put back now: %s", entry.step.key, error)
        return back
    begun = entry.due_for == "later"  # the first half is done: to refuse the second would leave it so for ever
    return switch.mode == "queue" or (back and switch.stops_undo) or (begun and switch.on)


async def _look_again(noted: Noted, opened: Opened, app: App) -> None:
    """A step whose target could not be looked for: with targets it becomes steps of its own."""
    entry, step = noted.entry, noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    try:
        targets = await resolve(step.aim, responder, app, journal)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the step ended
        counted = Noted(replace(entry, attempts=entry.attempts + 1), noted.row)
        end = of_error(error, f"looking for the target of {step.aim.responder}")
        await conclude(counted, end, journal, app, "sweep")
        return
    ask = Ask(step.mode, step.actor, "")
    for target in targets:
        key = ids.step_key(opened.case, step.playbook, step.aim.responder, target.id)
        found = replace(step, key=key, target=msgspec.to_builtins(target))
        await do_step(Planned(found, target, None, list(journal)), len(targets), opened, ask, app)
    resolved = replace(entry, state="resolved", due=None, due_for="", reason=f"{len(targets)} targets found")
    try:
        await move(noted, resolved, [], "sweep", app)
    except Changed:
        log.info("step %s was resolved by another instance, too", step.key)
