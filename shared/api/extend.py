"""Renewal: what a run did is to last longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from shared.api import runs
from shared.api.answer import Answer, Problem, problem
from shared.engine.app import App
from shared.engine.extend import extend_run
from shared.model.duration import Duration, length
from shared.model.step import Actor

LONGEST = timedelta(days=90)
"""From now on; what is to last longer is not containment any more, but configuration."""


class Extension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long, from now on or until when, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    lasts: Duration | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


async def extend(run_id: str, body: bytes, actor: Actor, app: App) -> Answer:
    """Have what a run did expire later; what became of each step.

    Raises:
        Problem: 400 if it cannot be understood, 404 if there is no such run, 409 if nothing of it expires.
        AzureError: If the ledger cannot be read or written now.
    """
    until, reason = _understood(body, app.clock.now())
    shown = (await runs.show(run_id, app)).body
    ends = await extend_run(run_id.partition("-")[0], str(shown["case"]), run_id, until, actor, reason, app)
    if not any(why == "" for why in ends.values()):
        left = [f"step {key}: {why}" for key, why in ends.items()]
        detail = "No step of this run could be extended." if ends else "Nothing that this run did expires."
        raise Problem(problem(409, "Nothing to extend", detail, left))
    steps = [{"step": key, "expires": None if why else until, "reason": why} for key, why in ends.items()]
    return Answer(200, {"run": run_id, "until": until, "steps": steps})


def _understood(body: bytes, now: datetime) -> tuple[datetime, str]:
    """Until when, and why."""
    wanted, detail = (
        "The request cannot be understood",
        'Send {"lasts": "4h", "reason": "why"}, or "until" with a time.',
    )
    try:
        given = msgspec.json.decode(body, type=Extension)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Problem(problem(400, wanted, detail, [str(error)])) from error
    if (given.lasts is None) == (given.until is None):
        raise Problem(problem(400, wanted, detail, ["give either `lasts` or `until`"]))
    until = now + length(given.lasts) if given.lasts else (given.until or now).astimezone(UTC)
    if not now < until <= now + LONGEST:
        told = f"the time must be in the future, and at most {LONGEST.days} days away"
        raise Problem(problem(400, wanted, detail, [told]))
    return until, given.reason
