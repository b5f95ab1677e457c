"""Undo: the steps of a run are taken back, last first; or one step, when its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from tenacity import retry_if_exception_type

from shared.azure.ledger import Noted
from shared.engine import outbox, record
from shared.engine.act import TRIES, params_of, target_of, unlocked
from shared.engine.app import STEP, App
from shared.engine.approval import forced_undo
from shared.engine.claim import take_over
from shared.engine.moves import move
from shared.engine.outcome import of_error, pause
from shared.engine.sdk import with_fresh_token
from shared.engine.way_back import WayBack
from shared.kinds.responder import Responder, Setting, can_undo, permissions
from shared.model.approval import Approval
from shared.model.change import Change
from shared.model.errors import AzureError, Changed, Drifted, Refused, Stopped, Uncertain
from shared.model.ledger import Entry
from shared.model.record import Decision
from shared.model.states import UNDOABLE, Who
from shared.model.step import Actor
from shared.wire.journal import Exchange
from shared.wire.retry import attempts
from shared.wire.scope import scope


@dataclass(frozen=True, slots=True)
class Undone:
    """How the way back went.

    Args:
        step: The step's key.
        target: Its target.
        decision: What happened.
        reason: Why.
        approval: The request that a second person is to approve; empty if there is none.
    """

    step: str
    target: str
    decision: Decision
    reason: str
    approval: str = ""


async def undo_run(partition: str, case: str, run: str, actor: Actor, app: App, force: str = "") -> list[Undone]:
    """Undo the steps of a run that were done, last first.

    Args:
        partition: Where the case is.
        case: The case.
        run: The run's id.
        actor: Who wants it.
        app: Everything else.
        force: Why a target that somebody has changed since is to be put back all the same, once a second person has
            approved that; empty if it is not.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    entries = [noted for noted in await app.ledger.entries(partition) if noted.entry.step.run == run]
    row = await app.ledger.come_back(partition, case, app.clock.now() + STEP)
    ends = []
    for noted in sorted(entries, key=lambda noted: noted.entry.step.order, reverse=True):
        if noted.entry.state in UNDOABLE:
            with scope(f"undo:{noted.entry.step.key}"):
                ends.append(await undo(noted, actor, app, "analyst", force))
    await outbox.post_case(partition, app)
    await app.ledger.settle(partition, case, row)
    return ends


async def undo(noted: Noted, actor: Actor, app: App, who: Who, force: str = "") -> Undone:
    """Undo one step: the intent is stored first, as for any deed."""
    entry, step = noted.entry, replace(noted.entry.step, actor=actor)
    asked = Noted(replace(entry, step=step, was=entry.state), noted.row)
    responder = app.responders.get(step.aim.responder)
    if responder is None:
        return await _not_begun(asked, f"{step.aim.responder} is not there any more", app)
    if entry.lease is not None or (entry.due is not None and entry.otherwise != "failed"):
        return await _not_begun(asked, "its second half is under way: ask again in a few minutes", app)
    try:
        await app.switch.let_undo()
    except (Stopped, AzureError) as error:
        return await _not_begun(asked, str(error), app)
    reason = "to be put back" if who == "analyst" else "its time is over: to be put back"
    findings, counted = record.Findings(reason=reason), replace(entry, attempts=entry.attempts + 1)
    intent = record.of_step(step, responder, "intent", app.clock.now(), findings, counted)
    taken = await take_over(asked, "undoing", app, who, (intent,))
    if taken is None:
        return await _not_begun(asked, "somebody else works on this step now", app)
    return await resume_undo(taken, app, force)


async def _not_begun(asked: Noted, reason: str, app: App) -> Undone:
    """Refuse, with a record. The step's row stays as it is: whoever is at work on the step relies on that."""
    entry, step = asked.entry, asked.entry.step
    made = record.of_undo_refused(entry, app.responders.get(step.aim.responder), reason, app.clock.now())
    await app.ledger.note(asked.row.partition, made)
    return Undone(step.key, step.target_id, "undo_refused", reason)


async def resume_undo(noted: Noted, app: App, force: str = "") -> Undone:
    """Go on with an undo whose intent is stored."""
    step, entry = noted.entry.step, noted.entry
    responder = app.responders[step.aim.responder]
    journal: list[Exchange] = []
    decision: Decision = "undone"
    change: Change[Struct] | None = None
    asked: Approval | None = None
    try:
        decision, reason, change = await _back(noted, responder, journal, app)
    except Drifted as error:
        decision, reason = "undo_refused", str(error)
        if force and isinstance(responder, Setting):
            asked = forced_undo(noted, error, force, app)
            decision, reason = (
                "held",
                f"{error}; a second person must approve that it is put back all the same: {force}",
            )
    except Refused as error:
        decision, reason = "undo_refused", str(error)
    except Stopped as error:  # what nobody asked for, because its time is over, is tried again
        over = entry.expires is not None and entry.expires <= app.clock.now()
        decision, reason = "undo_failed" if over else "undo_refused", str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the undo ended
        decision, reason = "undo_failed", of_error(error, f"the way back of {step.aim.responder}").reason
    end = _ended(entry, decision, reason, app.clock.now())
    findings = record.Findings(
        reason=reason, before=change.before if change else None, after=change.after if change else None, journal=journal
    )
    told = replace(end, approval=asked or entry.approval)
    made = record.of_step(step, responder, decision, app.clock.now(), findings, told)
    try:
        await move(noted, replace(end, approval=asked or end.approval), [made], "owner", app)
    except Changed:
        return Undone(step.key, step.target_id, "undo_failed", "another instance has taken the step over")
    return Undone(step.key, step.target_id, decision, reason, asked.id if asked else "")


def _ended(entry: Entry, decision: Decision, reason: str, now: datetime) -> Entry:
    """The entry after a way back: undone, or as it was before. An approval holds for one attempt."""
    end = replace(entry, reason=reason, owner="", lease=None)
    undone = decision in ("undone", "released")
    if entry.approval is not None and entry.approval.plan.deed == "forced_undo" and (entry.approval.granted or undone):
        end = replace(end, approval=None)
    if undone:
        return replace(end, state="undone", due=None, due_for="", expires=None, otherwise="failed")
    end = replace(end, state=entry.was)
    if entry.expires is None or entry.expires > now:
        return end
    return replace(end, expires=now + pause(entry.attempts) if decision == "undo_failed" else None)


async def _back(
    noted: Noted, responder: Responder, journal: list[Exchange], app: App
) -> tuple[Decision, str, Change[Struct] | None]:
    step = noted.entry.step
    if not can_undo(responder):
        raise Refused(f"{step.aim.responder} has no way back")
    target, params = target_of(step, responder), params_of(step, responder)
    deadline = app.clock.now() + STEP
    azure = app.azure(permissions(responder), journal, deadline=deadline)
    locked = await app.ledger.lock(target.id, app.instance, deadline)
    back = WayBack(noted, responder, target, params, azure, locked, app)

    async def once() -> tuple[Decision, str, Change[Struct] | None]:
        return await with_fresh_token(back.go, app.credential)

    retry = retry_if_exception_type((Changed, Uncertain))
    try:
        ended: tuple[Decision, str, Change[Struct] | None] = await attempts(
            app.clock, app.chance, deadline, TRIES, retry=retry
        )(once)
        return ended
    finally:
        await unlocked(back.locked, app)
