"""The end of a step goes into the ledger: its state and its record in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from shared.azure.ledger import Noted
from shared.engine import record
from shared.engine.app import App
from shared.engine.lapse import instead
from shared.engine.moves import move
from shared.engine.outcome import DECISIONS, Outcome, ended
from shared.model.errors import Changed
from shared.model.states import Who
from shared.wire.journal import Exchange

log = logging.getLogger(__name__)


async def conclude(noted: Noted, outcome: Outcome, journal: Sequence[Exchange], app: App, who: Who = "owner") -> None:
    """Write how a claimed step ended, or that it is to be tried again."""
    step, now = noted.entry.step, app.clock.now()
    responder = app.responders[step.aim.responder]
    end = ended(noted.entry, outcome, responder, now)
    findings = record.Findings(
        reason=end.reason,
        before=outcome.change.before if outcome.change else None,
        after=outcome.change.after if outcome.change else None,
        notes=outcome.notes,
        journal=journal,
    )
    made = record.of_step(step, responder, DECISIONS[end.state], now, findings, end)
    try:
        await move(noted, end, [made], who, app, await instead(noted, end, app))
    except Changed:  # the claim had ended and another instance has the step now: it finds out, and records, what is
        log.warning("step %s was taken over before it was concluded as %s", step.key, end.state)
