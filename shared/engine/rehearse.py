"""Dry run of a match: plan and guard as ever, then what would be done, found out without doing it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from msgspec import Struct

from shared.engine import record
from shared.engine.app import App
from shared.engine.foresee import foresee
from shared.engine.guard import guard
from shared.engine.guards.cap import too_many
from shared.engine.match import Match
from shared.engine.outcome import Outcome, of_error
from shared.engine.plan import Ask, Planned, aims, on_terms, planned_for, step
from shared.engine.preview import Preview
from shared.engine.sdk import with_fresh_token
from shared.engine.urgency import urgency
from shared.kinds.responder import permissions
from shared.model.change import Change
from shared.model.record import Decision, Record
from shared.model.step import Aim, Brief, Step
from shared.wire.dry_run import KeptBack
from shared.wire.scope import scope
from shared.wire.urgency import urgent


async def rehearse(match: Match, about: Brief, ask: Ask, app: App) -> list[Record]:
    """The records of what a match would do. Nothing is written, neither to Azure nor to the ledger."""
    with scope(f"{about.digest[:16]}:{match.playbook.name}"), urgent(urgency(about, ask.actor)):
        found = await asyncio.gather(*(_previews(match, about, aim, ask, app) for aim in aims(match, app)))
        distinct: dict[str, tuple[Step, Preview]] = {}
        for aim, previews in zip(aims(match, app), found, strict=True):
            for preview in previews:
                made = step(match, about, aim, preview.target, ask)
                distinct.setdefault(made.key, (made, preview))
        now = app.clock.now()
        return [
            _record(on_terms(made, match, len(distinct), app), preview, len(distinct), now, app)
            for made, preview in distinct.values()
        ]


def _record(made: Step, preview: Preview, count: int, now: datetime, app: App) -> Record:
    decision: Decision = "dry_run"
    reason = ""
    if count > app.settings.max_targets:
        decision, reason = "refused", too_many(count, app.settings)
    elif not preview.would_send and (preview.end is None or preview.waits):
        reason = "the target is as wanted already: nothing would be done"
    elif preview.waits and preview.end is not None:
        reason = f"{'somebody would have to approve it' if preview.end.state == 'held' else 'it would wait'}: {preview.end.reason}"
    elif preview.end is not None:
        decision = "refused" if preview.end.state == "refused" else "failed"
        reason = preview.end.reason
    elif made.terms.approval:
        reason = f"somebody would have to approve it: {made.terms.approval}"
    findings = record.Findings(
        reason=reason,
        guard=preview.said,
        before=preview.change.before if preview.change else None,
        after=preview.change.after if preview.change else None,
        would_send=preview.would_send,
        journal=preview.journal,
    )
    return record.of_step(made, app.responders[made.aim.responder], decision, now, findings)


async def _previews(match: Match, about: Brief, aim: Aim, ask: Ask, app: App) -> list[Preview]:
    """One preview for each target of an aim; shared with other events that aim at the same."""

    async def make() -> list[Preview]:
        plans = await planned_for(match, about, aim, ask, app)
        return list(await asyncio.gather(*(_preview(plan, app) for plan in plans)))

    return await app.previews.get((match.playbook.version, aim.responder, aim.entity), make)


async def _preview(plan: Planned, app: App) -> Preview:
    async with app.slots:
        verdict = await guard(plan, None, app)
        waits = verdict.end is not None and (verdict.end.state == "held" or verdict.end.put_off)
        if plan.target is None or (verdict.end is not None and not waits):
            return Preview(target=plan.target, end=verdict.end, said=verdict.said, journal=tuple(plan.journal))
        responder = app.responders[plan.step.aim.responder]
        kept_back: list[KeptBack] = []
        azure = app.azure(permissions(responder), plan.journal, kept_back.append)
        end: Outcome | None = verdict.end
        change: Change[Struct] | None = None
        try:
            change = await with_fresh_token(lambda: foresee(plan.step, responder, azure, app), app.credential)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what can be foreseen
            end, waits = of_error(error, plan.step.aim.responder), False
        return Preview(
            target=plan.target,
            end=end,
            said=verdict.said,
            change=change,
            waits=waits,
            would_send=tuple(kept_back),
            journal=tuple(plan.journal),
        )
