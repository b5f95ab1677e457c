"""Runs that somebody asked for: the same walk, begun by a person instead of an event."""

from __future__ import annotations

from shared.engine import outbox
from shared.engine.app import App
from shared.engine.match import Match
from shared.engine.pipeline import walk
from shared.engine.plan import Ask
from shared.engine.playbook.load import Playbook
from shared.engine.rehearse import rehearse
from shared.model.event import Event
from shared.model.ids import partition
from shared.model.ledger import Run
from shared.model.severity import Severity


async def take_up(run: Run, playbook: Playbook, app: App) -> None:
    """Do what an accepted run wants. May be called again for a run that was not finished; nothing is done twice.

    Raises:
        AzureError: If the ledger cannot be written: then the sweep takes it up again.
    """
    why = (f"asked for by {run.actor.name or run.actor.kind}",)
    match = Match(_event(run), playbook, run.entities, why)
    ask = Ask(run.mode, run.actor, run.id)
    rehearsed = []
    if run.mode == "act":
        await walk(match, run.event, ask, app)
    else:
        rehearsed = await rehearse(match, run.event, ask, app)
        await outbox.post(rehearsed, (), app)
    await app.ledger.finish(partition(run.event.case), run, rehearsed)


def _event(run: Run) -> Event:
    """The event of a run, as far as it is kept."""
    brief = run.event
    return Event(
        source=brief.source,
        provider=brief.provider,
        product=brief.product,
        id=brief.id,
        case=brief.case,
        same=run.same,
        kind=brief.kind,
        title=brief.title,
        severity=Severity.read(brief.severity),
        time=brief.time,
        entities=run.entities,
        digest=brief.digest,
    )
