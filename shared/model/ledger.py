"""What the ledger keeps: steps with their state, holds on targets, and runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from shared.model.approval import Approval
from shared.model.entity import AnyEntity
from shared.model.record import Record
from shared.model.states import ENDS, UNDOABLE, State
from shared.model.step import Actor, Brief, Mode, Step

Due = Literal["", "again", "later", "lapse"]

GivenUp = Literal["failed", "uncertain", "unverified"]


class Times(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When each station was passed."""

    decided: datetime | None = None
    acted: datetime | None = None
    verified: datetime | None = None


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step in the ledger.

    Args:
        step: The step.
        state: How far it is.
        started: When its first attempt began.
        attempts: How many there were.
        deferrals: How many of them did not count: Azure or a guard put them off.
        owner: The instance that works on it.
        lease: Until when that instance has it.
        due: When it is to be looked at again.
        due_for: Why: to try again, for its second half, or because it lapses if nobody has approved it by then.
        otherwise: How it ends if it is given up: after an answer was lost, nobody knows whether it failed. When it
            has ended: `uncertain` if nobody knows whether its second half was done.
        expires: When it is undone by itself; None: never.
        approval: The plan that somebody is to approve, or has; None if nobody needs to.
        was: Its state before its undo began: it is that again if it is not undone.
        before: The state of the target before, as plain values.
        after: The state of the target after, as plain values.
        times: When each station was passed.
        reason: Why it ended as it did.
        notes: What verification found.
    """

    step: Step
    state: State
    started: datetime
    attempts: int = 0
    deferrals: int = 0
    owner: str = ""
    lease: datetime | None = None
    due: datetime | None = None
    due_for: Due = ""
    otherwise: GivenUp = "failed"
    expires: datetime | None = None
    approval: Approval | None = None
    was: State = "done"
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    times: Times = Times()
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def doubt(self) -> GivenUp:
        """How it ends if nothing more is found out by whoever takes it over: a dead owner may have done it."""
        left = self.lease is not None or self.state == "uncertain"
        return "uncertain" if left and self.otherwise == "failed" else self.otherwise

    @property
    def waits(self) -> bool:
        """Whether the sweep has to come back to it."""
        return self.state not in ENDS or self.next is not None

    @property
    def next(self) -> datetime | None:
        """When the sweep has to come back to it, as far as that is known. Whoever has it may take until the lease ends."""
        if self.lease is not None:
            return self.lease
        asked = self.forcing.until if self.forcing else None
        return min((time for time in (self.due, self.expires, asked) if time is not None), default=None)

    @property
    def asks(self) -> Approval | None:
        """The request for approval that waits for an answer."""
        asked = self.approval
        return self.forcing or (asked if asked and self.state == "held" and asked.decided is None else None)

    @property
    def forcing(self) -> Approval | None:
        """The request to force the way back, if it waits for an answer."""
        asked = self.approval
        waits = asked is not None and asked.plan.deed == "forced_undo" and asked.decided is None
        return asked if waits and self.state in UNDOABLE else None


class Hold(Struct, frozen=True):
    """A case's hold on a target: released, the target goes back to what it was before the first hold.

    Args:
        step: The step's key.
        case: The case.
        responder: Whose state it is.
        before: The state before the first hold, as plain values.
    """

    step: str
    case: str
    responder: str
    before: dict[str, Any]


class Past(Struct, frozen=True):
    """A time at which a target was held: who offends again is held for longer.

    Args:
        step: The step's key.
        responder: Its responder.
        time: When.
    """

    step: str
    responder: str
    time: datetime


class Holds(Struct, frozen=True, omit_defaults=True):
    """All holds on a target, and who works on it now.

    Args:
        owner: The instance that has the lock; empty if it is free.
        until: When the lock ends by itself.
        holds: In the order they were taken.
        past: When it was held, for responders that hold it for longer each time.
    """

    owner: str = ""
    until: datetime | None = None
    holds: tuple[Hold, ...] = ()
    past: tuple[Past, ...] = ()


class Run(Struct, frozen=True, kw_only=True):
    """A run that somebody asked for.

    Args:
        id: Its id.
        playbook: The playbook's name.
        mode: Whether it acts.
        actor: Who asked.
        event: What it is about.
        entities: What it acts on.
        same: Case keys of everything the event is also known as.
        accepted: When it was accepted.
        finished: Whether every step of it has been taken up.
        request: Digest of the request, to tell a repeated one from another one.
        rehearsed: What a dry run found, one record for each step; or why there was none.
    """

    id: str
    playbook: str
    mode: Mode
    actor: Actor
    event: Brief
    entities: tuple[AnyEntity, ...]
    same: tuple[str, ...] = ()
    accepted: datetime
    finished: bool = False
    request: str = ""
    rehearsed: tuple[Record, ...] = ()
