"""What a match wants done that the ledger knows nothing of."""

from __future__ import annotations

from collections.abc import Sequence

from shared.engine.app import App
from shared.engine.match import Match
from shared.engine.plan import Ask, aims, planned_for
from shared.model import ids
from shared.model.step import Brief


async def missing(match: Match, about: Brief, cases: Sequence[str], app: App) -> list[str]:
    """The steps that are in none of these cases, for people. Nothing is written.

    A step counts as known whatever became of it: one that was refused, undone or is under way is not done again.

    Args:
        match: The match.
        about: Its event.
        cases: The cases that the event may have been handled under.
        app: Everything else.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    entries = [noted.entry.step for case in cases for noted in await app.ledger.entries(ids.partition(case))]
    known = [step for step in entries if step.playbook == match.playbook.name]
    asked = {(step.aim.responder, step.aim.entity) for step in known}
    done = {(step.aim.responder, step.target_id) for step in known}
    found: dict[str, None] = {}
    for aim in aims(match, app):
        if (aim.responder, aim.entity) in asked:
            continue
        # Another entity may stand for the same target; that takes a look, but only if anything is known at all.
        plans = await planned_for(match, about, aim, Ask("act"), app) if known else []
        if not known or any((aim.responder, plan.step.target_id) not in done for plan in plans):
            found[f"{match.playbook.name}: {aim.responder} on {aim.entity.label}"] = None
    return list(found)
