"""Undo of a run; by force only if a second person approves it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from shared.api import runs
from shared.api.answer import Answer, Problem, problem
from shared.engine.app import App
from shared.engine.undo import undo_run
from shared.model.step import Actor


class Undo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to undo: `force` asks that what somebody has changed since is written over, which a second person approves."""

    force: bool = False
    reason: Annotated[str, Meta(max_length=1000)] = ""


async def undo(run_id: str, body: bytes, actor: Actor, app: App) -> Answer:
    """Undo what a run did, last step first; what became of each, and which steps are left as they are.

    Raises:
        Problem: 400 if it cannot be understood, 404 if there is no such run, 409 if it has done nothing that could be
            undone.
    """
    force = _force(body, actor)
    shown = (await runs.show(run_id, app)).body
    ends = await undo_run(run_id.partition("-")[0], str(shown["case"]), run_id, actor, app, force)
    others = [step for step in shown["steps"] if step["step"] not in {end.step for end in ends}]
    before = [step for step in others if step["state"] == "undone" and step["run"] == run_id]
    left = [
        f"{step['responder']} on {step['target']} is {step['state']}"
        + ("" if step["run"] == run_id else f" by run {step['run']}: undo that one")
        for step in others
        if step not in before
    ]
    if not ends and not before:
        detail = (
            "It was a dry run."
            if shown["mode"] == "dry_run"
            else f"This run is {shown['state']}; it did nothing that could be undone."
        )
        raise Problem(problem(409, "Nothing to undo", detail, left))
    return Answer(200, {"run": run_id, "steps": [msgspec.to_builtins(end) for end in ends], "left": left})


def _force(body: bytes, actor: Actor) -> str:
    """Why an undo is to be forced; empty if it is not."""
    try:
        given = msgspec.json.decode(body, type=Undo) if body.strip() else Undo()
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        detail = 'Send nothing, or {"force": true, "reason": "why"}.'
        raise Problem(problem(400, "The request cannot be understood", detail, [str(error)])) from error
    if not given.force:
        return ""
    if not given.reason.strip():
        raise Problem(problem(400, "No reason", "Whoever is to approve it wants to know why: give a reason."))
    if actor.kind != "user":
        detail = "A second person must approve it, so the first must be known: set RIPOSTE_EASY_AUTH."
        raise Problem(problem(403, "Not allowed", detail))
    return given.reason
