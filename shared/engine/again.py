"""A step that is taken up again: it did not work, its instance died, or its plan has been approved."""

from __future__ import annotations

from dataclasses import replace as changed

from msgspec.structs import replace

from shared.azure.ledger import Noted
from shared.engine import record
from shared.engine.act import act, target_of
from shared.engine.app import App
from shared.engine.approval import asked_for, to_be_asked
from shared.engine.claim import take_over
from shared.engine.conclude import conclude
from shared.engine.guard import guard
from shared.engine.outcome import of_error
from shared.engine.plan import Planned
from shared.kinds.responder import Responder
from shared.model.errors import Refused
from shared.model.ledger import Entry
from shared.wire.journal import Exchange


async def try_again(noted: Noted, app: App) -> None:
    """A step that did not work, or whose instance died: whatever it did is found out first."""
    noted = Noted(replace(noted.entry, otherwise=noted.entry.doubt), noted.row)
    step = noted.entry.step
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    verdict = await guard(replanned(noted.entry, responder, journal), None, app)
    verdict = await asked_for(replanned(noted.entry, responder, journal), verdict, noted.row.partition, app)
    now = app.clock.now()
    counted = replace(noted.entry, attempts=noted.entry.attempts + 1)
    may_wait = ("planned", "held") if noted.entry.state == "planned" else ("planned",)
    if verdict.end is not None and verdict.end.state in may_wait:
        waiting = changed(verdict.end, otherwise=noted.entry.otherwise)
        await conclude(Noted(counted, noted.row), waiting, journal, app, "sweep")
        return
    findings = record.Findings(reason="again", guard=verdict.said, journal=journal)
    intent = record.of_step(step, responder, "intent", now, findings, counted)
    taken = await take_over(noted, "claimed", app, "sweep", (intent,))
    if taken is None:
        return
    outcome = await act(taken.entry, app, journal, verdict.end.reason if verdict.end else verdict.unasked)
    await conclude(taken, to_be_asked(outcome, verdict), journal, app)


def replanned(entry: Entry, responder: Responder, journal: list[Exchange]) -> Planned:
    """A step of the ledger, to be guarded once more."""
    step, approved = entry.step, entry.approval is not None and entry.approval.granted
    try:
        return Planned(step, target_of(step, responder), None, journal, approved)
    except Refused as error:
        return Planned(step, None, of_error(error, step.aim.responder), journal)
