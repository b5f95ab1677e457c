"""Approvals: what somebody is asked to approve is one plan, made from what is there now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from shared.azure.ledger import Noted
from shared.engine.app import App
from shared.engine.foresee import foresee
from shared.engine.guard import Verdict
from shared.engine.outcome import Outcome, of_error
from shared.engine.plan import Planned
from shared.engine.sdk import with_fresh_token
from shared.kinds.responder import Responder, can_undo, permissions
from shared.model import ids
from shared.model.approval import Approval, Plan
from shared.model.change import Change, differences
from shared.model.duration import length
from shared.model.errors import Drifted
from shared.model.step import Step
from shared.wire.dry_run import KeptBack

FORCED = timedelta(hours=4)
"""How long a second person has to approve that somebody else's change is written over."""


async def asked_for(plan: Planned, verdict: Verdict, partition: str, app: App) -> Verdict:
    """The verdict on a step that is held, with the plan that somebody is to approve.

    If there turns out to be nothing to do, nobody is asked; if the plan cannot be made, nothing can be approved.
    """
    if verdict.end is None or verdict.end.state != "held":
        return verdict
    step = plan.step
    responder = app.responders[step.aim.responder]
    kept_back: list[KeptBack] = []
    azure = app.azure(permissions(responder), plan.journal, kept_back.append)
    try:
        change = await with_fresh_token(lambda: foresee(step, responder, azure, app), app.credential)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why there is no plan
        return replace(verdict, end=of_error(error, step.aim.responder))
    if not kept_back:
        return replace(verdict, end=None, unasked=verdict.end.reason)
    made = Plan(
        responder=step.aim.responder,
        params=step.aim.params,
        target=step.target,
        before=_plain(change.before),
        after=_plain(change.after),
        changes=_told(change),
        would_send=tuple(map(str, kept_back)),
        blast_radius=step.targets,
        undo=_way_back(responder),
        expires=", then ".join(step.terms.expires),
    )
    asked = _request(made, step, verdict.end.reason, partition, length(step.terms.within), app)
    return replace(verdict, end=replace(verdict.end, approval=asked, change=change))


def to_be_asked(outcome: Outcome, verdict: Verdict) -> Outcome:
    """What becomes of a step that was only looked at, for nobody has approved it: if it is not done, it can be held now."""
    waits = verdict.unasked or (verdict.end is not None and verdict.end.state == "held")
    return replace(outcome, state="planned", wait=0.0) if waits and outcome.state == "refused" else outcome


def forced_undo(noted: Noted, drift: Drifted, why: str, app: App) -> Approval:
    """The request that a target is put back although somebody has changed it since."""
    step = noted.entry.step
    change = Change(drift.now, drift.before)
    made = Plan(
        deed="forced_undo",
        responder=step.aim.responder,
        params=step.aim.params,
        target=step.target,
        before=_plain(change.before),
        after=_plain(change.after),
        changes=_told(change),
        blast_radius=1,
        undo="The change that is written over can be read here, and must be made again by hand.",
    )
    return _request(made, step, why, noted.row.partition, FORCED, app)


def _request(plan: Plan, step: Step, why: str, partition: str, within: timedelta, app: App) -> Approval:
    now = app.clock.now()
    return Approval(
        id=f"{partition}-{ids.digest('approval', step.key, plan.hash, now.isoformat())[:12]}",
        plan=plan,
        hash=plan.hash,
        why=why,
        requested=now,
        by=step.actor,
        until=now + within,
    )


def _way_back(responder: Responder) -> str:
    if not can_undo(responder):
        return "There is no way back."
    leaves = responder.facts.leaves
    return f"It can be undone; what stays behind: {leaves}" if leaves else "It can be undone."


def _told(change: Change[Struct]) -> tuple[str, ...]:
    return tuple(map(str, differences(change.before, change.after)))


def _plain(state: Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(state)
    return found
