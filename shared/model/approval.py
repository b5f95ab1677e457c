"""What somebody is asked to approve: one step's plan, whole, under a hash of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from shared.model import ids
from shared.model.step import Actor

Deed = Literal["deed", "forced_undo"]


class Plan(Struct, frozen=True, kw_only=True):
    """What would be done, as it was foreseen.

    Args:
        deed: The step itself, or its way back over somebody else's change.
        responder: The responder.
        params: What the playbook sets.
        target: What is acted on, as plain values.
        before: The state it has now, as plain values.
        after: The state it would have.
        changes: The difference, in words.
        would_send: The writes that it takes.
        blast_radius: How many targets the run has in all.
        undo: Whether there is a way back, and what stays behind.
        expires: How long it is to last; empty: until it is undone.
    """

    deed: Deed = "deed"
    responder: str
    params: dict[str, Any]
    target: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    changes: tuple[str, ...] = ()
    would_send: tuple[str, ...] = ()
    blast_radius: int
    undo: str
    expires: str = ""

    @property
    def hash(self) -> str:
        """A SHA-256 over all of it."""
        return ids.value_digest(msgspec.to_builtins(self))


class Approval(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request for approval, and the answer to it.

    Args:
        id: Its id; begins with the case's partition, so that it can be found by its id alone.
        plan: What is to be approved.
        hash: The plan's hash.
        why: Why somebody is asked.
        requested: When.
        by: Who wanted the deed.
        until: When it lapses.
        approver: Who answered; None if nobody has.
        approved: Whether they said yes.
        decided: When they answered.
        reason: Why.
    """

    id: str
    plan: Plan
    hash: str
    why: str
    requested: datetime
    by: Actor
    until: datetime
    approver: Actor | None = None
    approved: bool = False
    decided: datetime | None = None
    reason: str = ""

    @property
    def granted(self) -> bool:
        """Whether the deed may be done."""
        return self.approved and self.approver is not None
