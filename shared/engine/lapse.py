"""A plan that nobody approved in time, or whose target has changed: the step lapses, and its playbook may go on otherwise."""

from __future__ import annotations

from msgspec.structs import replace

from shared.azure.ledger import Noted
from shared.engine import record
from shared.engine.app import App
from shared.engine.moves import move
from shared.engine.plan import event_of
from shared.model import ids
from shared.model.ledger import Entry
from shared.model.states import Who
from shared.model.step import Aim


async def lapse(noted: Noted, reason: str, who: Who, app: App) -> Noted:
    """End a step that waits for approval.

    Raises:
        Changed: Somebody has answered, or another instance was faster.
    """
    step, now = noted.entry.step, app.clock.now()
    end = replace(noted.entry, state="lapsed", reason=reason, due=None, due_for="")
    findings = record.Findings(reason=reason)
    made = record.of_step(step, app.responders.get(step.aim.responder), "lapsed", now, findings, end)
    return await move(noted, end, [made], who, app, instead(end, app))


def instead(end: Entry, app: App) -> list[Entry]:
    """What the playbook does instead of a step that has lapsed: steps whose targets are still to be looked for."""
    step = end.step
    playbook = app.playbooks.named(step.playbook)
    if end.state != "lapsed" or playbook is None or any(c.responder == step.aim.responder for c in playbook.lapsed):
        return []
    now, asked = app.clock.now(), end.approval.id if end.approval else ""
    about, entity = event_of(step.event, (step.aim.entity,)), step.aim.entity
    begun = []
    for call in playbook.lapsed:
        responder = app.responders[call.responder]
        if responder.target.accepts.isdisjoint(entity.kinds):
            continue
        other = replace(
            step,
            key=ids.step_key(step.event.case, step.playbook, call.responder, f"instead of {step.key}, {asked}"),
            order=playbook.order(call.responder),
            aim=Aim(responder=call.responder, params=call.params, entity=entity),
            target={},
            terms=call.terms_for(about, responder.facts.impact, step.targets),
        )
        reason = f"instead of {step.aim.responder}, which has lapsed"
        begun.append(Entry(step=other, state="planned", started=now, due=now, due_for="again", reason=reason))
    return begun
