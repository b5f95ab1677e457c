"""Approvals: what waits for one, and the answer."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from shared.api.answer import Answer, Problem, problem
from shared.api.background import begin
from shared.engine import decide
from shared.engine.app import App
from shared.engine.decide import Asked
from shared.model.errors import Changed, Refused
from shared.model.step import Actor

WAIT = 20.0
"""Seconds that an answer waits for what was approved to be done. What takes longer goes on."""

_ID = re.compile(r"[0-9a-f]{32}-[0-9a-f]{12}")


class Reply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody answers to a request for approval."""

    decision: Literal["approve", "deny"]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    hash: str = ""


async def waiting(app: App) -> Answer:
    """Every request that waits for an answer, with its plan."""
    return Answer(200, {"approvals": [_shown(asked) for asked in await decide.waiting(app)]})


async def show(approval: str, app: App) -> Answer:
    """One request, with its plan and what became of it.

    Raises:
        Problem: 404 if there is none.
    """
    return Answer(200, _shown(await _found(approval, app)))


async def reply(approval: str, body: bytes, actor: Actor, app: App) -> Answer:
    """Approve or deny. An approval is for the plan as it was shown: `hash`, if it is given, must be the plan's.

    Raises:
        Problem: 400 for a request that cannot be understood, 403 if this caller may not answer this request, 404 if
            there is none, 409 if it was answered before, has lapsed, or is for another plan.
        AzureError: If the answer cannot be stored now.
    """
    try:
        given = msgspec.json.decode(body, type=Reply)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        detail = 'Send {"decision": "approve" or "deny", "reason": "why"}.'
        raise Problem(problem(400, "The answer cannot be understood", detail, [str(error)])) from error
    asked = await _found(approval, app)
    if given.hash and given.hash != asked.approval.hash:
        raise Problem(problem(409, "Another plan", f"The plan's hash is {asked.approval.hash}."))
    try:
        noted = await decide.decide(asked, actor, given.reason, app, approved=given.decision == "approve")
    except Refused as error:
        raise Problem(problem(403, "Not allowed", str(error))) from error
    except Changed as error:
        now = await decide.find(approval, app)
        detail = f"{error}; the step is {now.noted.entry.state}" if now else str(error)
        raise Problem(problem(409, "It cannot be answered any more", detail)) from error
    await asyncio.wait({begin(decide.go_on(noted, app), "what was approved", app)}, timeout=WAIT)
    step = noted.entry.step
    after = await app.ledger.entry(noted.row.partition, step.key)
    state = after.entry.state if after else noted.entry.state
    reason = after.entry.reason if after else ""
    return Answer(200, {"approval": approval, "run": step.run, "step": step.key, "state": state, "reason": reason})


async def _found(approval: str, app: App) -> Asked:
    asked = await decide.find(approval, app) if _ID.fullmatch(approval) else None
    if asked is None:
        detail = "It never was, or its step was asked for once more since: GET /api/approvals lists what waits."
        raise Problem(problem(404, "No such request for approval", detail))
    return asked


def _shown(asked: Asked) -> dict[str, Any]:
    approval, entry = asked.approval, asked.noted.entry
    return {
        "approval": approval.id,
        "state": "waits" if asked.waits else ("approved" if approval.granted else entry.state),
        "why": approval.why,
        "requested": approval.requested,
        "until": approval.until,
        "by": msgspec.to_builtins(approval.by),
        "run": entry.step.run,
        "step": entry.step.key,
        "case": entry.step.event.case,
        "playbook": entry.step.playbook,
        "event": {
            "title": entry.step.event.title,
            "severity": entry.step.event.severity,
            "link": entry.step.event.link,
        },
        "plan": msgspec.to_builtins(approval.plan),
        "hash": approval.hash,
        "approver": msgspec.to_builtins(approval.approver),
        "decided": approval.decided,
        "reason": approval.reason,
    }
