"""Runs that somebody asked for: the same walk, begun by a person instead of an event."""

from __future__ import annotations

from shared.engine import outbox
from shared.engine.app import App
from shared.engine.match import Match
from shared.engine.pipeline import walk
from shared.engine.plan import Ask, event_of
from shared.engine.playbook.load import Playbook
from shared.engine.rehearse import rehearse
from shared.model.ids import partition
from shared.model.ledger import Run


async def take_up(run: Run, playbook: Playbook, app: App) -> None:
    """Do what an accepted run wants. May be called again for a run that was not finished; nothing is done twice.

    Raises:
        AzureError: If the ledger cannot be written: then the sweep takes it up again.
    """
    why = (f"asked for by {run.actor.name or run.actor.kind}",)
    match = Match(event_of(run.event, run.entities, run.same), playbook, run.entities, why)
    ask = Ask(run.mode, run.actor, run.id)
    rehearsed = []
    if run.mode == "act":
        await walk(match, run.event, ask, app)
    else:
        rehearsed = await rehearse(match, run.event, ask, app)
        await outbox.post(rehearsed, (), app)
    await app.ledger.finish(partition(run.event.case), run, rehearsed)
