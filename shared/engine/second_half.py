"""What an operation does later, taken up when it is due: the old version of a secret is disabled, say."""

from __future__ import annotations

import logging
from dataclasses import replace as changed

from msgspec.structs import replace

from shared.azure.ledger import Noted
from shared.engine import record
from shared.engine.again import replanned
from shared.engine.app import App
from shared.engine.claim import take_over
from shared.engine.guard import guard
from shared.engine.later import act_later
from shared.engine.moves import move
from shared.engine.outcome import DECISIONS, ended
from shared.model.errors import Changed
from shared.model.ledger import GivenUp
from shared.model.record import Decision
from shared.wire.journal import Exchange

log = logging.getLogger(__name__)


async def second_half(noted: Noted, app: App) -> None:
    """What an operation does later, such as disabling the old version of a secret."""
    entry, step = replace(noted.entry, otherwise=noted.entry.doubt), noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    verdict = await guard(changed(replanned(entry, responder, journal), approved=True), None, app)  # it has begun
    findings = record.Findings(reason="second half", guard=verdict.said, journal=journal)
    counted = replace(entry, attempts=entry.attempts + 1)
    intent = record.of_step(step, responder, "intent", app.clock.now(), findings, counted)
    records = (intent,) if verdict.end is None else ()
    taken = await take_over(Noted(entry, noted.row), entry.state, app, "sweep", records)
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
    kept = replace(end, before=entry.before, expires=entry.expires)  # the way back goes to where it all began
    try:
        await move(taken, kept, [record.of_step(step, responder, decision, now, findings, end)], "owner", app)
    except Changed:  # the claim had ended and another instance has the step now
        log.warning("the second half of step %s was taken over before it was concluded", step.key)
