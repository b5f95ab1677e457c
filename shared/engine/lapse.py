"""A plan that nobody approved in time, or whose target has changed: the step lapses, and its playbook may go on otherwise."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from shared.azure.ledger import Noted
from shared.engine import record
from shared.engine.app import App
from shared.engine.moves import move
from shared.model import ids
from shared.model.ledger import Entry
from shared.model.states import Who


async def lapse(noted: Noted, reason: str, who: Who, app: App) -> Noted:
    """End a step that waits for approval.

    Raises:
        Changed: Somebody has answered, or another instance was faster.
    """
    entry, step = noted.entry, noted.entry.step
    if entry.forcing is not None:  # the step is as it was; nobody has agreed to force its way back
        end = replace(entry, reason=reason, approval=None)
    else:
        end = replace(entry, state="lapsed", reason=reason, due=None, due_for="")
    responder, findings = app.responders.get(step.aim.responder), record.Findings(reason=reason)
    told = replace(end, approval=entry.approval)
    made = record.of_step(step, responder, "lapsed", app.clock.now(), findings, told)
    return await move(noted, end, [made], who, app, await instead(noted, end, app))


async def instead(noted: Noted, end: Entry, app: App) -> list[Entry]:
    """The steps that are to be done instead of one that has lapsed: once for the case, however many lapse."""
    step = end.step
    if end.state != "lapsed" or not step.instead:
        return []
    now = app.clock.now()
    begun = []
    for other in step.instead:
        place = ids.value_digest(msgspec.to_builtins(other.aim.entity))
        key = ids.step_key(step.event.case, step.playbook, other.aim.responder, f"instead, {place}")
        if await app.ledger.entry(noted.row.partition, key) is None:
            planned = replace(step, key=key, order=other.order, aim=other.aim, terms=other.terms, target={}, instead=())
            reason = f"instead of {step.aim.responder}, which has lapsed"
            begun.append(Entry(step=planned, state="planned", started=now, due=now, due_for="again", reason=reason))
    return begun
