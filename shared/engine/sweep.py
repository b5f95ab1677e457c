"""The sweep: what was left behind, or is due by now, is taken up again. Run by a timer on every instance."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace as changed

import msgspec
from msgspec.structs import replace

from shared.azure.ledger import LEASE, Noted, Opened
from shared.azure.table import Row
from shared.engine import outbox, record
from shared.engine.act import act, target_of
from shared.engine.app import App
from shared.engine.asked import take_up
from shared.engine.claim import take_over
from shared.engine.conclude import conclude
from shared.engine.fault import log_fault
from shared.engine.guard import guard
from shared.engine.later import act_later
from shared.engine.outcome import DECISIONS, ended, of_error
from shared.engine.pipeline import do_step
from shared.engine.plan import Ask, Planned
from shared.engine.resolve import resolve
from shared.engine.undo import UNDOABLE, resume_undo
from shared.kinds.responder import Responder
from shared.model import ids
from shared.model.errors import Changed, Refused
from shared.model.ledger import GivenUp, Run
from shared.model.record import Decision
from shared.model.step import Step
from shared.wire.journal import Exchange
from shared.wire.scope import scope

log = logging.getLogger(__name__)


async def sweep(app: App) -> int:
    """Take up everything that is due; returns how many cases were looked at.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    await outbox.post_stored(app)
    cases = await app.ledger.due()
    results = await asyncio.gather(*(_case(*case, app) for case in cases), return_exceptions=True)
    for (partition, _, _), result in zip(cases, results, strict=True):
        if isinstance(result, BaseException):  # the case stays listed; the next sweep tries again
            log_fault(log, f"case {partition} could not be swept", result)
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
    with scope(entry.step.key):
        if entry.step.aim.responder not in app.responders:
            log.error("step %s calls %s, which is not there any more", entry.step.key, entry.step.aim.responder)
        elif entry.state == "undoing" and left:
            taken = await take_over(noted, "undoing", app)
            if taken is not None:
                await resume_undo(taken, app)
        elif entry.state == "planned" and due and not entry.step.target:
            await _look_again(noted, opened, app)
        elif (entry.state == "planned" and due) or (entry.state == "claimed" and left):
            await _try_again(noted, app)
        elif entry.due_for == "later" and due and entry.state in UNDOABLE and (left or entry.lease is None):
            await _second_half(noted, app)


async def _look_again(noted: Noted, opened: Opened, app: App) -> None:
    """A step whose target could not be looked for: with targets it becomes steps of its own."""
    entry, step = noted.entry, noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    try:
        targets = await resolve(step.aim, responder, app, journal)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the step ended
        counted = Noted(replace(entry, attempts=entry.attempts + 1), noted.row)
        await conclude(counted, of_error(error, f"looking for the target of {step.aim.responder}"), journal, app)
        return
    ask = Ask(step.mode, step.actor, "")
    for target in targets:
        key = ids.step_key(opened.case, step.playbook, step.aim.responder, target.id)
        found = replace(step, key=key, target=msgspec.to_builtins(target))
        await do_step(Planned(found, target, None, list(journal)), len(targets), opened, ask, app)
    resolved = replace(entry, state="resolved", due=None, due_for="", reason=f"{len(targets)} targets found")
    try:
        await app.ledger.move(noted, resolved, [])
    except Changed:
        log.info("step %s was resolved by another instance, too", step.key)


async def _try_again(noted: Noted, app: App) -> None:
    """A step that did not work, or whose instance died: whatever it did is found out first."""
    noted = Noted(replace(noted.entry, otherwise=noted.entry.doubt), noted.row)
    step = noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    verdict = await guard(_plan(step, responder, journal), None, app)
    now = app.clock.now()
    counted = replace(noted.entry, attempts=noted.entry.attempts + 1)
    if verdict.end is not None and verdict.end.state == "planned":
        waiting = changed(verdict.end, otherwise=noted.entry.otherwise)
        await conclude(Noted(counted, noted.row), waiting, journal, app)
        return
    findings = record.Findings(reason="again", guard=verdict.said, journal=journal)
    intent = record.of_step(step, responder, "intent", now, findings, counted)
    taken = await take_over(noted, "claimed", app, (intent,))
    if taken is not None:
        no = verdict.end.reason if verdict.end else ""
        await conclude(taken, await act(taken.entry, app, journal, no), journal, app)


def _plan(step: Step, responder: Responder, journal: list[Exchange]) -> Planned:
    """A step of the ledger, to be guarded once more."""
    try:
        return Planned(step, target_of(step, responder), None, journal)
    except Refused as error:
        return Planned(step, None, of_error(error, step.aim.responder), journal)


async def _second_half(noted: Noted, app: App) -> None:
    """What an operation does later, such as disabling the old version of a secret."""
    entry, step = replace(noted.entry, otherwise=noted.entry.doubt), noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    verdict = await guard(_plan(step, responder, journal), None, app)
    findings = record.Findings(reason="second half", guard=verdict.said, journal=journal)
    counted = replace(entry, attempts=entry.attempts + 1)
    intent = record.of_step(step, responder, "intent", app.clock.now(), findings, counted)
    taken = await take_over(Noted(entry, noted.row), entry.state, app, (intent,) if verdict.end is None else ())
    if taken is None:
        return
    no = changed(verdict.end, otherwise=entry.otherwise) if verdict.end else None
    outcome = no or await act_later(taken.entry, app, journal)
    now = app.clock.now()
    end = ended(replace(taken.entry, state="planned"), outcome, responder, now)
    decision: Decision = "finished" if outcome.state == "done" else DECISIONS[end.state]
    again = outcome.state == "planned" and end.due is not None
    doubt: GivenUp = "uncertain" if decision == "uncertain" else end.otherwise  # for the way back to look into
    due = end.due if again else None
    end = replace(end, state=entry.state, due=due, due_for="later" if again else "", otherwise=doubt)
    findings = record.Findings(
        reason=end.reason,
        before=outcome.change.before if outcome.change else None,
        after=outcome.change.after if outcome.change else None,
        notes=outcome.notes,
        journal=journal,
    )
    kept = replace(end, before=entry.before)  # the way back goes to where it all began
    try:
        await app.ledger.move(taken, kept, [record.of_step(step, responder, decision, now, findings, end)])
    except Changed:  # the claim had ended and another instance has the step now
        log.warning("the second half of step %s was taken over before it was concluded", step.key)
