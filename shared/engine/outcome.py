"""How a step ended at some station, and what that makes of its entry in the ledger. Pure."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from shared.engine.fault import log_fault
from shared.kinds.responder import Responder, Setting
from shared.model.approval import Approval
from shared.model.change import Change
from shared.model.errors import AzureError, Lapsed, Refused, RiposteError, Stopped, Temporary, Uncertain
from shared.model.ledger import Due, Entry, GivenUp, Times
from shared.model.record import Decision
from shared.model.states import UNDOABLE, State

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
"""Runs of one step, by function or sweep, before it is given up."""

THROTTLED = timedelta(hours=24)
"""For how long a step is put off because Azure takes no more requests. That is no attempt; then it is given up, too."""

DECISIONS: dict[State, Decision] = {
    "claimed": "intent",
    "planned": "deferred",
    "held": "held",
    "denied": "denied",
    "lapsed": "lapsed",
    "done": "done",
    "already": "already",
    "refused": "refused",
    "unverified": "unverified",
    "failed": "failed",
    "uncertain": "uncertain",
    "undone": "undone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended, or that it goes on later.

    Args:
        state: Its new state; `planned`: it is tried again.
        reason: Why, in words.
        change: The states before and after; None if nothing was seen.
        notes: What verification found.
        times: When each station was passed.
        wait: Seconds until it should be tried again; None: as usual.
        throttled: Whether it is tried again because Azure took no more requests.
        put_off: Whether people want it to wait: that is no attempt, however long it takes.
        otherwise: How it ends if it is given up; what failed ends like this, too.
        approval: What somebody must approve first; only if it is held.
        lasts: How long until it is undone by itself; None: it is not.
    """

    state: State
    reason: str = ""
    change: Change[Struct] | None = None
    notes: tuple[str, ...] = ()
    times: Times = Times()
    wait: float | None = None
    throttled: bool = False
    put_off: bool = False
    otherwise: GivenUp = "failed"
    approval: Approval | None = None
    lasts: timedelta | None = None


def of_error(error: Exception, where: str) -> Outcome:
    """The outcome that an error is.

    Args:
        error: What was raised.
        where: What raised it, for a fault of our own.
    """
    if isinstance(error, Refused):
        return Outcome(state="lapsed" if isinstance(error, Lapsed) else "refused", reason=str(error))
    if isinstance(error, Stopped):
        return Outcome(state="planned", reason=str(error), put_off=True)
    if isinstance(error, Temporary):
        return Outcome(state="planned", reason=str(error), wait=error.retry_after, throttled=error.throttled)
    if isinstance(error, Uncertain):
        return Outcome(state="planned", reason=str(error), otherwise="uncertain")
    if isinstance(error, (AzureError, RiposteError)):
        return Outcome(state="failed", reason=str(error))
    log_fault(log, f"a fault in {where}", error)
    return Outcome(state="failed", reason=f"a fault in {where}: {type(error).__name__}")


def ended(entry: Entry, outcome: Outcome, responder: Responder, now: datetime) -> Entry:
    """The entry of a step after an attempt: ended, or due again."""
    state, reason = outcome.state, outcome.reason
    due: datetime | None = None
    due_for: Due = ""
    deferrals, counted = entry.deferrals, entry.attempts - entry.deferrals
    if state == "failed" or (state == "refused" and outcome.otherwise != "failed"):
        state = outcome.otherwise
    elif state == "planned" and (outcome.put_off or (outcome.throttled and now - _begun(entry, responder) < THROTTLED)):
        deferrals += 1
        due, due_for = now + pause(1, outcome.wait), "again"
    elif state == "planned" and (outcome.throttled or counted >= MOST_ATTEMPTS):
        state = outcome.otherwise
        reason = f"given up after {entry.attempts} attempts: {reason}"
    elif state == "planned":
        due, due_for = now + pause(counted, outcome.wait), "again"
    elif state == "held" and outcome.approval is not None:
        due, due_for = outcome.approval.until, "lapse"
    elif state == "done" and not isinstance(responder, Setting) and responder.later is not None:
        params = msgspec.convert(entry.step.aim.params, responder.params)
        due, due_for = now + responder.later.after(params), "later"
    change = outcome.change
    lasts = outcome.lasts if state in UNDOABLE else None
    return msgspec.structs.replace(
        entry,
        state=state,
        reason=reason,
        owner="",
        lease=None,
        due=due,
        due_for=due_for,
        deferrals=deferrals,
        otherwise=outcome.otherwise if state == "planned" else "failed",
        expires=now + lasts if lasts else None,
        approval=outcome.approval or entry.approval,
        before=msgspec.to_builtins(change.before) if change else entry.before,
        after=msgspec.to_builtins(change.after) if change else entry.after,
        times=outcome.times if outcome.times.decided else entry.times,
        notes=outcome.notes,
    )


def _begun(entry: Entry, responder: Responder) -> datetime:
    """When a step was first tried; or its second half, which may be days later."""
    half = entry.times.verified if entry.due_for == "later" else None
    if half is None or isinstance(responder, Setting) or responder.later is None:
        return entry.started
    return half + responder.later.after(msgspec.convert(entry.step.aim.params, responder.params))


def pause(attempt: int, asked: float | None = None) -> timedelta:
    """Longer after every attempt, and never shorter than Azure asked for."""
    return timedelta(seconds=max(asked or 0.0, min(600.0, 30.0 * 2 ** (attempt - 1))))
