"""Station 5: claim. A step is written down before it is done, by one instance only."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from shared.azure.ledger import LEASE, Noted, Opened
from shared.engine import record
from shared.engine.app import App
from shared.engine.guard import Verdict
from shared.engine.moves import begin, move
from shared.engine.outcome import DECISIONS, ended
from shared.engine.plan import Ask, Planned
from shared.kinds.responder import repeatable
from shared.model import ids
from shared.model.errors import Changed, Temporary
from shared.model.ledger import Entry
from shared.model.record import Record
from shared.model.states import ENDS, REPEATABLE, State, Who


async def seen(plan: Planned, opened: Opened, ask: Ask, app: App) -> bool:
    """Whether a step is done already, or somebody is at it: then nobody needs to be asked whether it may be done."""
    if opened.fresh:
        return False
    there = await app.ledger.entry(opened.partition, plan.step.key)
    return there is not None and not _free(there.entry, app.clock.now(), asked=bool(ask.run))


async def claim(plan: Planned, verdict: Verdict, opened: Opened, ask: Ask, app: App) -> Noted | None:
    """Write a step down, with the record of the intent or of why it is not done; unless it is there.

    Returns:
        The step as it is written: `claimed` if it is to be done now. None if it is done already, or somebody is at it.
    """
    step, now = plan.step, app.clock.now()
    responder = app.responders[step.aim.responder]
    entry = Entry(step=step, state="claimed", started=now, attempts=1, owner=app.instance, lease=now + LEASE)

    def written(taken: Entry) -> tuple[Entry, Record]:
        if verdict.end is not None:
            taken = ended(taken, verdict.end, responder, now)
        findings = record.Findings(reason=taken.reason, guard=verdict.said, journal=plan.journal)
        return taken, record.of_step(step, responder, DECISIONS[taken.state], now, findings, taken)

    for other in opened.linked:  # the same alert may have been handled under another name
        key = ids.step_key(other, step.playbook, step.aim.responder, step.target_id)
        if await app.ledger.entry(ids.partition(other), key) is not None:
            return None
    try:
        first, made = written(entry)
        return await begin(opened.partition, first, [made], "walk", app)
    except Changed:
        there = await app.ledger.entry(opened.partition, step.key)
    if there is None:
        raise Temporary(f"step {step.key} can neither be written nor read")
    left = there.entry.state not in ENDS
    if not _free(there.entry, now, asked=bool(ask.run)) or (left and verdict.end is not None):
        return None  # what was left and may not go on is for the sweep: it looks what has been done
    started = there.entry.started if left else now
    kept = there.entry if left else entry  # what was approved holds on; what is asked for once more is asked anew
    again, made = written(
        replace(
            kept,
            step=step,
            state="claimed",
            owner=entry.owner,
            lease=entry.lease,
            due=None,
            due_for="",
            attempts=there.entry.attempts + 1,
            started=started,
            otherwise=there.entry.doubt if left or repeatable(responder) else "failed",  # a person has looked
        )
    )
    try:
        return await move(there, again, [made], "walk" if left else "analyst", app)
    except Changed:
        return None  # somebody else was faster


async def take_over(noted: Noted, state: State, app: App, who: Who, records: tuple[Record, ...] = ()) -> Noted | None:
    """Take a step that waits, or that its owner left; None if somebody else was faster."""
    lease = app.clock.now() + LEASE
    taken = replace(noted.entry, state=state, owner=app.instance, lease=lease, attempts=noted.entry.attempts + 1)
    if state == "claimed":
        taken = replace(taken, due=None, due_for="")
    try:
        return await move(noted, taken, records, who, app)
    except Changed:
        return None


def _free(there: Entry, now: datetime, *, asked: bool) -> bool:
    """Whether a step that is in the ledger may be taken."""
    if there.state == "held":
        return False
    if there.state in ENDS:
        return asked and there.state in REPEATABLE
    ends = there.lease or there.due
    return ends is not None and ends <= now
