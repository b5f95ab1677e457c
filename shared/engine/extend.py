"""Renewal: what a run did lasts longer than its playbook said."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from shared.engine import outbox, record
from shared.engine.app import STEP, App
from shared.engine.moves import move
from shared.model import ids
from shared.model.errors import Changed
from shared.model.states import UNDOABLE
from shared.model.step import Actor


async def extend_run(
    partition: str, case: str, run: str, until: datetime, actor: Actor, reason: str, app: App
) -> dict[str, str]:
    """Have every step of a run that expires expire later.

    Args:
        partition: Where the case is.
        case: The case.
        run: The run's id.
        until: The new time.
        actor: Who wants it.
        reason: Why.
        app: Everything else.

    Returns:
        What became of each step that expires: empty if it lasts until then now, or why it does not.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    row = await app.ledger.come_back(partition, case, app.clock.now() + STEP)
    ends: dict[str, str] = {}
    for noted in await app.ledger.entries(partition):
        entry = noted.entry
        if entry.step.run != run or entry.expires is None:
            continue
        if entry.state not in UNDOABLE or entry.lease is not None:
            ends[entry.step.key] = "somebody works on this step now"
        elif entry.expires >= until:
            ends[entry.step.key] = f"it lasts until {entry.expires.isoformat()} as it is"
        else:
            later = replace(entry, expires=until)
            told = replace(entry.step, actor=actor)
            findings = record.Findings(reason=reason)
            responder = app.responders.get(entry.step.aim.responder)
            made = record.of_step(told, responder, "extended", app.clock.now(), findings, later)
            made = replace(made, RecordId=ids.record_id(entry.step.key, "extended", until.isoformat(), actor.id))
            try:
                await move(noted, later, [made], "analyst", app)
                ends[entry.step.key] = ""
            except Changed:
                ends[entry.step.key] = "somebody works on this step now"
    await outbox.post_case(partition, app)
    await app.ledger.settle(partition, case, row)
    return ends
